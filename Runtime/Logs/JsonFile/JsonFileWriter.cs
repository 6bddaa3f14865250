using System.Buffers;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Logs.JsonFile;

/// <summary>Writes docker's json-file format, and rotates its files.</summary>
/// <remarks>
/// Files only grow, and a file is complete before the next one has its name: whoever follows the log relies on both. A full disk or a killed writer may leave
/// a line without its end; the next line begins behind a newline, and readers pass over what is no record.
/// </remarks>
public sealed class JsonFileWriter : ILogWriter
{
    private const uint FileMode = 0x1a0; // 0640

    private readonly string path;
    private readonly JsonFileOptions options;
    private readonly ArrayBufferWriter<byte> line = new(1024);
    private readonly LineSplitter output;
    private readonly LineSplitter errors;
    private FileDescriptor file;
    private long size;
    private bool isTorn;

    /// <summary>Opens the log, or makes it.</summary>
    /// <param name="path">The current file.</param>
    /// <param name="options">When it is rotated.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="SyscallException">The file cannot be opened.</exception>
    public JsonFileWriter(string path, JsonFileOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumFiles, 1);
        if (options.MaximumBytes is { } bytes)
            ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        this.path = path;
        this.options = options;
        output = new LineSplitter(bytes => Keep(LogSource.Stdout, bytes));
        errors = new LineSplitter(bytes => Keep(LogSource.Stderr, bytes));
        file = Files.Open(null, path, O_RDWR | O_CREAT | O_NOFOLLOW, FileMode);
        size = (long)Files.Stat(file).stx_size;
        byte[] end = new byte[1];
        isTorn = size > 0 && Check.Ok(Files.TryReadAt(file, end, size - 1), "read", path) == 1 && end[0] != (byte)'\n';
    }

    /// <inheritdoc/>
    public long DroppedBytes { get; private set; }

    /// <inheritdoc/>
    public void Write(LogSource stream, ReadOnlySpan<byte> bytes) => SplitterOf(stream).Add(bytes);

    /// <inheritdoc/>
    public void End(LogSource stream) => SplitterOf(stream).End();

    /// <inheritdoc/>
    public void Dispose()
    {
        End(LogSource.Stdout);
        End(LogSource.Stderr);
        file.Dispose();
    }

    private LineSplitter SplitterOf(LogSource stream) => stream == LogSource.Stdout ? output : errors;

    private void Keep(LogSource stream, ReadOnlySpan<byte> data)
    {
        line.ResetWrittenCount();
        JsonFileLine.Write(line, stream, DateTime.UtcNow, data);
        if (size > 0 && size + line.WrittenCount > options.MaximumBytes)
            TryRotate();
        if (!TryAppend(line.WrittenSpan))
            DroppedBytes += data.Length;
    }

    private bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (isTorn && !TryWriteAll("\n"u8))
            return false;
        isTorn = false;
        long begin = size;
        if (TryWriteAll(bytes))
            return true;
        isTorn = size > begin;
        return false;
    }

    private bool TryWriteAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = Files.TryWriteAt(file, bytes, size);
            if (written <= 0)
                return false;
            size += written;
            bytes = bytes[(int)written..];
        }
        return true;
    }

    // Where a name cannot be changed, or no file made, the present file goes on: it is too large then, and nothing is lost.
    private void TryRotate()
    {
        string next = path + ".new";
        nint made = Files.TryOpen(null, next, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, FileMode);
        if (made < 0)
            return;
        FileDescriptor fresh = new((int)made);
        for (int age = options.MaximumFiles - 1; age > 0; age--)
            if (Files.TryRename(JsonFileNames.Of(path, age - 1), JsonFileNames.Of(path, age)) is < 0 and not -Errno.ENOENT)
            {
                fresh.Dispose();
                return;
            }
        if (Files.TryRename(next, path) < 0)
        {
            if (options.MaximumFiles > 1)
                // best effort: the present file has its name again.
                _ = Files.TryRename(JsonFileNames.Of(path, 1), path);
            fresh.Dispose();
            return;
        }
        file.Dispose();
        file = fresh;
        size = 0;
        isTorn = false;
    }
}
