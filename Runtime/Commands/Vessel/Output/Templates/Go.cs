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
        double number => PrintDouble(number),
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
        double => "float64",
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
        double number => number != 0,
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

    /// <summary>A number as Go's source has it: <c>42</c>, <c>-1.5e3</c>, <c>0x1f</c>, <c>0b11</c>, <c>1_000</c>.</summary>
    public static object ParseNumber(string text)
    {
        string plain = text.Replace("_", "", StringComparison.Ordinal), digits = plain.TrimStart('-');
        long sign = plain.Length > digits.Length ? -1 : 1;
        const NumberStyles Float = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        (string Prefix, NumberStyles Style)[] bases = [("0x", NumberStyles.AllowHexSpecifier), ("0X", NumberStyles.AllowHexSpecifier), ("0b", NumberStyles.AllowBinarySpecifier), ("0B", NumberStyles.AllowBinarySpecifier)];
        foreach ((string prefix, NumberStyles style) in bases)
            if (digits.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(digits[2..], style, CultureInfo.InvariantCulture, out long based))
                return sign * based;
        if (long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return whole;
        if (double.TryParse(plain, Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
            return number;
        throw new TemplateException($"template: :1: bad number syntax: {Quote(text)}");
    }

    // The shortest that is the same number; with an exponent of two digits where it is very large or small (strconv's 'g').
    private static string PrintDouble(double number)
    {
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        double size = Math.Abs(number);
        if (size is 0 or >= 1e-4 and < 1e21)
            return shortest.Contains('E') ? ((decimal)number).ToString(CultureInfo.InvariantCulture) : shortest;
        string[] parts = number.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        string mantissa = shortest.Contains('E') ? shortest.Split('E')[0] : parts[0].TrimEnd('0').TrimEnd('.');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    public static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
