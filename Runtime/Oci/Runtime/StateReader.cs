using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>Reads the state document.</summary>
public static class StateReader
{
    // Of the specification's own names; what a runtime adds is matched exactly.
    private static readonly JsonNames Names = new("ociVersion", "id", "status", "pid", "bundle", "annotations");

    /// <exception cref="DocumentException">With all that is wrong in the document.</exception>
    public static State Read(ReadOnlyMemory<byte> utf8, string documentName = "state") =>
        JsonMapReader.Read(utf8, documentName, State, Names);

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, string)"/>
    public static State Read(Stream utf8, string documentName = "state") => JsonMapReader.Read(utf8, documentName, State, Names);

    private static State? State(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? ociVersion = null, id = null, status = null, bundle = null;
        int? pid = null;
        IReadOnlyDictionary<string, string> annotations = EmptyMap.Of<string>();
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                // Any version: the document says what wrote it, and every version so far has had these members.
                case "ociVersion": ociVersion = json.NonEmptyText(); break;
                case "id": id = json.NonEmptyText(); break;
                case "status": status = json.NonEmptyText(); break;
                case "pid": pid = json.Int32(minimum: 0); break;
                case "bundle": bundle = json.Text(); break;
                case "annotations": annotations = json.AnyTextMap(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new State
        {
            OciVersion = json.Required(ociVersion, "ociVersion"),
            Id = json.Required(id, "id"),
            Status = json.Required(status, "status"),
            Pid = pid ?? 0,
            Bundle = json.Required(bundle, "bundle"),
            Annotations = annotations,
            Extensions = others,
        };
    }
}
