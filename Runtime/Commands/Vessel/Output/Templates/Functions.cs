using System.Collections;
using System.Globalization;

namespace Vessel.Commands.Vessel.Output.Templates;

/// <summary>What templates may call: Go's own functions, and those that docker adds.</summary>
internal static class Functions
{
    private static readonly Dictionary<string, Func<object?[], object?>> All = new()
    {
        ["json"] = static a => Json.Format(a[0]),
        ["lower"] = static a => Text(a, 0).ToLowerInvariant(),
        ["upper"] = static a => Text(a, 0).ToUpperInvariant(),
        ["title"] = static a => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Text(a, 0)),
        ["split"] = static a => Text(a, 0).Split(Text(a, 1)).ToList(),
        ["join"] = static a => string.Join(Text(a, 1), Elements(a[0]).Select(Go.Print)),
        ["pad"] = static a => new string(' ', (int)Number(a, 1)) + Text(a, 0) + new string(' ', (int)Number(a, 2)),
        ["truncate"] = static a => Text(a, 0) is var text && Number(a, 1) is var length && text.Length > length ? text[..(int)length] : Text(a, 0),
        ["print"] = static a => string.Concat(a.Select(Go.Print)),
        ["println"] = static a => string.Join(' ', a.Select(Go.Print)) + "\n",
        ["printf"] = static a => Printf(Text(a, 0), a[1..]),
        ["len"] = static a => Go.Length(a[0]),
        ["index"] = static a => a[1..].Aggregate(a[0], Index),
        ["not"] = static a => !Go.IsTrue(a[0]),
        ["and"] = static a => a.FirstOrDefault(v => !Go.IsTrue(v), a[^1]),
        ["or"] = static a => a.FirstOrDefault(Go.IsTrue, a[^1]),
        ["eq"] = static a => a[1..].Any(v => Equals(a[0], v)),
        ["ne"] = static a => !Equals(a[0], a[1]),
        ["lt"] = static a => Compare(a) < 0,
        ["le"] = static a => Compare(a) <= 0,
        ["gt"] = static a => Compare(a) > 0,
        ["ge"] = static a => Compare(a) >= 0,
    };

    private static readonly Dictionary<string, int> Arguments = new()
    {
        ["json"] = 1,
        ["lower"] = 1,
        ["upper"] = 1,
        ["title"] = 1,
        ["split"] = 2,
        ["join"] = 2,
        ["pad"] = 3,
        ["truncate"] = 2,
        ["printf"] = 1,
        ["len"] = 1,
        ["index"] = 1,
        ["not"] = 1,
        ["and"] = 1,
        ["or"] = 1,
        ["eq"] = 2,
        ["ne"] = 2,
        ["lt"] = 2,
        ["le"] = 2,
        ["gt"] = 2,
        ["ge"] = 2,
    };

    /// <summary>Whether there is one of that name.</summary>
    public static bool Exists(string name) => All.ContainsKey(name);

    /// <summary>Calls one.</summary>
    public static object? Call(string name, object?[] arguments)
    {
        if (arguments.Length < Arguments.GetValueOrDefault(name))
            throw new TemplateException($"template: :1: executing \"\" at <{name}>: wrong number of args for {name}: want at least {Arguments[name]} got {arguments.Length}");
        return All[name](arguments);
    }

    private static string Text(object?[] arguments, int index) => Go.Print(arguments[index]);

    private static long Number(object?[] arguments, int index) =>
        arguments[index] is long number and >= 0 and < 10_000 ? number : throw new TemplateException("template: :1: executing \"\": expected a small number");

    private static IEnumerable<object?> Elements(object? value) => value is IEnumerable list and not string ? list.Cast<object?>() : [value];

    private static int Compare(object?[] a) => a[0] is long x && a[1] is long y ? x.CompareTo(y) : string.CompareOrdinal(Go.Print(a[0]), Go.Print(a[1]));

    private static object? Index(object? value, object? key)
    {
        if (value is Map map)
            return map.GetValueOrDefault(Go.Print(key), "");
        List<object?> list = value is IEnumerable elements and not string ? [.. elements.Cast<object?>()] : throw new TemplateException($"template: :1: executing \"\" at <index>: error calling index: can't index item of type {value?.GetType().Name ?? "nil"}");
        return key is long i && i >= 0 && i < list.Count ? list[(int)i] : throw new TemplateException($"template: :1: executing \"\" at <index>: error calling index: index out of range: {Go.Print(key)}");
    }

    private static string Printf(string format, object?[] arguments)
    {
        System.Text.StringBuilder text = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            int start = ++i;
            while (i < format.Length - 1 && (char.IsAsciiDigit(format[i]) || format[i] is '-' or '.'))
                i++;
            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }
            string value = next < arguments.Length ? Go.Print(arguments[next++]) : $"%!{format[i]}(MISSING)";
            if (format[i] == 'q')
                value = Go.Quote(value);
            string width = format[start..i];
            if (int.TryParse(width.Split('.')[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int columns) && Math.Abs(columns) < 1000)
                value = columns < 0 ? value.PadRight(-columns) : value.PadLeft(columns);
            text.Append(value);
        }
        return text.ToString();
    }
}
