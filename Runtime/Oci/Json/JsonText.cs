using System.Globalization;

namespace Vessel.Oci.Json;

/// <summary>
/// Writes JSON piece by piece (RFC 8259): what is between the values follows from their order. Indented with tabs, like
/// MarshalIndent("", "\t") of the tools that people compare us with.
/// </summary>
/// <remarks>
/// Newtonsoft.Json's writer builds a table by reflection before its first character, which takes the runtime's type loader: time and memory at each
/// start of a container.
/// </remarks>
internal sealed class JsonText(TextWriter output, bool indented)
{
    private int depth;
    private bool isFirst = true;
    private bool isAfterName;

    public void StartObject() => Start('{');

    public void EndObject() => End('}');

    public void StartList() => Start('[');

    public void EndList() => End(']');

    public void Name(string name)
    {
        Separate();
        Quote(name);
        output.Write(indented ? ": " : ":");
        isAfterName = true;
    }

    public void Value(string value)
    {
        Separate();
        Quote(value);
    }

    public void Value(long value)
    {
        Separate();
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        output.Write(digits[..length]);
    }

    public void Value(ulong value)
    {
        Separate();
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        output.Write(digits[..length]);
    }

    public void Value(bool value) => Raw(value ? "true" : "false");

    /// <summary>A value that is JSON text already.</summary>
    public void Raw(string json)
    {
        Separate();
        output.Write(json);
    }

    private void Start(char bracket)
    {
        Separate();
        output.Write(bracket);
        depth++;
        isFirst = true;
    }

    private void End(char bracket)
    {
        depth--;
        if (!isFirst)
            BreakLine();
        isFirst = false;
        output.Write(bracket);
    }

    private void Separate()
    {
        if (isAfterName)
        {
            isAfterName = false;
            return;
        }
        if (!isFirst)
            output.Write(',');
        isFirst = false;
        if (depth > 0)
            BreakLine();
    }

    private void BreakLine()
    {
        if (!indented)
            return;
        output.Write('\n');
        for (int i = 0; i < depth; i++)
            output.Write('\t');
    }

    private void Quote(string text)
    {
        output.Write('"');
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int plain = 0;
            while (plain < rest.Length && !NeedsEscape(rest[plain]))
                plain++;
            output.Write(rest[..plain]);
            if (plain == rest.Length)
                break;
            WriteEscaped(rest[plain]);
            rest = rest[(plain + 1)..];
        }
        output.Write('"');
    }

    // Beside what the grammar asks for: line ends of Unicode, which JavaScript takes for its own.
    private static bool NeedsEscape(char c) => c is < ' ' or '"' or '\\' or '\u0085' or '\u2028' or '\u2029';

    private void WriteEscaped(char c)
    {
        output.Write('\\');
        char letter = c switch { '\n' => 'n', '\r' => 'r', '\t' => 't', '\b' => 'b', '\f' => 'f', '"' or '\\' => c, _ => 'u' };
        output.Write(letter);
        if (letter == 'u')
            output.Write(((int)c).ToString("x4", CultureInfo.InvariantCulture));
    }
}
