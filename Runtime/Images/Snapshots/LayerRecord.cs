using Vessel.Oci.Json;

namespace Vessel.Images.Snapshots;

/// <summary>What is known of an unpacked layer: <c>layer.json</c> beside it. A layer without one is not complete.</summary>
/// <param name="Bytes">Of all its files together.</param>
/// <param name="Entries">How many files, folders and so on it has.</param>
public sealed record LayerRecord(long Bytes, long Entries)
{
    private const int Version = 1;

    internal static LayerRecord Read(ReadOnlyMemory<byte> utf8, string name) => JsonMapReader.Read(utf8, name, static json =>
    {
        if (!json.EnterObject())
            return null;
        long? version = null, bytes = null, entries = null;
        while (json.NextMember() is { } member)
            switch (member)
            {
                case "version": version = json.Int64(Version, Version); break;
                case "bytes": bytes = json.Int64(0); break;
                case "entries": entries = json.Int64(0); break;
                default: json.Skip(); break;
            }
        json.Required(version, "version");
        return new LayerRecord(json.Required(bytes, "bytes"), json.Required(entries, "entries"));
    });

    internal byte[] ToBytes() => JsonMapWriter.ToBytes(this, indented: false, static (json, layer) =>
    {
        json.Always("version", Version);
        json.Always("bytes", layer.Bytes);
        json.Always("entries", layer.Entries);
    });
}
