namespace Vessel.Commands.Vessel.Output;

/// <summary>
/// What a command shows, as data: members in their order, each a text, a <see cref="long"/>, a <see cref="bool"/>, a list of such, or a map of
/// such. The same is printed as JSON and read by templates.
/// </summary>
internal sealed class Map : OrderedDictionary<string, object?>
{
    public Map() : base(StringComparer.Ordinal)
    {
    }

    /// <summary>A map of texts.</summary>
    public static Map Of(IReadOnlyDictionary<string, string> texts)
    {
        Map map = [];
        foreach ((string name, string text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
            map.Add(name, text);
        return map;
    }
}
