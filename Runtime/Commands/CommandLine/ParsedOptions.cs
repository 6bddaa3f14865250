using System.Globalization;

namespace Vessel.Commands.CommandLine;

/// <summary>The options that were given, and the arguments.</summary>
public sealed class ParsedOptions
{
    private readonly Dictionary<string, List<string>> values = new(StringComparer.Ordinal);

    /// <summary>What is no option, in order.</summary>
    public List<string> Arguments { get; } = [];

    public void Add(string name, string value)
    {
        if (!values.TryGetValue(name, out List<string>? list))
            values.Add(name, list = []);
        list.Add(value);
    }

    /// <summary>The option's value, the last one where it was given twice; null where it wasn't.</summary>
    public string? Text(string name) => values.TryGetValue(name, out List<string>? list) ? list[^1] : null;

    /// <summary>All values, in order.</summary>
    public IReadOnlyList<string> All(string name) => values.TryGetValue(name, out List<string>? list) ? list : [];

    /// <summary>Whether an option without a value was given.</summary>
    public bool Has(string name) => Text(name) == "true";

    /// <summary>A whole number.</summary>
    public long? Number(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
        : throw new UsageException($"invalid value \"{text}\" for --{name}: expected a whole number");
}
