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

    /// <summary>What stands for a list that isn't there: empty for a template, null as JSON.</summary>
    public static IReadOnlyList<string> NoList { get; } = new List<string>();

    /// <summary>The same for a map.</summary>
    public static Map NoMap { get; } = new() { IsOpen = true };

    /// <summary>Members that are left out of JSON where they say nothing, and that a template finds all the same.</summary>
    public Dictionary<string, object?> Unsaid { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether its names are data: then a template that asks for another one gets none, and no error.</summary>
    public bool IsOpen { get; init; }

    /// <summary>A map of texts.</summary>
    public static Map Of(IReadOnlyDictionary<string, string> texts)
    {
        Map map = new() { IsOpen = true };
        foreach ((string name, string text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
            map.Add(name, text);
        return map;
    }
}
