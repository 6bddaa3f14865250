using System.Globalization;
using Vessel.Images.Layers;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>A root filesystem in a tar as an image of one layer: <c>import</c>.</summary>
public static class ImageImport
{
    private const string LayerName = "layer", ConfigName = "config";

    /// <summary>Brings it into the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="rootfs">The tar: plain, or packed with gzip, zstd, bzip2 or xz.</param>
    /// <param name="options">What is said of the image.</param>
    /// <param name="observer">Is told how it goes.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The image's id.</returns>
    /// <exception cref="ImageException">It is no tar, or a hostile one, or its name has a digest; nothing of it is kept.</exception>
    public static async Task<Digest> ImportAsync(ImageStore store, Stream rootfs, ImportOptions options, IPullObserver observer, CancellationToken cancellation = default)
    {
        // What a digest means is content, and this image's isn't known before.
        if (options.Name?.Digest is not null)
            throw new ImageException(ImageErrorKind.Invalid, "cannot import digest reference");
        if (options.Name is not null)
            ImageNames.RequireUnambiguous(options.Name);
        store.RequireWriter();
        using ArchiveFiles files = ArchiveFiles.Empty(store.Folder);
        ImageConfig config = ConfigOf(Take(rootfs, files, cancellation), options);
        files.Add(ConfigName, new MemoryStream(ImageDocumentWriter.WriteConfig(config)), cancellation);
        Dictionary<Digest, string> blobs = [];
        ArchivedImage image = ArchivedImage.Of(
            files.Describe(ConfigName, MediaTypes.DockerConfig, blobs, cancellation), [files.Describe(LayerName, null, blobs, cancellation)], options.Name is null ? [] : [options.Name.WithDefaultTag()], blobs);
        await ImageArchive.TakeAsync(store, files, image, null, observer, cancellation).ConfigureAwait(false);
        return image.Manifest.Config.Digest;
    }

    // The layer's digest. As it comes where a registry takes it so.
    private static Digest Take(Stream rootfs, ArchiveFiles files, CancellationToken cancellation)
    {
        try
        {
            using (BoundedStream layer = new(ExternalCompression.Unpack(rootfs), LayerLimits.Default.MaximumStreamBytes))
                files.Add(LayerName, layer, cancellation);
            RequireTar(files, cancellation);
            using Stream file = files.Open(LayerName);
            using BoundedStream tar = new(LayerCompressions.Unpack(file), LayerLimits.Default.MaximumStreamBytes);
            using HashingStream hashed = new(tar, "sha256");
            return hashed.Finish(cancellation);
        }
        catch (Exception e) when (e is LayerException or InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"import: {e.Message}", e);
        }
    }

    // Looks at the first entry: whoever gives another file by mistake is told before anything is made of it.
    private static void RequireTar(ArchiveFiles files, CancellationToken cancellation)
    {
        using Stream file = files.Open(LayerName);
        using Stream tar = LayerCompressions.Unpack(file);
        new TarReader(tar, LayerLimits.Default, cancellation).Next();
    }

    private static ImageConfig ConfigOf(Digest diffId, ImportOptions options)
    {
        string created = options.Created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        return new ImageConfig
        {
            Created = created,
            Architecture = options.Platform.Architecture,
            Variant = options.Platform.Variant,
            Os = options.Platform.Os,
            Config = options.Config,
            RootFs = new RootFs { DiffIds = [diffId] },
            History = [new ImageHistory { Created = created, Comment = options.Message }],
        };
    }
}
