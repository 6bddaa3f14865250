using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>What <c>docker save</c> writes: <c>manifest.json</c>, which names each image's config and layers (since docker 1.10).</summary>
internal static class DockerArchive
{
    public const string ManifestName = "manifest.json";

    /// <summary>Its images; a manifest is made for each, since the archive has none of the registry's kind.</summary>
    /// <param name="files">The archive.</param>
    /// <param name="refused">Gets what is wrong with images that are left out.</param>
    /// <param name="cancellation">Ends it.</param>
    public static List<ArchivedImage> Read(ArchiveFiles files, List<ImageException> refused, CancellationToken cancellation)
    {
        List<ArchivedImage> images = [];
        foreach (Item item in JsonMapReader.Read(files.ReadDocument(ManifestName), ManifestName, static json => json.List(Item.Map), maximumItems: ImageDocumentReader.MaximumItems))
            if (ImageArchive.Try(refused, () => ImageOf(files, item, cancellation)) is { } image)
                images.Add(image);
        return images;
    }

    private static ArchivedImage ImageOf(ArchiveFiles files, Item item, CancellationToken cancellation)
    {
        if (item.Layers.Count > ImageDocumentReader.MaximumLayers)
            throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: {item.Layers.Count} layers are more than {ImageDocumentReader.MaximumLayers}");
        List<ImageReference> names = [.. item.RepoTags.Select(NameOf)];
        Dictionary<Digest, string> blobs = [];
        Descriptor config = files.Describe(item.Config, MediaTypes.DockerConfig, blobs, cancellation);
        return ArchivedImage.Of(config, [.. item.Layers.Select(layer => files.Describe(layer, null, blobs, cancellation))], names, blobs);
    }

    private static ImageReference NameOf(string text)
    {
        if (!ImageReference.TryParse(text, out ImageReference? name, out string? error))
            throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: {error}");
        // A digest means content, and this archive has no manifest that could be that content.
        if (name.Digest is not null)
            throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: invalid tag \"{text}\": it has a digest");
        ImageNames.RequireUnambiguous(name);
        return name.WithDefaultTag();
    }

    private sealed record Item(string Config, IReadOnlyList<string> RepoTags, IReadOnlyList<string> Layers)
    {
        public static Item? Map(JsonMapReader json)
        {
            if (!json.EnterObject())
                return null;
            string? config = null;
            IReadOnlyList<string> tags = [], layers = [];
            while (json.NextMember() is { } name)
                switch (name)
                {
                    case "Config": config = json.Text(); break;
                    case "RepoTags": tags = json.TextList(); break;
                    case "Layers": layers = json.TextList(); break;
                    default: json.Skip(); break;
                }
            return new Item(json.Required(config, "Config"), tags, layers);
        }
    }
}
