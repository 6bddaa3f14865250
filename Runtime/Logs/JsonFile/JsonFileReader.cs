using System.Runtime.CompilerServices;
using Vessel.Native.Safe;

namespace Vessel.Logs.JsonFile;

/// <summary>Reads what <see cref="JsonFileWriter"/>, or docker, has written, over all rotated files; and follows it.</summary>
/// <param name="path">The current file.</param>
public sealed class JsonFileReader(string path)
{
    private const int BlockBytes = 64 << 10, MaximumLine = 1 << 20;

    /// <summary>Reads records in their order, each once.</summary>
    /// <param name="options">Which.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="SyscallException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<LogRecord> ReadAsync(LogReadOptions options, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using LogFileQueue queue = new(path, options.Follows);
        int skipped = options.Tail is { } tail ? CountRecords(queue.Waiting, options) - tail : 0;
        OpenLogFile? file = null;
        try
        {
            LogLines lines = new();
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                // In this order: what was true before the read still holds at its end.
                bool isEnded = !options.Follows || options.WriterEnd?.IsCompleted == true;
                if (isEnded && options.Follows)
                    queue.Look();
                Task change = queue.NextChange;
                bool isFinal = queue.HasNext;
                if (file is not null)
                    while (lines.Read(file.Descriptor) is { } block)
                        foreach (ReadOnlyMemory<byte> line in block)
                        {
                            if (JsonFileLine.Parse(line.Span) is not { } record || !options.Has(record.Source) || IsSkipped(ref skipped) || record.Time < options.Since)
                                continue;
                            if (record.Time > options.Until)
                                yield break;
                            yield return record;
                            cancellation.ThrowIfCancellationRequested();
                        }
                if (file is null || isFinal)
                {
                    if (queue.TryTake() is { } next)
                    {
                        file?.Dispose();
                        file = next;
                        lines = new LogLines();
                        continue;
                    }
                }
                if (isEnded)
                    yield break;
                await queue.WaitAsync(change, options.WriterEnd, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static bool IsSkipped(ref int left)
    {
        if (left <= 0)
            return false;
        left--;
        return true;
    }

    // Records that are there now: those that come while this counts are not among the last.
    private static int CountRecords(IReadOnlyList<OpenLogFile> files, LogReadOptions options)
    {
        int count = 0;
        foreach (OpenLogFile file in files)
        {
            LogLines lines = new();
            while (lines.Read(file.Descriptor) is { } block)
                foreach (ReadOnlyMemory<byte> line in block)
                    if (JsonFileLine.Parse(line.Span) is { } record && options.Has(record.Source))
                        count++;
        }
        return count;
    }

    /// <summary>Whole lines of a file, from a position of its own.</summary>
    private sealed class LogLines
    {
        private byte[] buffer = new byte[BlockBytes];
        private int length;
        private long position;

        /// <summary>The next lines, without their newlines; null at the end of the file. They are valid until the next call.</summary>
        public List<ReadOnlyMemory<byte>>? Read(FileDescriptor file)
        {
            List<ReadOnlyMemory<byte>> lines = [];
            while (lines.Count == 0)
            {
                if (length == MaximumLine)
                    // No record is as long as this: what has no newline here is damaged, and passed over.
                    length = 0;
                else if (length == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
                int read = (int)Check.Ok(Files.TryReadAt(file, buffer.AsSpan(length), position), "read", "log");
                if (read == 0)
                    return null;
                position += read;
                length += read;
                Cut(lines);
            }
            return lines;
        }

        private void Cut(List<ReadOnlyMemory<byte>> lines)
        {
            int end = buffer.AsSpan(0, length).LastIndexOf((byte)'\n') + 1;
            if (end == 0)
                return;
            byte[] whole = buffer[..end];
            for (int start = 0; start < end;)
            {
                int newline = Array.IndexOf(whole, (byte)'\n', start);
                lines.Add(whole.AsMemory(start, newline - start));
                start = newline + 1;
            }
            buffer.AsSpan(end, length - end).CopyTo(buffer);
            length -= end;
        }
    }
}
