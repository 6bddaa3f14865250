using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Oci.Image;

public static partial class ImageDocumentReader
{
    private const string Schema1 = "schema 1 of docker's manifests is not supported; push the image again with a current docker";

    private static ImageIndex? Index(JsonMapReader json, string? expectedMediaType)
    {
        if (!json.EnterObject())
            return null;
        DocumentHead head = new();
        IReadOnlyList<Descriptor>? manifests = null;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Manifests);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "manifests": manifests = json.List(Descriptor); break;
                case "config" or "layers": Ambiguous(json, "an index", "a manifest"); break;
                default: Head(json, name, ref head, ref others); break;
            }
        }

        if (!IsRead(json, head, expectedMediaType, MediaTypes.IsIndex, "an index"))
            return null;
        return new ImageIndex
        {
            MediaType = head.MediaType,
            ArtifactType = head.ArtifactType,
            Manifests = json.Required(manifests, "manifests"),
            Subject = head.Subject,
            Annotations = head.Annotations ?? EmptyMap.Of<string>(),
            Extensions = others,
        };
    }

    private static ImageManifest? Manifest(JsonMapReader json, string? expectedMediaType)
    {
        if (!json.EnterObject())
            return null;
        DocumentHead head = new();
        Descriptor? config = null;
        IReadOnlyList<Descriptor>? layers = null;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Manifests);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "config": config = Descriptor(json, mayLackType: true); break;
                case "layers": layers = LayerList(json); break;
                case "manifests": Ambiguous(json, "a manifest", "an index"); break;
                default: Head(json, name, ref head, ref others); break;
            }
        }

        if (!IsRead(json, head, expectedMediaType, MediaTypes.IsManifest, "a manifest"))
            return null;
        // Only manifests of docker's schema 2 have configs without a type.
        if (config?.MediaType is "" && head.MediaType != MediaTypes.DockerManifest)
            json.Error("config.mediaType", "missing");
        return new ImageManifest
        {
            MediaType = head.MediaType,
            ArtifactType = head.ArtifactType,
            Config = json.Required(config, "config"),
            Layers = json.Required(layers, "layers"),
            Subject = head.Subject,
            Annotations = head.Annotations ?? EmptyMap.Of<string>(),
            Extensions = others,
        };
    }

    // The members that index and manifest share.
    private static void Head(JsonMapReader json, string name, ref DocumentHead head, ref Dictionary<string, string>? others)
    {
        switch (name)
        {
            case "schemaVersion": head.SchemaVersion = json.Int32(1, 2); break;
            // An empty one is written by who leaves it out.
            case "mediaType" when json.IsEmptyText: break;
            case "mediaType": head.MediaType = json.Text(MediaTypes.IsWellFormed, MediaTypeNoun); break;
            case "artifactType" when json.IsEmptyText: break;
            case "artifactType": head.ArtifactType = json.Text(MediaTypes.IsWellFormed, MediaTypeNoun); break;
            case "subject": head.Subject = Descriptor(json); break;
            case "annotations": head.Annotations = json.AnyTextMap(); break;
            case "fsLayers":
                head.HasFsLayers = true;
                json.Skip();
                break;
            default: json.Keep(ref others); break;
        }
    }

    private static IReadOnlyList<Descriptor> LayerList(JsonMapReader json)
    {
        IReadOnlyList<Descriptor> layers = json.List(Descriptor);
        if (layers.Count > MaximumLayers)
            json.Error($"{layers.Count} entries are more than {MaximumLayers}");
        return layers;
    }

    // Also where it is null: another reader may not see the difference (CVE-2021-41190).
    private static void Ambiguous(JsonMapReader json, string kind, string other)
    {
        json.Error($"is not for {kind}: the document could be read as {other} too");
        json.Skip();
    }

    // False where the document is of a form of which nothing else needs to be said.
    private static bool IsRead(JsonMapReader json, DocumentHead head, string? expectedMediaType, Func<string, bool> isKind, string noun)
    {
        string? expected = expectedMediaType?.Split(';', 2)[0].Trim().ToLowerInvariant();
        if (head.SchemaVersion == 1 || head.HasFsLayers || MediaTypes.IsSchema1(head.MediaType) || MediaTypes.IsSchema1(expected))
        {
            json.Error("schemaVersion", Schema1);
            return false;
        }

        json.Required(head.SchemaVersion, "schemaVersion");
        if (head.MediaType is { } mediaType && !isKind(mediaType))
            json.Error("mediaType", $"{DocumentText.Quote(mediaType)} is not the type of {noun}");
        else if (expected is not null && head.MediaType is { } said && said != expected)
            json.Error("mediaType", $"{DocumentText.Quote(said)}, but it was given as {DocumentText.Quote(expected)}");
        else if (expected is not null && !isKind(expected))
            json.Error("mediaType", $"missing, and it was given as {DocumentText.Quote(expected)}, which is not {noun}");
        return true;
    }

    private static Descriptor? Descriptor(JsonMapReader json) => Descriptor(json, mayLackType: false);

    // A type that is missing and may be is empty.
    private static Descriptor? Descriptor(JsonMapReader json, bool mayLackType)
    {
        if (!json.EnterObject())
            return null;
        string? mediaType = null, artifactType = null, data = null;
        Digest? digest = null;
        long? size = null;
        IReadOnlyList<string> urls = [];
        IReadOnlyDictionary<string, string> annotations = EmptyMap.Of<string>();
        Platform? platform = null;
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Manifests);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "mediaType" when mayLackType && json.IsEmptyText: break;
                case "mediaType": mediaType = json.Text(MediaTypes.IsWellFormed, MediaTypeNoun); break;
                case "digest": digest = Digest(json); break;
                case "size": size = json.Int64(minimum: 0); break;
                case "urls": urls = json.TextList(); break;
                case "annotations": annotations = json.AnyTextMap(); break;
                case "data": data = json.Text(); break;
                case "platform": platform = Platform(json); break;
                case "artifactType" when json.IsEmptyText: break;
                case "artifactType": artifactType = json.Text(MediaTypes.IsWellFormed, MediaTypeNoun); break;
                default: json.Keep(ref others); break;
            }
        }

        Descriptor descriptor = new()
        {
            MediaType = mayLackType ? mediaType ?? "" : json.Required(mediaType, "mediaType"),
            Digest = json.Required(digest, "digest"),
            Size = json.Required(size, "size"),
            Urls = urls,
            Annotations = annotations,
            Data = string.IsNullOrEmpty(data) ? null : data,
            Platform = platform,
            ArtifactType = artifactType,
            Extensions = others,
        };
        CheckData(json, descriptor);
        return descriptor;
    }

    private static void CheckData(JsonMapReader json, Descriptor descriptor)
    {
        if (descriptor.Data is not { } data || descriptor.Digest is null)
            return;
        byte[] bytes = new byte[data.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64String(data, bytes, out int length))
            json.Error("data", "is not base64");
        else if (length != descriptor.Size || !descriptor.Digest.Matches(bytes.AsSpan(0, length)))
            json.Error("data", "is not what the size and the digest say");
    }

    private static Platform? Platform(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? os = null, architecture = null, variant = null, osVersion = null;
        IReadOnlyList<string> osFeatures = [];
        Dictionary<string, string>? others = null;
        ObjectMembers members = new(json, ImageNames.Manifests);
        while (members.Next() is { } name)
        {
            switch (name)
            {
                case "architecture": architecture = json.Text(); break;
                case "os": os = json.Text(); break;
                case "os.version": osVersion = json.Text(); break;
                case "os.features": osFeatures = json.TextList(); break;
                case "variant": variant = json.Text(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new Platform(json.Required(os, "os"), json.Required(architecture, "architecture"), variant, osVersion)
        {
            OsFeatures = osFeatures,
            Extensions = others,
        };
    }

    private record struct DocumentHead(
        int? SchemaVersion,
        string? MediaType,
        string? ArtifactType,
        Descriptor? Subject,
        IReadOnlyDictionary<string, string>? Annotations,
        bool HasFsLayers);
}
