using System.Text;

namespace Vessel.Logs;

/// <summary>Cuts a stream of bytes into lines, and lines of more than <see cref="LogRecord.MaximumBytes"/> into pieces.</summary>
/// <param name="take">Takes each line with its newline, or a piece of one. The bytes are valid during the call only.</param>
internal sealed class LineSplitter(LineSplitter.Taker take)
{
    private readonly byte[] waiting = new byte[LogRecord.MaximumBytes];
    private int length;

    /// <summary>Takes a line or a piece.</summary>
    public delegate void Taker(ReadOnlySpan<byte> line);

    /// <summary>Takes more bytes; what has no newline yet waits for the next.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int newline = bytes.IndexOf((byte)'\n');
            int end = newline < 0 ? bytes.Length : newline + 1;
            if (length == 0 && newline >= 0 && end <= LogRecord.MaximumBytes)
            {
                take(bytes[..end]);
                bytes = bytes[end..];
                continue;
            }
            int taken = Math.Min(end, waiting.Length - length);
            bytes[..taken].CopyTo(waiting.AsSpan(length));
            length += taken;
            bytes = bytes[taken..];
            if (waiting[length - 1] == (byte)'\n')
                TakeWaiting(length);
            else if (length == waiting.Length)
                TakeWaiting(WholeCharacters());
        }
    }

    /// <summary>Gives what waits, a line without its end.</summary>
    public void End()
    {
        if (length > 0)
            TakeWaiting(length);
    }

    private void TakeWaiting(int count)
    {
        take(waiting.AsSpan(0, count));
        waiting.AsSpan(count, length - count).CopyTo(waiting);
        length -= count;
    }

    // A piece ends between two characters: half of one would be no text, and be kept as U+FFFD.
    private int WholeCharacters()
    {
        const int LongestCharacter = 4;
        for (int start = length - 1; start > length - LongestCharacter; start--)
            if ((waiting[start] & 0xc0) == 0xc0)
                return Rune.DecodeFromUtf8(waiting.AsSpan(start, length - start), out _, out _) == System.Buffers.OperationStatus.NeedMoreData ? start : length;
        return length;
    }
}
