using System.Text;
using Newtonsoft.Json;

namespace Vessel.Oci.Json;

/// <summary>
/// Reads one document into types by hand-written mapping, and collects all that is wrong with it instead of stopping at the first.
/// </summary>
/// <remarks>
/// <para>A mapping is a method that is given the reader when it stands on a value, and leaves it on that value's last token:</para>
/// <code>
/// private static Lease? Lease(JsonMapReader json)
/// {
///     if (!json.EnterObject())
///         return null;
///     string? owner = null;
///     Dictionary&lt;string, string&gt;? others = null;
///     while (json.NextMember() is { } name)
///     {
///         switch (name)
///         {
///             case "owner": owner = json.Text(); break;
///             default: json.Keep(ref others); break;      // or json.Skip()
///         }
///     }
///     return new Lease { Owner = json.Required(owner, "owner"), Extensions = others };
/// }
/// Lease lease = JsonMapReader.Read(bytes, "lease.json", Lease);
/// </code>
/// <para>JSON null is "absent": a value method gives null, a list or map method an empty one. A value of the wrong type or out of range is
/// recorded as an error and skipped; the method then gives a harmless value, so that the member isn't reported missing as well.</para>
/// </remarks>
public sealed partial class JsonMapReader
{
    private readonly ReadOnlyMemory<byte> _utf8;
    private readonly JsonTextReader _json;
    private readonly KnownNames? _names;
    private readonly int _maximumItems;
    private readonly ICollection<string>? _unknown;
    private string _memberName = "";
    private int _memberLine, _memberColumn;
    private string? _text;
    private int _lineNumber = 1, _lineStart;

    private JsonMapReader(ReadOnlyMemory<byte> utf8, JsonTextReader json, JsonNames? names, int maximumItems, ICollection<string>? unknown)
    {
        _utf8 = utf8;
        _unknown = unknown;
        _maximumItems = maximumItems;
        _json = json;
        _names = names is null ? null : new KnownNames(names);
        json.DateParseHandling = DateParseHandling.None;
        json.MaxDepth = null;   // the syntax check has its own
        json.PropertyNameTable = _names;
    }

    /// <summary>Reads a document.</summary>
    /// <param name="utf8">Its bytes.</param>
    /// <param name="documentName">What it is called in errors.</param>
    /// <param name="map">Makes an object of it.</param>
    /// <param name="names">The member names of its kind, where case must not matter.</param>
    /// <param name="maximumItems">How many elements a list or a map may have; those beyond are an error, and take no memory.</param>
    /// <param name="unknown">Receives the path of each member that the mapping does not know: <c>root.readonli</c>.</param>
    /// <exception cref="DocumentException">It is not JSON, or <paramref name="map"/> found errors.</exception>
    public static T Read<T>(
        ReadOnlyMemory<byte> utf8, string documentName, Func<JsonMapReader, T?> map, JsonNames? names = null, int maximumItems = int.MaxValue, ICollection<string>? unknown = null)
        where T : class
    {
        if (JsonSyntax.ProblemOf(utf8.Span) is { } problem)
            throw new DocumentException(documentName, [new DocumentError("", problem)]);

        using JsonTextReader json = new(new Utf8TextReader(utf8));
        JsonMapReader reader = new(utf8, json, names, maximumItems, unknown);
        T? value;
        try
        {
            json.Read();
            value = map(reader);
        }
        catch (JsonReaderException e)
        {
            // The syntax check is stricter than Newtonsoft's reader; should the two ever differ, that is still the document's fault.
            DocumentError error = new("", $"line {e.LineNumber}, column {e.LinePosition + 1}: cannot be read");
            throw new DocumentException(documentName, [error]);
        }

        if (value is null && reader._errors.Count == 0)
            reader.Expected("an object");
        return reader._errors.Count == 0 ? value! : throw new DocumentException(documentName, reader._errors);
    }

    /// <inheritdoc cref="Read{T}(ReadOnlyMemory{byte}, string, Func{JsonMapReader, T}, JsonNames, int, ICollection{string})"/>
    /// <remarks>The whole stream is read into memory: bounding it is the caller's part.</remarks>
    public static T Read<T>(Stream utf8, string documentName, Func<JsonMapReader, T?> map, JsonNames? names = null)
        where T : class
    {
        using MemoryStream whole = new();
        utf8.CopyTo(whole);
        return Read(whole.GetBuffer().AsMemory(0, (int)whole.Length), documentName, map, names);
    }

    /// <summary>Enters the object that the reader stands on; false where there is none (null, or an error).</summary>
    public bool EnterObject() => Enter(JsonToken.StartObject, "an object");

    /// <summary>Goes to the next member's value and gives the member's name; null at the object's end.</summary>
    public string? NextMember()
    {
        _json.Read();
        if (_json.TokenType != JsonToken.PropertyName)
            return null;
        string name = _memberName = (string)_json.Value!;
        _memberLine = _json.LineNumber;
        _memberColumn = _json.LinePosition;
        if (_names is { IsMiss: true })
            name = _names.Known.Fold(name) ?? name;
        _json.Read();
        return name;
    }

    /// <summary>Skips the value.</summary>
    public void Skip() => _json.Skip();

    /// <summary>Keeps a member that is not known, for <see cref="ExtensibleRecord.Extensions"/>.</summary>
    public void Keep(ref Dictionary<string, string>? extensions)
    {
        _unknown?.Add(DocumentText.Shorten(_json.Path, ShownPathLength));
        (extensions ??= [])[_memberName] = RawMember();
    }

    /// <summary>The JSON text of a member's value, as it stands; only directly after <see cref="NextMember"/>.</summary>
    public string? RawText() => IsNull ? null : RawMember();

    private bool Enter(JsonToken start, string what)
    {
        if (_json.TokenType == start)
            return true;
        if (!IsNull)
            Expected(what);
        return false;
    }

    // The reader has just passed the colon where it gives a property's name, and a value's last character where it gives the value's end.
    private string RawMember()
    {
        int start = Offset(_memberLine, _memberColumn);
        _json.Skip();
        return _text.AsSpan(start, Offset(_json.LineNumber, _json.LinePosition) - start).Trim().ToString();
    }

    // A place in _text, which is made here, for documents that need it. Lines are those that Newtonsoft counts: ended by LF, CR, or both.
    // Places are asked for in order, so the search goes on where it ended.
    private int Offset(int line, int column)
    {
        _text ??= Encoding.UTF8.GetString(_utf8.Span);
        while (_lineNumber < line)
        {
            int end = _text.AsSpan(_lineStart).IndexOfAny('\r', '\n') + _lineStart;
            _lineStart = end + (_text[end] == '\r' && end + 1 < _text.Length && _text[end + 1] == '\n' ? 2 : 1);
            _lineNumber++;
        }

        return _lineStart + column;
    }

    // Gives the reader the strings that exist already, and remembers whether it had one for the last name.
    private sealed class KnownNames(JsonNames known) : JsonNameTable
    {
        public JsonNames Known { get; } = known;

        public bool IsMiss { get; private set; }

        public override string? Get(char[] key, int start, int length)
        {
            string? name = Known.Find(key.AsSpan(start, length));
            IsMiss = name is null;
            return name;
        }
    }
}
