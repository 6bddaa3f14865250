using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>An image that is complete in the store: <c>images/sha256/HEX.json</c>, named by the image's id, which is the digest of its config.</summary>
/// <param name="Manifest">The digest of its manifest.</param>
/// <param name="Target">What its reference led to at the registry: an index, or the manifest itself.</param>
/// <param name="Layers">Its layers' blobs as the registry has them, the lowest first.</param>
/// <param name="DiffIds">Its layers unpacked, the lowest first.</param>
public sealed record ImageRecord(Digest Manifest, Digest Target, IReadOnlyList<Digest> Layers, IReadOnlyList<Digest> DiffIds)
{
    private const int Version = 1;

    /// <summary>All that has a digest but the config.</summary>
    internal IEnumerable<Digest> Parts => [Manifest, Target, .. Layers, .. DiffIds];

    internal static ImageRecord Read(ReadOnlyMemory<byte> utf8, string name) => JsonMapReader.Read(utf8, name, static json =>
    {
        if (!json.EnterObject())
            return null;
        string? manifest = null, target = null;
        long? version = null;
        IReadOnlyList<string> layers = [], diffIds = [];
        while (json.NextMember() is { } member)
            switch (member)
            {
                case "version": version = json.Int64(Version, Version); break;
                case "manifest": manifest = DigestText(json); break;
                case "target": target = DigestText(json); break;
                case "layers": layers = json.TextList(); break;
                case "diffIds": diffIds = json.TextList(); break;
                default: json.Skip(); break;
            }
        json.Required(version, "version");
        foreach (string text in layers.Concat(diffIds))
            if (!Digest.TryParse(text, out _, out string? error))
                json.Error(error);
        manifest = json.Required(manifest, "manifest");
        target = json.Required(target, "target");
        Digest?[] all = [.. layers.Concat(diffIds).Select(t => Digest.TryParse(t, out Digest? d, out _) ? d : null)];
        if (manifest is null || target is null || all.Contains(null))
            return null;
        return new ImageRecord(Digest.Parse(manifest), Digest.Parse(target), all[..layers.Count]!, all[layers.Count..]!);
    });

    internal byte[] ToBytes() => JsonMapWriter.ToBytes(this, indented: true, static (json, image) =>
    {
        json.Always("version", Version);
        json.Always("manifest", image.Manifest.ToString());
        json.Always("target", image.Target.ToString());
        json.AlwaysList("layers", [.. image.Layers.Select(d => d.ToString())]);
        json.AlwaysList("diffIds", [.. image.DiffIds.Select(d => d.ToString())]);
    });

    private static string? DigestText(JsonMapReader json) => json.Text(static t => Digest.TryParse(t, out _, out _), "a digest") is { } text && Digest.TryParse(text, out _, out _) ? text : null;
}
