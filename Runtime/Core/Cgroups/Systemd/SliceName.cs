using System.Text;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A slice: <c>a-b.slice</c> lies in <c>a.slice</c>, and <c>-.slice</c> is the root of all (man 5 systemd.slice).</summary>
public sealed record SliceName
{
    private const string Suffix = ".slice";
    private const string Root = "-.slice";

    private SliceName(string value) => Value = value;

    /// <summary>The unit's name.</summary>
    public string Value { get; }

    /// <summary>Its cgroup below the manager's: <c>/a.slice/a-b.slice</c>; empty for the root.</summary>
    public string Path
    {
        get
        {
            if (Value == Root)
                return "";
            StringBuilder path = new();
            for (int dash = Value.IndexOf('-'); dash >= 0; dash = Value.IndexOf('-', dash + 1))
                path.Append('/').Append(UnitNames.CgroupOf(Value[..dash] + Suffix));
            return path.Append('/').Append(UnitNames.CgroupOf(Value)).ToString();
        }
    }

    /// <summary>Reads a slice's name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="source">Where it comes from, for the error: <c>linux.cgroupsPath</c>.</param>
    public static SliceName Parse(string text, string source)
    {
        UnitNames.Checked(text, source);
        if (!text.EndsWith(Suffix, StringComparison.Ordinal))
            throw new RuntimeException(ErrorKind.InvalidSpec, $"{source}: the slice `{text}` does not end in `{Suffix}`");
        string name = text[..^Suffix.Length];
        if (text != Root && (name.Length == 0 || name.StartsWith('-') || name.EndsWith('-') || name.Contains("--", StringComparison.Ordinal)))
            throw new RuntimeException(ErrorKind.InvalidSpec, $"{source}: the slice `{text}` has an empty name between its dashes, each of which is a slice of its own");
        return new SliceName(text);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
