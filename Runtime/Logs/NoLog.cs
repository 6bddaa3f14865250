namespace Vessel.Logs;

/// <summary>The driver <c>none</c>: keeps nothing.</summary>
public sealed class NoLog : ILogWriter
{
    /// <inheritdoc/>
    public long DroppedBytes => 0;

    /// <inheritdoc/>
    public void Write(LogSource stream, ReadOnlySpan<byte> bytes)
    {
    }

    /// <inheritdoc/>
    public void End(LogSource stream)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
