using Vessel.Images.Content;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>What <c>docker save</c> writes: <c>manifest.json</c>, which names each image's config and layers (since docker 1.10).</summary>
internal static class DockerArchive
{
    public const string ManifestName = "manifest.json";

    private const int ChunkBytes = 1 << 17;

    /// <summary>Its images; a manifest is made for each, since the archive has none of the registry's kind.</summary>
    public static List<ArchivedImage> Read(ArchiveFiles files)
    {
        List<ArchivedImage> images = [];
        foreach (Item item in JsonMapReader.Read(files.ReadDocument(ManifestName), ManifestName, static json => json.List(Item.Map)))
        {
            Dictionary<Digest, string> blobs = [];
            Descriptor config = Describe(files, item.Config, MediaTypes.DockerConfig, blobs);
            ImageManifest manifest = new()
            {
                MediaType = MediaTypes.DockerManifest,
                Config = config,
                Layers = [.. item.Layers.Select(layer => Describe(files, layer, null, blobs))],
            };
            byte[] bytes = ImageDocumentWriter.WriteManifest(manifest);
            images.Add(new ArchivedImage(Digest.Of(bytes), bytes, manifest, [.. item.RepoTags.Select(NameOf)], blobs));
        }
        return images;
    }

    private static Descriptor Describe(ArchiveFiles files, string name, string? mediaType, Dictionary<Digest, string> blobs)
    {
        using Stream file = files.Open(name);
        using BlobHash hash = new("sha256");
        byte[] buffer = new byte[ChunkBytes];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            if (hash.Length == 0)
                mediaType ??= buffer is [0x1f, 0x8b, ..] ? MediaTypes.DockerLayerGzip : buffer is [0x28, 0xb5, 0x2f, 0xfd, ..] ? MediaTypes.DockerLayerZstd : MediaTypes.DockerLayer;
            hash.Add(buffer.AsSpan(0, count));
        }
        Digest digest = hash.Result();
        blobs[digest] = name;
        return new Descriptor { MediaType = mediaType ?? MediaTypes.DockerLayer, Digest = digest, Size = hash.Length };
    }

    private static ImageReference NameOf(string text) =>
        ImageReference.TryParse(text, out ImageReference? name, out string? error) ? name.WithDefaultTag() : throw new ImageException(ImageErrorKind.Corrupt, $"{ManifestName}: {error}");

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
