using System.Diagnostics.CodeAnalysis;
using Vessel.Commands.Vessel.Output.Templates;

namespace Vessel.Commands.Vessel.Output;

/// <summary>Lists as docker prints them: a table of some columns, or what <c>--format</c> says of each row.</summary>
internal static class Rows
{
    /// <summary>One value as <c>--format</c> says, <c>json</c> or a template; null where it says nothing.</summary>
    public static string? FormatOne(Map value, string? format) =>
        string.IsNullOrEmpty(format) ? null : (format == "json" ? Json.Format(value) : Template.Parse(format).Render(value)) + "\n";

    /// <summary>Whether <c>--format</c> asks for nothing but the default table.</summary>
    public static bool IsDefault([NotNullWhen(false)] string? format) => format is null or "" or "table";

    /// <summary>The text.</summary>
    /// <param name="rows">Each with the same members.</param>
    /// <param name="format">What <c>--format</c> says: <c>table</c>, <c>json</c>, a template, <c>table</c> and a template; null for the default table.</param>
    /// <param name="columns">The default table: header and member.</param>
    /// <param name="headers">Headers of all members, for tables by template.</param>
    public static string Format(IReadOnlyList<Map> rows, string? format, IReadOnlyList<(string Header, string Member)> columns, Map headers)
    {
        if (IsDefault(format))
            return Table.Format([[.. columns.Select(c => c.Header)], .. rows.Select(r => columns.Select(c => Go.Print(r[c.Member])).ToArray())]);
        if (format == "json")
            format = "{{json .}}";
        bool isTable = format.StartsWith("table ", StringComparison.Ordinal);
        // The command line's own way to write tabs and ends of lines.
        string text = (isTable ? format["table ".Length..] : format).Replace("\\t", "\t").Replace("\\n", "\n");
        Template template = Template.Parse(text);
        if (!isTable)
            return string.Concat(rows.Select(r => template.Render(r) + "\n"));
        return Table.Format([template.Render(headers).Split('\t'), .. rows.Select(r => template.Render(r).Split('\t'))]);
    }
}
