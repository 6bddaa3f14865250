using System.Text;

namespace Vessel.Oci.Json;

/// <summary>
/// The grammar of JSON (RFC 8259) and nothing more. Newtonsoft's reader takes comments, single quotes, trailing commas, hexadecimal and
/// octal numbers; Go's does not, and two programs that read one document differently are a way around a check. So a text passes here first,
/// as it does in Go.
/// </summary>
internal ref struct JsonSyntax(ReadOnlySpan<byte> utf8)
{
    private const int MaximumDepth = 64;

    // Longer ones are no number that anyone means, and BigInteger would be asked to parse them.
    private const int MaximumNumberLength = 300;

    private readonly ReadOnlySpan<byte> _text = utf8;
    private int _position;
    private int _depth;
    private string _problem = "";

    /// <summary>What keeps the text from being one value with only white space around it, and where; null where nothing does.</summary>
    public static string? ProblemOf(ReadOnlySpan<byte> utf8)
    {
        JsonSyntax syntax = new(utf8);
        return syntax.SkipDocument() ? null : $"{syntax.Place()}: {syntax._problem}";
    }

    private bool SkipDocument()
    {
        SkipSpace();
        if (_position == _text.Length)
            return Fail("the document is empty");
        if (!SkipValue())
            return false;
        SkipSpace();
        return _position == _text.Length || Fail($"expected the end of the document, found {Here()}");
    }

    // Called where there is a character that isn't white space, as are those below.
    private bool SkipValue() => _text[_position] switch
    {
        (byte)'"' => SkipText(),
        (byte)'{' => SkipObject(),
        (byte)'[' => SkipList(),
        (byte)'t' => SkipWord("true"u8),
        (byte)'f' => SkipWord("false"u8),
        (byte)'n' => SkipWord("null"u8),
        (byte)'-' or (>= (byte)'0' and <= (byte)'9') => SkipNumber(),
        _ => Fail($"expected a value, found {Here()}"),
    };

    private bool SkipObject()
    {
        const string Where = "an object";
        if (!Open(Where))
            return false;
        if (Take('}'))
            return Close();
        while (true)
        {
            if (_text[_position] != '"')
                return Fail($"expected a name in double quotes, found {Here()}");
            if (!SkipText() || !More(Where))
                return false;
            if (!Take(':'))
                return Fail($"expected `:`, found {Here()}");
            if (!More(Where) || !SkipValue() || !More(Where))
                return false;
            if (Take('}'))
                return Close();
            if (!Take(','))
                return Fail($"expected `,` or `}}`, found {Here()}");
            if (!More(Where))
                return false;
        }
    }

    private bool SkipList()
    {
        const string Where = "a list";
        if (!Open(Where))
            return false;
        if (Take(']'))
            return Close();
        while (true)
        {
            if (!SkipValue() || !More(Where))
                return false;
            if (Take(']'))
                return Close();
            if (!Take(','))
                return Fail($"expected `,` or `]`, found {Here()}");
            if (!More(Where))
                return false;
        }
    }

    private bool SkipText()
    {
        ReadOnlySpan<byte> text = _text;
        for (int i = _position + 1; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '"')
            {
                _position = i + 1;
                return true;
            }

            if (c == '\\')
            {
                if (!IsEscape(i, out int length))
                {
                    _position = i;
                    return Fail("`\\` begins no escape that JSON has");
                }

                i += length;
            }
            else if (c < ' ')
            {
                _position = i;
                return Fail("a control character must be escaped in a text");
            }
        }

        _position = text.Length;
        return Fail("the document ends in the middle of a text");
    }

    // How many characters belong to the backslash at i. An escape that the document's end cuts short is none that is wrong.
    private readonly bool IsEscape(int i, out int length)
    {
        ReadOnlySpan<byte> rest = _text[(i + 1)..];
        length = Math.Min(rest.Length, 1);
        if (rest.IsEmpty)
            return true;
        if (rest[0] != 'u')
            return "\"\\/bfnrt"u8.Contains(rest[0]);
        while (length < 5 && length < rest.Length)
        {
            if (!char.IsAsciiHexDigit((char)rest[length]))
                return false;
            length++;
        }

        return true;
    }

    private bool SkipNumber()
    {
        int start = _position;
        Take('-');
        if (!Take('0') && !SkipDigits())
            return false;
        if (Take('.') && !SkipDigits())
            return false;
        if (Take('e') || Take('E'))
        {
            if (!Take('+'))
                Take('-');
            if (!SkipDigits())
                return false;
        }

        return _position - start <= MaximumNumberLength || Fail($"a number of more than {MaximumNumberLength} characters");
    }

    private bool SkipDigits()
    {
        int start = _position;
        while (_position < _text.Length && char.IsAsciiDigit((char)_text[_position]))
            _position++;
        if (_position > start)
            return true;
        return Fail(_position == _text.Length ? "the document ends in the middle of a number" : $"expected a digit, found {Here()}");
    }

    private bool SkipWord(ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> rest = _text[_position..];
        if (rest.StartsWith(word))
        {
            _position += word.Length;
            return true;
        }

        if (!word.StartsWith(rest))
            return Fail($"expected a value, found {Here()}");
        _position = _text.Length;
        return Fail("the document ends in the middle of a value");
    }

    private bool Open(string where)
    {
        if (++_depth > MaximumDepth)
            return Fail($"nested more than {MaximumDepth} deep");
        _position++;
        return More(where);
    }

    private bool Close()
    {
        _depth--;
        return true;
    }

    // White space, and then there must be something.
    private bool More(string where)
    {
        SkipSpace();
        return _position < _text.Length || Fail($"the document ends in the middle of {where}");
    }

    private void SkipSpace()
    {
        ReadOnlySpan<byte> text = _text;
        int i = _position;
        while (i < text.Length && text[i] <= ' ' && text[i] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
            i++;
        _position = i;
    }

    private bool Take(char c)
    {
        if (_position == _text.Length || _text[_position] != c)
            return false;
        _position++;
        return true;
    }

    private readonly string Here()
    {
        if (_position == _text.Length)
            return "its end";
        Rune.DecodeFromUtf8(_text[_position..], out Rune found, out _);
        return DocumentText.Quote(found.ToString(), '`');
    }

    // Lines and columns from 1; a column is a character, as an editor counts.
    private readonly string Place()
    {
        ReadOnlySpan<byte> before = _text[.._position];
        ReadOnlySpan<byte> line = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return $"line {before.Count((byte)'\n') + 1}, column {Encoding.UTF8.GetCharCount(line) + 1}";
    }

    private bool Fail(string problem)
    {
        _problem = problem;
        return false;
    }
}
