using System.Globalization;
using System.Numerics;
using Newtonsoft.Json;

namespace Vessel.Oci.Json;

public sealed partial class JsonMapReader
{
    public bool IsNull => _json.TokenType == JsonToken.Null;

    public bool IsList => _json.TokenType == JsonToken.StartArray;

    public bool IsEmptyText => _json.TokenType == JsonToken.String && ((string)_json.Value!).Length == 0;

    /// <summary>Text, of which no character is NUL: it is a path, an argument, a name, and to the kernel would end there.</summary>
    public string? Text()
    {
        string? text = AnyText();
        if (text is not null && text.Contains('\0'))
            Error("has a NUL in it");
        return text;
    }

    /// <summary>Text that never becomes a C string.</summary>
    public string? AnyText()
    {
        if (_json.TokenType == JsonToken.String)
            return (string)_json.Value!;
        if (IsNull)
            return null;
        Expected("text");
        return "";
    }

    public string? NonEmptyText()
    {
        if (IsEmptyText)
            Error("is empty");
        return Text();
    }

    /// <summary>Text that <paramref name="isValid"/> takes; the error says <c>"x" is not <paramref name="noun"/></c>.</summary>
    public string? Text(Func<string, bool> isValid, string noun)
    {
        if (_json.TokenType == JsonToken.String && !isValid((string)_json.Value!))
            Error($"{Found()} is not {noun}");
        return Text();
    }

    public string? AbsolutePath() => Text(static text => text.StartsWith('/'), "an absolute path");

    /// <summary>One of <paramref name="names"/>; the error says <c>"x" is not <paramref name="noun"/> (a, b, c)</c>.</summary>
    public string? OneOf(string[] names, string noun)
    {
        if (_json.TokenType != JsonToken.String)
            return AnyText();
        string text = (string)_json.Value!;
        foreach (string name in names)
        {
            if (name == text)
                return name;
        }

        Error($"{Found()} is not {noun} ({string.Join(", ", names)})");
        return text;
    }

    public bool? Boolean()
    {
        if (_json.TokenType == JsonToken.Boolean)
            return (bool)_json.Value!;
        if (IsNull)
            return null;
        Expected("true or false");
        return false;
    }

    public int? Int32(int minimum = int.MinValue, int maximum = int.MaxValue) => (int?)Whole(minimum, maximum);

    public long? Int64(long minimum = long.MinValue, long maximum = long.MaxValue) => (long?)Whole(minimum, maximum);

    public ushort? UInt16() => (ushort?)Whole(0, ushort.MaxValue);

    public uint? UInt32(uint minimum = 0, uint maximum = uint.MaxValue) => (uint?)Whole(minimum, maximum);

    public ulong? UInt64() => (ulong?)Whole(0, ulong.MaxValue);

    private Int128? Whole(Int128 minimum, Int128 maximum)
    {
        if (IsNull)
            return null;
        if (_json.TokenType != JsonToken.Integer)
        {
            Expected("a whole number");
            return 0;
        }

        // Newtonsoft gives a BigInteger for what no long holds.
        Int128 value = _json.Value switch
        {
            long number => number,
            BigInteger number when number > maximum => Int128.MaxValue,
            BigInteger number when number < minimum => Int128.MinValue,
            BigInteger number => (Int128)number,
            object number => Convert.ToInt64(number, CultureInfo.InvariantCulture),
            null => 0,
        };
        if (value >= minimum && value <= maximum)
            return value;
        Error(value < minimum ? $"{Found()} is below {minimum}" : $"{Found()} is above {maximum}");
        return 0;
    }
}
