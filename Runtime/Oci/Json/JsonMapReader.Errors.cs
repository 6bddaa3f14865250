using Newtonsoft.Json;

namespace Vessel.Oci.Json;

public sealed partial class JsonMapReader
{
    private const int MaximumErrors = 100;
    private const int ShownPathLength = 200;
    private const int ShownNumberLength = 40;

    private readonly List<DocumentError> _errors = [];

    /// <summary>The value, which must have been there; otherwise an error. To be called where <see cref="NextMember"/> gave null.</summary>
    public T Required<T>(T? value, string name)
        where T : class
    {
        if (value is null)
            Error(name, "missing");
        return value!;
    }

    /// <inheritdoc cref="Required{T}(T, string)"/>
    public T Required<T>(T? value, string name)
        where T : struct
    {
        if (value is null)
            Error(name, "missing");
        return value.GetValueOrDefault();
    }

    /// <summary>Records an error of the value that the reader stands on.</summary>
    public void Error(string message) => Add(_json.Path, message);

    /// <summary>
    /// Records an error of a member of the object whose end the reader stands on; with <c>[3]</c>, of an element of the list.
    /// </summary>
    public void Error(string member, string message)
    {
        string path = _json.Path;
        Add(path.Length == 0 || member.StartsWith('[') ? path + member : $"{path}.{member}", message);
    }

    private void Expected(string what)
    {
        Error($"expected {what}, found {Found()}");
        _json.Skip();
    }

    private string Found() => _json.TokenType switch
    {
        JsonToken.StartObject => "an object",
        JsonToken.StartArray => "a list",
        JsonToken.Null => "null",
        JsonToken.Boolean => (bool)_json.Value! ? "true" : "false",
        JsonToken.String => DocumentText.Quote((string)_json.Value!),
        JsonToken.Float => Number(),
        _ => DocumentText.Shorten(_json.Value?.ToString(), ShownNumberLength),
    };

    // As it was written: 1.0 must not be reported as 1.
    private string Number()
    {
        int end = Offset(_json.LineNumber, _json.LinePosition);
        ReadOnlySpan<char> before = _text.AsSpan(0, end);
        return DocumentText.Shorten(before[(before.LastIndexOfAny(':', ',', '[') + 1)..].Trim(), ShownNumberLength);
    }

    private void Add(string path, string message)
    {
        if (_errors.Count < MaximumErrors)
            _errors.Add(new DocumentError(DocumentText.Shorten(path, ShownPathLength), message));
        else if (_errors.Count == MaximumErrors)
            _errors.Add(new DocumentError("", "and more"));
    }
}
