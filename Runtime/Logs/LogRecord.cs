namespace Vessel.Logs;

/// <summary>One line of a container's output, or a piece of a long one.</summary>
/// <param name="Time">When it was written, in UTC.</param>
/// <param name="Source">Where.</param>
/// <param name="Data">The bytes, with the newline at the end of a line.</param>
public sealed record LogRecord(DateTime Time, LogSource Source, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes of a piece, at most; a longer line has several records, as with docker.</summary>
    public const int MaximumBytes = 16 << 10;

    /// <summary>The line continues in the next record of the stream, or never had an end.</summary>
    public bool IsPartial => Data.IsEmpty || Data.Span[^1] != (byte)'\n';
}
