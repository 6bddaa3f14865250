using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.Foreground;

/// <summary>Carries bytes between the caller's terminal, or whatever standard input and output are, and the container's terminal.</summary>
internal sealed class TerminalRelay : IDisposable
{
    private const int BufferSize = 32768;

    // A pipe that poll(2) calls writable has room for as much (PIPE_BUF): the write does not wait.
    private const int WriteSize = 4096;

    private readonly FileDescriptor master;
    private readonly FileDescriptor input = new(Files.Duplicate(0));
    private readonly FileDescriptor output = new(Files.Duplicate(1));
    private readonly TerminalMode? caller;
    private readonly Chunk toMaster = new();
    private readonly Chunk toOutput = new();
    private bool inputEnded, masterEnded, outputFailed;

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

    /// <summary>What to watch: the caller's input, the container's terminal, the caller's output. Each is read only
    /// when what was read before is written.</summary>
    public void Watch(Span<Polling.PollFd> watched)
    {
        watched[0] = new() { fd = inputEnded || !toMaster.IsEmpty ? -1 : input.Number, events = Polling.POLLIN };
        int events = (toOutput.IsEmpty ? Polling.POLLIN : 0) | (toMaster.IsEmpty ? 0 : Polling.POLLOUT);
        watched[1] = new() { fd = masterEnded || events == 0 ? -1 : master.Number, events = (short)events };
        watched[2] = new() { fd = toOutput.IsEmpty ? -1 : output.Number, events = Polling.POLLOUT };
    }

    /// <summary>Moves what there is.</summary>
    public void Move(ReadOnlySpan<Polling.PollFd> watched)
    {
        if (watched[2].revents != 0)
            WriteOutput();
        if (watched[1].revents != 0 && toOutput.IsEmpty)
            ReadMaster();
        if (watched[0].revents != 0)
            inputEnded = !toMaster.Fill(input);
        if (!toMaster.WriteTo(master, BufferSize))
            toMaster.Clear();
    }

    /// <summary>Writes out what the container's terminal still holds, or until a signal says that nobody wants to see
    /// it.</summary>
    public void Drain(FileDescriptor signals)
    {
        Span<Polling.PollFd> watched = stackalloc Polling.PollFd[2];
        while (!toOutput.IsEmpty || (!masterEnded && ReadMaster()))
        {
            watched[0] = new() { fd = output.Number, events = Polling.POLLOUT };
            watched[1] = new() { fd = signals.Number, events = Polling.POLLIN };
            Polling.Wait(watched);
            if (watched[0].revents != 0)
                WriteOutput();
            else if (watched[1].revents != 0 && Signals.Read(signals, out bool isOwn) != Signal.SIGWINCH && !isOwn)
                return;
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
        // EIO: nobody has the other end open any more.
        masterEnded = !toOutput.Fill(master);
        bool hasRead = !toOutput.IsEmpty;
        if (outputFailed)
            toOutput.Clear();
        return hasRead;
    }

    // A full disk, or a reader that left, is no reason to leave the container alone: what it prints from then on is
    // lost.
    private void WriteOutput()
    {
        outputFailed |= !toOutput.WriteTo(output, WriteSize);
        if (outputFailed)
            toOutput.Clear();
    }

    /// <summary>Bytes that were read and not yet written.</summary>
    private sealed class Chunk
    {
        private readonly byte[] bytes = new byte[BufferSize];
        private int start, end;

        public bool IsEmpty => end == start;

        public void Clear() => start = end = 0;

        /// <summary>Reads once; false at the end of the file, or at an error.</summary>
        public bool Fill(FileDescriptor source)
        {
            nint length = Files.TryRead(source, bytes);
            (start, end) = (0, (int)Math.Max(0, length));
            return length > 0 || length == -Errno.EAGAIN;
        }

        /// <summary>Writes once, at most <paramref name="limit"/> bytes; false at an error.</summary>
        public bool WriteTo(FileDescriptor target, int limit)
        {
            if (IsEmpty)
                return true;
            nint written = Files.TryWrite(target, bytes.AsSpan(start, Math.Min(limit, end - start)));
            start += (int)Math.Max(0, written);
            return written >= 0 || written == -Errno.EAGAIN;
        }
    }
}
