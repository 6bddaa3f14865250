using Newtonsoft.Json;

namespace Vessel.Oci.Json;

public sealed partial class JsonMapReader
{
    private readonly List<string> _texts = [];

    /// <summary>A list; an element that <paramref name="element"/> could not read is a null in it, so that indexes stay true.</summary>
    public IReadOnlyList<T> List<T>(Func<JsonMapReader, T?> element)
        where T : class
    {
        if (!Enter(JsonToken.StartArray, "a list"))
            return [];
        List<T> list = [];
        while (NextElement(list.Count))
            list.Add(NotNull(element, "an object")!);
        return list;
    }

    /// <summary>A list of text of which no character is NUL.</summary>
    public IReadOnlyList<string> TextList() => Texts(static json => json.Text());

    /// <summary>A list of which each element is one of <paramref name="names"/>.</summary>
    public IReadOnlyList<string> ListOf(string[] names, string noun) => Texts(json => json.OneOf(names, noun));

    public IReadOnlyList<uint> UInt32List()
    {
        if (!Enter(JsonToken.StartArray, "a list"))
            return [];
        List<uint> list = [];
        while (NextElement(list.Count))
        {
            if (IsNull)
                Expected("a whole number");
            else
                list.Add(UInt32() ?? 0);
        }

        return list;
    }

    /// <summary>A map to what <paramref name="value"/> reads, from names without a NUL.</summary>
    public IReadOnlyDictionary<string, T> Map<T>(Func<JsonMapReader, T?> value)
        where T : class => Map(value, "an object", mayHaveNul: false);

    /// <summary>A map from names to text, none with a NUL.</summary>
    public IReadOnlyDictionary<string, string> TextMap() => Map(static json => json.Text(), "text", mayHaveNul: false);

    /// <summary>A map from names to text that never become C strings.</summary>
    public IReadOnlyDictionary<string, string> AnyTextMap() => Map(static json => json.AnyText(), "text", mayHaveNul: true);

    // Many lists of a document have one or two elements, and none is inside another: they are gathered in one place, then copied to size.
    private string[] Texts(Func<JsonMapReader, string?> element)
    {
        if (!Enter(JsonToken.StartArray, "a list"))
            return [];
        _texts.Clear();
        while (NextElement(_texts.Count))
            _texts.Add(NotNull(element, "text")!);
        return [.. _texts];
    }

    private IReadOnlyDictionary<string, T> Map<T>(Func<JsonMapReader, T?> value, string what, bool mayHaveNul)
        where T : class
    {
        Dictionary<string, T>? map = null;
        if (EnterObject())
        {
            while (NextKey(map?.Count ?? 0) is { } key)
            {
                if (!mayHaveNul && key.Contains('\0'))
                    Error("the name has a NUL in it");
                (map ??= [])[key] = NotNull(value, what)!;
            }
        }

        return map ?? EmptyMap.Of<T>();
    }

    private T? NotNull<T>(Func<JsonMapReader, T?> read, string what)
        where T : class
    {
        if (!IsNull)
            return read(this);
        Expected(what);
        return null;
    }

    private bool NextElement(int before)
    {
        _json.Read();
        if (before == _maximumItems && _json.TokenType != JsonToken.EndArray)
        {
            Error($"more than {_maximumItems} entries");
            for (; _json.TokenType != JsonToken.EndArray; _json.Read())
                _json.Skip();
        }
        return _json.TokenType != JsonToken.EndArray;
    }

    // The keys of a map are data: no folding.
    private string? NextKey(int before)
    {
        _json.Read();
        if (before == _maximumItems && _json.TokenType == JsonToken.PropertyName)
        {
            Error($"more than {_maximumItems} entries");
            for (; _json.TokenType == JsonToken.PropertyName; _json.Read())
                _json.Skip();
        }
        string? key = _json.TokenType == JsonToken.PropertyName ? (string)_json.Value! : null;
        if (key is not null)
            _json.Read();
        return key;
    }
}
