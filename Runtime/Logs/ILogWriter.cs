namespace Vessel.Logs;

/// <summary>Keeps a container's output. One thread writes.</summary>
/// <remarks>Output that cannot be kept (a full disk) is dropped and counted: a log never stops a container.</remarks>
public interface ILogWriter : IDisposable
{
    /// <summary>Bytes that could not be kept.</summary>
    long DroppedBytes { get; }

    /// <summary>Takes output as it comes; complete lines are kept at once.</summary>
    void Write(LogSource stream, ReadOnlySpan<byte> bytes);

    /// <summary>Keeps what a stream has left: a last line without its newline.</summary>
    void End(LogSource stream);
}
