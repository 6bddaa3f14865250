using System.Collections;
using System.Globalization;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>Values as Go prints and judges them.</summary>
internal static class Go
{
    /// <summary>As <c>fmt.Print</c>: lists in brackets, maps as <c>map[a:b]</c>.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool truth => truth ? "true" : "false",
        Map map => $"map[{string.Join(' ', map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{Print(m.Value)}"))}]",
        IEnumerable list => $"[{string.Join(' ', list.Cast<object?>().Select(Print))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>As <c>fmt.Print</c> of several: with a space between two of which neither is a text.</summary>
    public static string Print(object?[] values) =>
        string.Concat(values.Select((v, i) => (i > 0 && v is not string && values[i - 1] is not string ? " " : "") + Print(v)));

    /// <summary>What Go calls its type.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "<nil>",
        string => "string",
        bool => "bool",
        Map => "map[string]interface {}",
        IEnumerable => "[]string",
        _ => "int",
    };

    /// <summary>Whether it counts as true: not empty, not zero.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        string text => text.Length > 0,
        bool truth => truth,
        long number => number != 0,
        Map map => map.Count > 0,
        IEnumerable list => list.Cast<object?>().Any(),
        _ => true,
    };

    /// <summary>How many elements.</summary>
    public static long Length(object? value) => value switch
    {
        string text => System.Text.Encoding.UTF8.GetByteCount(text),
        Map map => map.Count,
        IEnumerable list => list.Cast<object?>().Count(),
        _ => throw new TemplateException("template: :1: executing \"\": error calling len: len of nil pointer"),
    };

    public static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
