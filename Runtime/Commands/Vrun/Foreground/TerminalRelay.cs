using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.Foreground;

/// <summary>Carries bytes between the caller's terminal, or whatever standard input and output are, and the container's terminal.</summary>
internal sealed class TerminalRelay : IDisposable
{
    private const int BufferSize = 32768;

    private readonly FileDescriptor master;
    private readonly FileDescriptor input = new(Files.Duplicate(0));
    private readonly FileDescriptor output = new(Files.Duplicate(1));
    private readonly TerminalMode? caller;
    private readonly byte[] buffer = new byte[BufferSize];
    private readonly byte[] pending = new byte[BufferSize];
    private int pendingStart, pendingEnd;
    private bool inputEnded, masterEnded;

    private TerminalRelay(FileDescriptor master)
    {
        this.master = master;
        caller = TerminalMode.TrySetRaw(input);
        Terminals.SetNonBlocking(master);
        Resize();
    }

    /// <summary>Begins: the caller's terminal no longer edits or echoes, the container's has its size.</summary>
    public static TerminalRelay Begin(FileDescriptor master) => new(master);

    /// <summary>Gives the container's terminal the size of the caller's.</summary>
    public void Resize() => Terminals.CopySize(input, master);

    /// <summary>What to watch: input as long as all of it so far is written, the master for output and for room.</summary>
    public void Watch(ref Polling.PollFd stdin, ref Polling.PollFd terminal)
    {
        bool waiting = pendingEnd > pendingStart;
        stdin = new() { fd = inputEnded || waiting ? -1 : input.Number, events = Polling.POLLIN };
        terminal = new() { fd = masterEnded ? -1 : master.Number, events = (short)(Polling.POLLIN | (waiting ? Polling.POLLOUT : 0)) };
    }

    /// <summary>Moves what there is.</summary>
    public void Move(Polling.PollFd stdin, Polling.PollFd terminal)
    {
        if (terminal.revents != 0)
            ReadMaster();
        if (stdin.revents != 0)
        {
            pendingStart = 0;
            pendingEnd = Files.TryRead(input, pending) is > 0 and { } length ? (int)length : 0;
            inputEnded = pendingEnd == 0;
        }
        WritePending();
    }

    /// <summary>Writes out what the container's terminal still holds.</summary>
    public void Drain()
    {
        while (!masterEnded && ReadMaster())
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        caller?.Restore();
        input.Dispose();
        output.Dispose();
    }

    private bool ReadMaster()
    {
        nint length = Files.TryRead(master, buffer);
        if (length > 0)
        {
            Files.Write(output, buffer.AsSpan(0, (int)length), "standard output");
            return true;
        }
        // EIO: nobody has the other end open any more.
        masterEnded = length != -Errno.EAGAIN;
        return false;
    }

    private void WritePending()
    {
        if (pendingEnd == pendingStart)
            return;
        nint written = Files.TryWrite(master, pending.AsSpan(pendingStart, pendingEnd - pendingStart));
        if (written > 0)
            pendingStart += (int)written;
        else if (written != -Errno.EAGAIN)
            pendingStart = pendingEnd;
    }
}
