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
        ["print"] = static a => Go.Print(a),
        ["println"] = static a => string.Join(' ', a.Select(Go.Print)) + "\n",
        ["printf"] = static a => Printf(Text(a, 0), a[1..]),
        ["len"] = static a => Go.Length(a[0]),
        ["index"] = static a => a[1..].Aggregate(a[0], Index),
        ["slice"] = static a => Slice(a[0], a[1..]),
        ["not"] = static a => !Go.IsTrue(a[0]),
        ["and"] = static a => a.FirstOrDefault(v => !Go.IsTrue(v), a[^1]),
        ["or"] = static a => a.FirstOrDefault(Go.IsTrue, a[^1]),
        ["eq"] = static a => a[1..].Any(v => AreEqual(a[0], v)),
        ["ne"] = static a => !AreEqual(a[0], a[1]),
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
        ["slice"] = 1,
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

    private static object Slice(object? value, object?[] bounds)
    {
        int length = (int)(value is string text ? text.Length : Go.Length(value));
        int[] at = [.. bounds.Select(b => b is long i && i >= 0 && i <= length ? (int)i : throw new TemplateException($"template: :1: executing \"\" at <slice>: error calling slice: index out of range: {Go.Print(b)}"))];
        Range range = (at.Length > 0 ? at[0] : 0)..(at.Length > 1 ? at[1] : length);
        if (range.Start.Value > range.End.Value)
            throw new TemplateException($"template: :1: executing \"\" at <slice>: error calling slice: invalid slice index: {range.Start} > {range.End}");
        return value is string whole ? whole[range] : Elements(value).ToList()[range];
    }

    private static IEnumerable<object?> Elements(object? value) => value is IEnumerable list and not string ? list.Cast<object?>() : [value];

    private static bool AreEqual(object? one, object? other) => one is null || other is null || one.GetType() == other.GetType() || one is not (string or bool or long or double) ? Equals(one, other)
        : throw new TemplateException("template: :1: executing \"\": error calling eq: incompatible types for comparison");

    private static int Compare(object?[] a) => (a[0], a[1]) switch
    {
        (long x, long y) => x.CompareTo(y),
        (double x, double y) => x.CompareTo(y),
        (string x, string y) => string.CompareOrdinal(x, y),
        _ => throw new TemplateException("template: :1: executing \"\": error calling lt: incompatible types for comparison"),
    };

    private static object? Index(object? value, object? key)
    {
        if (value is Map map)
            return map.GetValueOrDefault(Go.Print(key), "");
        List<object?> list = value is string text ? [.. System.Text.Encoding.UTF8.GetBytes(text).Select(b => (object?)(long)b)]
            : value is IEnumerable elements ? [.. elements.Cast<object?>()] : throw new TemplateException($"template: :1: executing \"\" at <index>: error calling index: can't index item of type {value?.GetType().Name ?? "nil"}");
        return key is long i && i >= 0 && i < list.Count ? list[(int)i] : throw new TemplateException($"template: :1: executing \"\" at <index>: error calling index: index out of range: {Go.Print(key)}");
    }

    // %[flags][width][.precision]verb, as fmt has it; what it hasn't got is shown as fmt shows it.
    private static string Printf(string format, object?[] arguments)
    {
        System.Text.StringBuilder text = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            int start = ++i;
            while (i < format.Length && format[i] is '-' or '+' or '#' or ' ' or '0')
                i++;
            string flags = format[start..i];
            int width = Number(format, ref i), precision = -1;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Number(format, ref i);
            }
            if (i >= format.Length)
            {
                text.Append("%!(NOVERB)");
                break;
            }
            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }
            string value = next < arguments.Length ? Formatted(format[i], flags, precision, arguments[next++]) : $"%!{format[i]}(MISSING)";
            char padding = flags.Contains('0') && !flags.Contains('-') ? '0' : ' ';
            text.Append(flags.Contains('-') ? value.PadRight(width) : padding == '0' && value.StartsWith('-') ? "-" + value[1..].PadLeft(width - 1, '0') : value.PadLeft(width, padding));
        }
        if (next < arguments.Length)
            text.Append($"%!(EXTRA {string.Join(", ", arguments[next..].Select(a => $"{Go.TypeOf(a)}={Go.Print(a)}"))})");
        return text.ToString();
    }

    private static int Number(string text, ref int i)
    {
        int number = 0;
        for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
            number = Math.Min(1000, number * 10 + text[i] - '0');
        return number;
    }

    private static string Formatted(char verb, string flags, int precision, object? value)
    {
        string Cut(string text) => precision >= 0 && precision < text.Length ? text[..precision] : text;
        byte[] Bytes() => System.Text.Encoding.UTF8.GetBytes(Cut(Go.Print(value)));
        return (verb, value) switch
        {
            ('v', string text) => Cut(text),
            ('v', long number) => flags.Contains('+') && number >= 0 ? $"+{number}" : Go.Print(number),
            ('v', _) => Go.Print(value),
            ('T', _) => Go.TypeOf(value),
            ('s', string text) => Cut(text),
            ('s', System.Collections.IEnumerable) => Go.Print(value),
            ('q', string text) => Go.Quote(Cut(text)),
            ('x', string) => Convert.ToHexStringLower(Bytes()),
            ('X', string) => Convert.ToHexString(Bytes()),
            ('d', long number) => number < 0 ? Go.Print(number) : flags.Contains('+') ? $"+{number}" : flags.Contains(' ') ? $" {number}" : Go.Print(number),
            ('x', long number) => (flags.Contains('#') ? "0x" : "") + number.ToString("x", CultureInfo.InvariantCulture),
            ('X', long number) => (flags.Contains('#') ? "0X" : "") + number.ToString("X", CultureInfo.InvariantCulture),
            ('U', long number) => $"U+{number:X4}",
            ('f' or 'F', double number) => number.ToString($"F{(precision < 0 ? 6 : precision)}", CultureInfo.InvariantCulture),
            ('g', double number) => Go.Print(number),
            ('o', long number) => Convert.ToString(number, 8),
            ('b', long number) => Convert.ToString(number, 2),
            ('c', long number) => char.ConvertFromUtf32((int)number),
            ('t', bool truth) => Go.Print(truth),
            _ => $"%!{verb}({Go.TypeOf(value)}={Go.Print(value)})",
        };
    }
}
