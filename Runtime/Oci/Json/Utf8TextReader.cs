using System.Text.Unicode;

namespace Vessel.Oci.Json;

/// <summary>
/// Bytes in memory as characters, a block at a time, so that no document is held as text as well. What is not UTF-8 becomes U+FFFD, as in
/// Go. Only <see cref="Read(char[], int, int)"/> is there: Newtonsoft's reader calls no other.
/// </summary>
internal sealed class Utf8TextReader(ReadOnlyMemory<byte> utf8) : TextReader
{
    private ReadOnlyMemory<byte> _rest = utf8;
    private char _secondHalf;

    public override int Read(char[] buffer, int index, int count)
    {
        Span<char> free = buffer.AsSpan(index, count);
        if (_secondHalf != '\0' && count > 0)
        {
            free[0] = _secondHalf;
            _secondHalf = '\0';
            return 1;
        }

        int written = Decode(free);
        if (written > 0 || _rest.IsEmpty || count == 0)
            return written;

        // One free place, and the next character takes two.
        Span<char> pair = stackalloc char[2];
        Decode(pair);
        free[0] = pair[0];
        _secondHalf = pair[1];
        return 1;
    }

    private int Decode(Span<char> free)
    {
        Utf8.ToUtf16(_rest.Span, free, out int read, out int written);
        _rest = _rest[read..];
        return written;
    }
}
