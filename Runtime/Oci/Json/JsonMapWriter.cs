using System.Text;

namespace Vessel.Oci.Json;

/// <summary>
/// The other direction of <see cref="JsonMapReader"/>: writes types by hand-written mapping. A member whose value is null, no text, or an
/// empty list or map is left out, as Go's <c>omitempty</c> does, unless the method's name says otherwise.
/// </summary>
public sealed class JsonMapWriter
{
    private readonly JsonText _json;

    private JsonMapWriter(JsonText json) => _json = json;

    /// <summary>
    /// Writes a document: one object, whose members <paramref name="members"/> writes; the <see cref="ExtensibleRecord.Extensions"/> of an
    /// object follow by themselves. The text writer stays open.
    /// </summary>
    public static void Write<T>(TextWriter output, bool indented, T value, Action<JsonMapWriter, T> members)
    {
        JsonMapWriter writer = new(new JsonText(output, indented));
        writer.Element(value, members);
    }

    /// <summary>As <see cref="Write"/>, into memory.</summary>
    public static byte[] ToBytes<T>(T value, bool indented, Action<JsonMapWriter, T> members)
    {
        using StringWriter text = new();
        Write(text, indented, value, members);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Text, also where it is empty.</summary>
    public void Always(string name, string value)
    {
        _json.Name(name);
        _json.Value(value);
    }

    /// <summary>A number, also where it is 0.</summary>
    public void Always(string name, long value)
    {
        _json.Name(name);
        _json.Value(value);
    }

    /// <inheritdoc cref="Always(string, long)"/>
    public void Always(string name, ulong value)
    {
        _json.Name(name);
        _json.Value(value);
    }

    /// <summary>A truth value, also where it is false.</summary>
    public void Always(string name, bool value)
    {
        _json.Name(name);
        _json.Value(value);
    }

    public void Member(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            Always(name, value);
    }

    public void Member(string name, long? value)
    {
        if (value is { } number)
            Always(name, number);
    }

    public void Member(string name, ulong? value)
    {
        if (value is { } number)
            Always(name, number);
    }

    public void Member(string name, bool? value)
    {
        if (value is { } truth)
            Always(name, truth);
    }

    /// <summary>A truth value, only where it is true.</summary>
    public void Flag(string name, bool value)
    {
        if (value)
            Always(name, value);
    }

    /// <summary>An object that <paramref name="members"/> fills from <paramref name="value"/>; a null is left out.</summary>
    public void Object<T>(string name, T? value, Action<JsonMapWriter, T> members)
    {
        if (value is null)
            return;
        _json.Name(name);
        Element(value, members);
    }

    public void List<T>(string name, IReadOnlyList<T>? values, Action<JsonMapWriter, T> members)
    {
        if (values is { Count: > 0 })
            AlwaysList(name, values, members);
    }

    /// <summary>A list of objects, also where it is empty.</summary>
    public void AlwaysList<T>(string name, IReadOnlyList<T> values, Action<JsonMapWriter, T> members)
    {
        _json.Name(name);
        _json.StartList();
        foreach (T value in values)
            Element(value, members);
        _json.EndList();
    }

    public void List(string name, IReadOnlyList<string>? values)
    {
        if (values is { Count: > 0 })
            AlwaysList(name, values);
    }

    /// <summary>A list of text, also where it is empty; a null list is left out.</summary>
    public void AlwaysList(string name, IReadOnlyList<string>? values)
    {
        if (values is null)
            return;
        _json.Name(name);
        _json.StartList();
        foreach (string value in values)
            _json.Value(value);
        _json.EndList();
    }

    public void List(string name, IReadOnlyList<uint>? values)
    {
        if (values is not { Count: > 0 })
            return;
        _json.Name(name);
        _json.StartList();
        foreach (uint value in values)
            _json.Value(value);
        _json.EndList();
    }

    public void Map<T>(string name, IReadOnlyDictionary<string, T>? values, Action<JsonMapWriter, T> members)
    {
        if (values is not { Count: > 0 })
            return;
        _json.Name(name);
        _json.StartObject();
        foreach (KeyValuePair<string, T> value in values)
        {
            _json.Name(value.Key);
            Element(value.Value, members);
        }

        _json.EndObject();
    }

    public void Map(string name, IReadOnlyDictionary<string, string>? values)
    {
        if (values is not { Count: > 0 })
            return;
        _json.Name(name);
        _json.StartObject();
        foreach (KeyValuePair<string, string> value in values)
            Always(value.Key, value.Value);
        _json.EndObject();
    }

    /// <summary>A value that is JSON text already.</summary>
    public void Raw(string name, string? json)
    {
        if (json is null)
            return;
        _json.Name(name);
        _json.Raw(json);
    }

    private void Element<T>(T value, Action<JsonMapWriter, T> members)
    {
        _json.StartObject();
        members(this, value);
        // What the reader did not know comes after what it did.
        if (value is ExtensibleRecord { Extensions: { } extensions })
        {
            foreach (KeyValuePair<string, string> member in extensions)
                Raw(member.Key, member.Value);
        }

        _json.EndObject();
    }
}
