using Vessel.Oci.Json;

namespace Vessel.Images.Snapshots;

/// <summary>What is known of an unpacked layer: <c>layer.json</c> beside it. A layer without one is not complete.</summary>
/// <param name="Bytes">Of all its files together.</param>
/// <param name="Entries">How many files, folders and so on it has.</param>
/// <param name="IsOpaque">It hides all layers below.</param>
/// <param name="ImageBytes">How large its image is; null for a layer that is a folder.</param>
/// <param name="HasNamedMarks">Its folder has marks that overlayfs doesn't understand (<see cref="Layers.FolderOptions.NamesMarks"/>).</param>
public sealed record LayerRecord(long Bytes, long Entries, bool IsOpaque = false, long? ImageBytes = null, bool HasNamedMarks = false)
{
    // 1: only folders, and without `opaque`.
    private const int Version = 2, OldestVersion = 1;

    /// <summary>What the layer is kept as.</summary>
    public LayerForm Form => ImageBytes is null ? LayerForm.Folder : LayerForm.Erofs;

    internal static LayerRecord Read(ReadOnlyMemory<byte> utf8, string name) => JsonMapReader.Read(utf8, name, static json =>
    {
        if (!json.EnterObject())
            return null;
        long? version = null, bytes = null, entries = null, image = null;
        bool? isOpaque = null, hasNamedMarks = null;
        while (json.NextMember() is { } member)
            switch (member)
            {
                case "version": version = json.Int64(OldestVersion, Version); break;
                case "bytes": bytes = json.Int64(0); break;
                case "entries": entries = json.Int64(0); break;
                case "opaque": isOpaque = json.Boolean(); break;
                case "namedMarks": hasNamedMarks = json.Boolean(); break;
                case "erofs": image = json.Int64(0); break;
                default: json.Skip(); break;
            }
        json.Required(version, "version");
        return new LayerRecord(json.Required(bytes, "bytes"), json.Required(entries, "entries"), isOpaque ?? false, image, hasNamedMarks ?? false);
    });

    internal byte[] ToBytes() => JsonMapWriter.ToBytes(this, indented: false, static (json, layer) =>
    {
        json.Always("version", Version);
        json.Always("bytes", layer.Bytes);
        json.Always("entries", layer.Entries);
        if (layer.IsOpaque)
            json.Always("opaque", true);
        if (layer.HasNamedMarks)
            json.Always("namedMarks", true);
        if (layer.ImageBytes is { } image)
            json.Always("erofs", image);
    });
}
