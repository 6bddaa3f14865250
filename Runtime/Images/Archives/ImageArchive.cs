using Vessel.Images.Content;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Json;

namespace Vessel.Images.Archives;

/// <summary>Images in one file: what <c>save</c> writes and <c>load</c> reads.</summary>
public static class ImageArchive
{
    private static readonly TransferLimits Limits = new(Concurrent: 2, Attempts: 1, Idle: TimeSpan.FromMinutes(10));

    /// <summary>Brings all images of an archive into the store: of docker's (since 1.10), or an OCI layout, compressed or not.</summary>
    /// <remarks>A damaged image does not keep the other images of its archive out of the store.</remarks>
    /// <exception cref="ImageException">
    /// The archive cannot be read, or not one of its images could be loaded.
    /// </exception>
    public static async Task<LoadedArchive> LoadAsync(ImageStore store, Stream archive, Platform? platform, IPullObserver observer, CancellationToken cancellation = default)
    {
        store.RequireWriter();
        using ArchiveFiles files = ArchiveFiles.Read(store.Folder, archive, cancellation);
        List<LoadedImage> loaded = [];
        List<ImageException> refused = [];
        foreach (ArchivedImage image in Images(files, platform ?? Platform.Host, refused, cancellation))
            try
            {
                await TakeAsync(store, files, image, platform, observer, cancellation).ConfigureAwait(false);
                loaded.Add(new LoadedImage(image.Manifest.Config.Digest, image.Names, image.Warnings));
            }
            catch (Exception e) when (e is ImageException or DocumentException or InvalidDataException)
            {
                refused.Add(Refusal(e));
            }
        return loaded.Count > 0 ? new LoadedArchive(loaded, refused)
            : throw (refused.Count > 0 ? refused[0] : new ImageException(ImageErrorKind.NotFound, "the archive has no image in it"));
    }

    /// <summary>
    /// Reads one image of an archive. What is wrong with it is noted, and keeps no other image from being read.
    /// </summary>
    /// <returns>What was read; null where that failed, or found nothing.</returns>
    internal static T? Try<T>(List<ImageException> refused, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ImageException or DocumentException or InvalidDataException)
        {
            refused.Add(Refusal(e));
            return null;
        }
    }

    /// <summary>Brings one image of an archive into the store.</summary>
    internal static async Task TakeAsync(ImageStore store, ArchiveFiles files, ArchivedImage image, Platform? platform, IPullObserver observer, CancellationToken cancellation)
    {
        using Lease lease = new(store.Folder);
        lease.Hold(image.Digest);
        using ImageAssembler assembler = new(store, new ArchivedBlobs(files, image), Limits, observer);
        ImageRecord record = await assembler.AssembleAsync((image.Digest, image.Manifest), image.Digest, lease, config => Check(image, config, platform), cancellation).ConfigureAwait(false);
        store.Content.AddDocument(image.Digest, image.Bytes);
        store.Keep(image.Manifest.Config.Digest, record, image.Names);
    }

    // Docker's archives don't say what for an image is, but in its config.
    private static void Check(ArchivedImage image, ImageConfig config, Platform? platform)
    {
        if (platform is not null && !PlatformChoice.Accepts(platform, config.Platform))
            throw new ImageException(ImageErrorKind.NotFound, $"image {(image.Names.Count > 0 ? image.Names[0].FamiliarText : image.Manifest.Config.Digest.Short)} was found but its platform ({config.Platform}) does not match the specified platform ({platform})");
    }

    // An archive may be both: what an OCI layout says has digests.
    private static List<ArchivedImage> Images(ArchiveFiles files, Platform platform, List<ImageException> refused, CancellationToken cancellation)
    {
        try
        {
            if (files.Has(OciLayout.MarkName) && files.Has(OciLayout.IndexName))
                return OciLayout.Read(files, platform, refused, cancellation);
            if (files.Has(DockerArchive.ManifestName))
                return DockerArchive.Read(files, refused, cancellation);
        }
        catch (Exception e) when (e is DocumentException or InvalidDataException)
        {
            throw Refusal(e);
        }
        throw new ImageException(ImageErrorKind.Invalid, files.Has("repositories")
            ? "the archive has no manifest.json: it is of a docker before 1.10; save the image again with a current one"
            : "the archive has neither manifest.json nor index.json: it is no image; `vessel import` takes a root filesystem");
    }

    private static ImageException Refusal(Exception e) => e as ImageException ?? new ImageException(ImageErrorKind.Corrupt, e.Message, e);
}
