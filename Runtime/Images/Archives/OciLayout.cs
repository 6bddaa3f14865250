using System.Text;
using Vessel.Images.Layers;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>An image layout (image-spec, "Image Layout") in an archive: <c>index.json</c> and <c>blobs/</c>.</summary>
internal static class OciLayout
{
    public const string IndexName = "index.json";
    public const string MarkName = "oci-layout";
    public const string Mark = "{\"imageLayoutVersion\":\"1.0.0\"}";

    /// <summary>The annotation with an image's whole name, and the specification's own, often a tag alone.</summary>
    public const string FullName = "io.containerd.image.name", RefName = "org.opencontainers.image.ref.name";

    /// <summary>Where a blob is.</summary>
    public static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>
    /// Its images for a platform; one with several names comes once. What lies beside images, as signatures do, is
    /// skipped.
    /// </summary>
    /// <param name="files">The archive.</param>
    /// <param name="wanted">The platform.</param>
    /// <param name="refused">Gets what is wrong with images that are left out.</param>
    /// <param name="cancellation">Ends it.</param>
    public static List<ArchivedImage> Read(ArchiveFiles files, Platform wanted, List<ImageException> refused, CancellationToken cancellation)
    {
        ImageIndex index = ImageDocumentReader.ReadIndex(files.ReadDocument(IndexName), IndexName);
        Dictionary<Digest, ArchivedImage?> entries = [];
        int left = ImageDocumentReader.MaximumItems;
        Dictionary<Digest, Found> found = [];
        foreach (Descriptor entry in index.Manifests)
        {
            cancellation.ThrowIfCancellationRequested();
            if (PlatformChoice.IsAttestation(entry))
                continue;
            ImageArchive.Try(refused, () =>
            {
                if (!entries.TryGetValue(entry.Digest, out ArchivedImage? image))
                {
                    // Whatever is wrong with it is reported once, however many names it has.
                    entries[entry.Digest] = null;
                    entries[entry.Digest] = image = ImageOf(files, entry, wanted, ImageDocumentReader.MaximumIndexDepth, ref left);
                }
                if (image is null)
                    return null;
                (ImageReference? name, string? warning) = NameOf(entry);
                Found each = found.GetValueOrDefault(image.Digest) ?? (found[image.Digest] = new Found(image, [], []));
                if (name is not null && !each.Names.Contains(name))
                    each.Names.Add(name);
                if (warning is not null)
                    each.Warnings.Add(warning);
                return each;
            });
        }
        if (found.Count + refused.Count == 0 && entries.Count > 0)
            throw new ImageException(ImageErrorKind.NotFound, $"the archive has no image for {wanted}");
        return [.. found.Values.Select(f => f.Image with { Names = f.Names, Warnings = f.Warnings })];
    }

    private static ArchivedImage? ImageOf(ArchiveFiles files, Descriptor entry, Platform wanted, int depth, ref int left)
    {
        byte[] bytes = files.ReadDocument(PathOf(entry.Digest));
        if (!entry.Digest.Matches(bytes))
            throw new ImageException(ImageErrorKind.Corrupt, $"{PathOf(entry.Digest)} has other bytes than its name says");
        if (bytes.Length != entry.Size)
            throw new ImageException(ImageErrorKind.Corrupt, $"{PathOf(entry.Digest)} has {bytes.Length} bytes, not {entry.Size}");
        if (MediaTypes.IsIndex(entry.MediaType))
        {
            IReadOnlyList<Descriptor> manifests = ImageDocumentReader.ReadIndex(bytes, $"index {entry.Digest}", entry.MediaType).Manifests;
            if (depth == 0 || (left -= manifests.Count) < 0)
                throw new ImageException(ImageErrorKind.Corrupt, "indexes within indexes do not end");
            // Of indexes in an index any may have it, if they don't say what they are for.
            foreach (Descriptor chosen in PlatformChoice.InOrder(manifests, wanted))
                if (ImageOf(files, chosen, wanted, depth - 1, ref left) is { } image)
                    return image;
            return null;
        }
        ImageManifest manifest = ImageDocumentReader.ReadManifest(bytes, $"manifest {entry.Digest}", entry.MediaType);
        if (manifest.OtherPart is not null)
            return null;
        Dictionary<Digest, string> blobs = manifest.Layers.Append(manifest.Config).Select(d => d.Digest).Distinct().ToDictionary(d => d, PathOf);
        return new ArchivedImage(entry.Digest, bytes, manifest, [], blobs);
    }

    private static (ImageReference? Name, string? Warning) NameOf(Descriptor entry)
    {
        // A tag alone is no name of an image: it does not say of which repository.
        string? text = entry.Annotations.GetValueOrDefault(FullName) ?? (entry.Annotations.GetValueOrDefault(RefName) is { } name && (name.Contains(':') || name.Contains('/')) ? name : null);
        if (text is null)
            return (null, null);
        // The specification allows names here that are not names of images: `Stage/A+b` for example.
        if (!ImageReference.TryParse(text, out ImageReference? reference, out string? error))
            return (null, $"{IndexName}: the image of manifest {entry.Digest} is loaded without its name {LayerText.Quote(Encoding.UTF8.GetBytes(text))}: {error}");
        // A name with a digest is good only for what has that digest.
        if (reference.Digest is not null && reference.Digest != entry.Digest)
            throw new ImageException(ImageErrorKind.Corrupt, $"{IndexName}: {text} is the name of something that has digest {entry.Digest}");
        ImageNames.RequireUnambiguous(reference);
        return (reference.WithDefaultTag(), null);
    }

    private sealed record Found(ArchivedImage Image, List<ImageReference> Names, List<string> Warnings);
}
