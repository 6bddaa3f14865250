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

    private const int MaximumDepth = 4;

    /// <summary>Where a blob is.</summary>
    public static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>Its images for a platform; one that has several names comes once. What lies beside images, as signatures do, is passed by.</summary>
    public static List<ArchivedImage> Read(ArchiveFiles files, Platform wanted, CancellationToken cancellation)
    {
        ImageIndex index = ImageDocumentReader.ReadIndex(files.ReadDocument(IndexName), IndexName);
        Dictionary<Digest, ArchivedImage?> entries = [];
        Dictionary<Digest, (ArchivedImage Image, List<ImageReference> Names)> found = [];
        foreach (Descriptor entry in index.Manifests)
        {
            cancellation.ThrowIfCancellationRequested();
            if (PlatformChoice.IsAttestation(entry))
                continue;
            if (!entries.TryGetValue(entry.Digest, out ArchivedImage? image))
                entries[entry.Digest] = image = ImageOf(files, entry, wanted, MaximumDepth);
            if (image is null)
                continue;
            found.TryAdd(image.Digest, (image, []));
            if (NameOf(entry) is { } name && !found[image.Digest].Names.Contains(name))
                found[image.Digest].Names.Add(name);
        }
        if (found.Count == 0 && entries.Count > 0)
            throw new ImageException(ImageErrorKind.NotFound, $"the archive has no image for {wanted}");
        return [.. found.Values.Select(f => f.Image with { Names = f.Names })];
    }

    private static ArchivedImage? ImageOf(ArchiveFiles files, Descriptor entry, Platform wanted, int depth)
    {
        byte[] bytes = files.ReadDocument(PathOf(entry.Digest));
        if (!entry.Digest.Matches(bytes))
            throw new ImageException(ImageErrorKind.Corrupt, $"{PathOf(entry.Digest)} has other bytes than its name says");
        if (MediaTypes.IsIndex(entry.MediaType))
        {
            if (depth == 0)
                throw new ImageException(ImageErrorKind.Corrupt, "indexes within indexes do not end");
            IReadOnlyList<Descriptor> manifests = ImageDocumentReader.ReadIndex(bytes, $"index {entry.Digest}", entry.MediaType).Manifests;
            return PlatformChoice.Best(manifests, wanted) is { } chosen ? ImageOf(files, chosen, wanted, depth - 1) : null;
        }
        ImageManifest manifest = ImageDocumentReader.ReadManifest(bytes, $"manifest {entry.Digest}", entry.MediaType);
        if (manifest.OtherPart is not null)
            return null;
        Dictionary<Digest, string> blobs = manifest.Layers.Append(manifest.Config).Select(d => d.Digest).Distinct().ToDictionary(d => d, PathOf);
        return new ArchivedImage(entry.Digest, bytes, manifest, [], blobs);
    }

    // A tag alone is no name of an image: nobody says of which repository.
    private static ImageReference? NameOf(Descriptor entry)
    {
        string? text = entry.Annotations.GetValueOrDefault(FullName) ?? (entry.Annotations.GetValueOrDefault(RefName) is { } name && (name.Contains(':') || name.Contains('/')) ? name : null);
        if (text is null)
            return null;
        if (!ImageReference.TryParse(text, out ImageReference? reference, out string? error))
            throw new ImageException(ImageErrorKind.Corrupt, $"{IndexName}: {error}");
        // A name with a digest is good only for what has that digest.
        return reference.Digest is null || reference.Digest == entry.Digest ? reference.WithDefaultTag()
            : throw new ImageException(ImageErrorKind.Corrupt, $"{IndexName}: {text} is the name of something that has digest {entry.Digest}");
    }
}
