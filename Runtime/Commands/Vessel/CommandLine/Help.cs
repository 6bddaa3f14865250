using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.Commands;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>The pages that <c>--help</c> prints, laid out as docker's.</summary>
internal static class Help
{
    /// <summary>The option that every command has.</summary>
    public static Option Option { get; } = new("help", "Print usage", Short: 'h');

    /// <summary>All commands and the global options; or those of a group, such as <c>image</c>.</summary>
    public static string Overview(string? group, IReadOnlyList<Option> global)
    {
        StringBuilder text = new();
        if (group is null)
            text.Append("Usage:  vessel [OPTIONS] COMMAND\n\nPulls container images and makes bundles of them, which vrun runs as containers\n\nCommands:\n");
        else
            text.Append($"Usage:  vessel {group} COMMAND\n\n{CommandList.GroupSummary(group)}\n\nCommands:\n");
        foreach ((string name, string summary) in CommandList.After(group))
            text.Append($"  {name.PadRight(12)}{summary}\n");
        if (group is null)
        {
            text.Append("\nGlobal Options:\n");
            AppendOptions(text, global);
        }
        text.Append($"\nRun 'vessel {(group is null ? "" : group + " ")}COMMAND --help' for more information on a command.\n");
        return text.ToString();
    }

    /// <summary>One command.</summary>
    public static string Of(string words, Command command, IEnumerable<string> aliases)
    {
        StringBuilder text = new($"Usage:  vessel {words} {command.Usage}\n\n{command.Summary}\n");
        List<string> others = [.. aliases];
        if (others.Count > 1)
            text.Append($"\nAliases:\n  {string.Join(", ", others.Select(a => "vessel " + a))}\n");
        if (CommandList.After(words) is { Count: > 0 } further)
        {
            text.Append("\nCommands:\n");
            foreach ((string name, string summary) in further)
                text.Append($"  {name.PadRight(12)}{summary}\n");
        }
        if (command.Options.Count > 0)
        {
            text.Append("\nOptions:\n");
            AppendOptions(text, command.Options);
        }
        return text.ToString();
    }

    private static void AppendOptions(StringBuilder text, IReadOnlyList<Option> options)
    {
        List<(string Name, string Help)> rows = [.. options.OrderBy(o => o.Name, StringComparer.Ordinal)
            .Select(o => ($"  {(o.Short == '\0' ? "   " : $"-{o.Short},")} --{o.Name}{(o.TakesValue ? " " + o.Value : "")}", o.Help))];
        int width = rows.Max(r => r.Name.Length) + 3;
        foreach ((string name, string help) in rows)
            text.Append(name.PadRight(width)).Append(help).Append('\n');
    }
}
