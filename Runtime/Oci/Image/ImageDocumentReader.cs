using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Oci.Image;

/// <summary>
/// Reads an image's documents, which are a stranger's: what cannot be right, or could be read in two ways, is refused. What the documents
/// say of each other (that there is a layer to each diff ID) is for who has them all.
/// </summary>
public static partial class ImageDocumentReader
{
    /// <summary>Registries need take no index or manifest that is longer (distribution-spec), and ours is asked for no more.</summary>
    public const int MaximumManifestBytes = 4 * 1024 * 1024;

    /// <summary>A configuration holds labels and a history; the longest in use have some hundred KB.</summary>
    public const int MaximumConfigBytes = 8 * 1024 * 1024;

    /// <summary>Docker stacks 127 and the kernel 500; caches and artifacts of other kinds have some hundreds.</summary>
    public const int MaximumLayers = 1000;

    /// <summary>
    /// Of any list or map of a document. Platforms are a few dozen, but builders keep caches as an index with an entry a step, registries list what
    /// refers to an image, and a history has the steps that made no layer too.
    /// </summary>
    public const int MaximumItems = 10_000;

    /// <summary>How many indexes within indexes are followed.</summary>
    public const int MaximumIndexDepth = 4;

    private const string MediaTypeNoun = "a media type";
    private const string DigestNoun = "a digest (sha256 or sha512, and all hex digits in lower case)";

    // Stands for a digest that could not be read, in a document that is refused for it.
    private static readonly Digest NoDigest = Reference.Digest.Of([]);

    /// <summary>Reads an index, or docker's manifest list.</summary>
    /// <param name="json">The document as it was received.</param>
    /// <param name="name">What it is called in errors.</param>
    /// <param name="expectedMediaType">What who gave the document called it: the registry's <c>Content-Type</c>, or a descriptor.</param>
    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static ImageIndex ReadIndex(ReadOnlyMemory<byte> json, string name, string? expectedMediaType = null) =>
        Read(json, name, MaximumManifestBytes, reader => Index(reader, expectedMediaType), ImageNames.Manifests);

    /// <summary>Reads a manifest, of the specification or of docker's schema 2.</summary>
    /// <inheritdoc cref="ReadIndex"/>
    public static ImageManifest ReadManifest(ReadOnlyMemory<byte> json, string name, string? expectedMediaType = null) =>
        Read(json, name, MaximumManifestBytes, reader => Manifest(reader, expectedMediaType), ImageNames.Manifests);

    /// <summary>Reads an image's configuration.</summary>
    /// <param name="json">The document as it was received.</param>
    /// <param name="name">What it is called in errors.</param>
    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static ImageConfig ReadConfig(ReadOnlyMemory<byte> json, string name) =>
        Read(json, name, MaximumConfigBytes, Config, ImageNames.Config);

    private static T Read<T>(ReadOnlyMemory<byte> json, string name, int maximumBytes, Func<JsonMapReader, T?> map, JsonNames names)
        where T : class
    {
        if (json.Length > maximumBytes)
            throw new DocumentException(name, [new DocumentError("", $"{json.Length} bytes are more than {maximumBytes}")]);
        return JsonMapReader.Read(json, name, map, names, MaximumItems);
    }

    private static Digest? Digest(JsonMapReader json)
    {
        string? text = json.Text(static text => Reference.Digest.TryParse(text, out _, out _), DigestNoun);
        if (text is null)
            return null;
        return Reference.Digest.TryParse(text, out Digest? digest, out _) ? digest : NoDigest;
    }
}
