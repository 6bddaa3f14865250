using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>What <c>docker save</c> writes: <c>manifest.json</c>, which names each image's config and layers (since docker 1.10).</summary>
internal static class DockerArchive
{
    public const string ManifestName = "manifest.json";

    /// <summary>Its images; a manifest is made for each, since the archive has none of the registry's kind.</summary>
    public static List<ArchivedImage> Read(ArchiveFiles files, CancellationToken cancellation)
    {
        List<ArchivedImage> images = [];
        foreach (Item item in JsonMapReader.Read(files.ReadDocument(ManifestName), ManifestName, static json => json.List(Item.Map), maximumItems: ImageDocumentReader.MaximumItems))
        {
            Dictionary<Digest, string> blobs = [];
            if (item.Layers.Count > ImageDocumentReader.MaximumLayers)
                throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: {item.Layers.Count} layers are more than {ImageDocumentReader.MaximumLayers}");
            Descriptor config = files.Describe(item.Config, MediaTypes.DockerConfig, blobs, cancellation);
            images.Add(ArchivedImage.Of(config, [.. item.Layers.Select(layer => files.Describe(layer, null, blobs, cancellation))], [.. item.RepoTags.Select(NameOf)], blobs));
        }
        return images;
    }

    // A digest is no name that anybody gives: what it means is content, and this archive has no manifest that could be it.
    private static ImageReference NameOf(string text)
    {
        ImageReference name = ArchivedImage.ParseName(ManifestName, text);
        return name.Digest is null ? name.WithDefaultTag() : throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: invalid tag \"{text}\": it has a digest");
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
