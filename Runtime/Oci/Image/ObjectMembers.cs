using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>
/// The members of one object, of which no two may have one name. Registry, checker and runtime read the same bytes each with a reader of
/// its own; where a document says a thing twice, one sees the first and another the last (CVE-2021-41190 is of this kind).
/// </summary>
internal sealed class ObjectMembers(JsonMapReader json, JsonNames names)
{
    private const char LongS = '\u017f', KelvinSign = '\u212a';

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <inheritdoc cref="JsonMapReader.NextMember"/>
    public string? Next()
    {
        string? name = json.NextMember();
        if (name is null)
            return null;
        if (!_seen.Add(name))
            json.Error("is there twice");
        // Go takes these for the letters s and k too, and .NET does not.
        else if (name.AsSpan().ContainsAny(LongS, KelvinSign) && names.Fold(name.Replace(LongS, 's').Replace(KelvinSign, 'k')) is { } meant)
            json.Error($"could be read as `{meant}`");
        return name;
    }
}
