namespace Vessel.Oci.Image;

/// <summary>The types of an image's documents and blobs, and what they say. They are compared as they are written here.</summary>
public static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>The two bytes <c>{}</c>, where a document must have a blob and means none.</summary>
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";

    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = OciLayer + "+gzip";
    public const string OciLayerZstd = OciLayer + "+zstd";

    /// <summary>A layer that its maker does not let registries pass on.</summary>
    public const string OciNondistributableLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar";

    /// <inheritdoc cref="OciNondistributableLayer"/>
    public const string OciNondistributableLayerGzip = OciNondistributableLayer + "+gzip";

    /// <inheritdoc cref="OciNondistributableLayer"/>
    public const string OciNondistributableLayerZstd = OciNondistributableLayer + "+zstd";

    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = DockerLayer + ".gzip";
    public const string DockerLayerZstd = DockerLayer + ".zstd";

    /// <inheritdoc cref="OciNondistributableLayer"/>
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    /// <inheritdoc cref="OciNondistributableLayer"/>
    public const string DockerForeignLayerGzip = DockerForeignLayer + ".gzip";

    /// <summary>The form before image documents had digests; it is recognized to be refused by name.</summary>
    public const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";

    /// <inheritdoc cref="DockerSchema1"/>
    public const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    private const int MaximumHalfLength = 127;

    /// <summary>What a registry is asked for when an image is wanted.</summary>
    public static IReadOnlyList<string> Accepted { get; } = [OciIndex, DockerManifestList, OciManifest, DockerManifest];

    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerManifestList;

    public static bool IsManifest(string? mediaType) => mediaType is OciManifest or DockerManifest;

    public static bool IsConfig(string? mediaType) => mediaType is OciConfig or DockerConfig;

    /// <summary>
    /// Whether a manifest of docker's schema 2 may give its config this type. Some registries and build tools wrote
    /// these types, or none, in the first years of the schema, and docker still pulls such images.
    /// </summary>
    public static bool IsOldDockerConfig(string mediaType) => mediaType is "" or "application/octet-stream" or "application/json" or "text/html";

    public static bool IsSchema1(string? mediaType) => mediaType is DockerSchema1 or DockerSchema1Signed;

    /// <summary>Whether it is one of docker's own, and not the specification's.</summary>
    public static bool IsDocker(string? mediaType) =>
        mediaType is not null && mediaType.StartsWith("application/vnd.docker.", StringComparison.Ordinal);

    public static bool IsLayer(string? mediaType) => CompressionOf(mediaType) is not null;

    /// <summary>Whether it is a layer that registries need not have, to be had from its <see cref="Descriptor.Urls"/>.</summary>
    public static bool IsForeignLayer(string? mediaType) => mediaType is
        OciNondistributableLayer or OciNondistributableLayerGzip or OciNondistributableLayerZstd
        or DockerForeignLayer or DockerForeignLayerGzip;

    /// <summary>What a layer is packed with; null where it is no layer that can be unpacked.</summary>
    public static LayerCompression? CompressionOf(string? mediaType) => mediaType switch
    {
        OciLayer or OciNondistributableLayer or DockerLayer or DockerForeignLayer => LayerCompression.None,
        OciLayerGzip or OciNondistributableLayerGzip or DockerLayerGzip or DockerForeignLayerGzip => LayerCompression.Gzip,
        OciLayerZstd or OciNondistributableLayerZstd or DockerLayerZstd => LayerCompression.Zstd,
        _ => null,
    };

    /// <summary>Whether it has the form of a media type (RFC 6838), without parameters.</summary>
    public static bool IsWellFormed(string text)
    {
        int slash = text.IndexOf('/');
        return slash > 0 && IsHalf(text.AsSpan(0, slash)) && IsHalf(text.AsSpan(slash + 1));
    }

    private static bool IsHalf(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaximumHalfLength || !char.IsAsciiLetterOrDigit(text[0]))
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$&-^_.+".Contains(c))
                return false;
        }

        return true;
    }
}
