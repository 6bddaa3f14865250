using Vessel.Core.Containers;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.Foreground;

/// <summary>What the command is to a process that it waits for: signals are passed on, the terminal is relayed, the exit code is given back.</summary>
internal sealed class ForegroundSession
{
    private static readonly ulong Forwarded = Mask();

    private readonly FileDescriptor signals;

    private ForegroundSession(FileDescriptor signals) => this.signals = signals;

    /// <summary>Begins to collect signals, so that none is lost while the container is made.</summary>
    /// <param name="subreaper">Whether orphans of the container become our children.</param>
    public static ForegroundSession Begin(bool subreaper)
    {
        if (subreaper)
            Check.Ok(Kernel.Call(SYS.prctl, ProcessControl.PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
        return new ForegroundSession(SignalRelay.Open(Forwarded));
    }

    /// <summary>Waits for the end of <paramref name="process"/>.</summary>
    /// <returns>Its exit code; 128 and the signal's number where a signal ended it.</returns>
    /// <param name="process">The process.</param>
    /// <param name="master">Its terminal's master, which is closed afterwards; null without one.</param>
    /// <param name="notify">Receives the program's readiness; null without a service manager. The manager watches
    /// us.</param>
    public int Wait(ProcessHandle process, FileDescriptor? master, NotifySocket? notify = null)
    {
        using FileDescriptor? closed = master;
        using TerminalRelay? relay = master is null ? null : TerminalRelay.Begin(master);
        Span<Polling.PollFd> watched = stackalloc Polling.PollFd[6];
        while (true)
        {
            watched[0] = new() { fd = signals.Number, events = Polling.POLLIN };
            watched[1] = new() { fd = process.Descriptor?.Number ?? -1, events = Polling.POLLIN };
            watched[2..].Fill(new() { fd = -1 });
            relay?.Watch(watched[2..5]);
            if (notify?.Descriptor is { } socket)
                watched[5] = new() { fd = socket.Number, events = Polling.POLLIN };
            // Without a pidfd the end shows only by asking.
            Polling.Wait(watched, process.Descriptor is null ? 20 : -1);
            if (watched[0].revents != 0)
                PassSignal(process, relay);
            relay?.Move(watched[2..5]);
            if (watched[5].revents != 0)
                notify!.Forward(Environment.ProcessId);
            if ((process.Descriptor is null || watched[1].revents != 0) && process.TryReap() is { } code)
            {
                relay?.Drain(signals);
                return code;
            }
        }
    }

    private void PassSignal(ProcessHandle process, TerminalRelay? relay)
    {
        int signal = Signals.Read(signals, out bool isOwn);
        if (isOwn)
            return;
        if (signal == Signal.SIGWINCH && relay is not null)
            relay.Resize();
        else
            // best effort: the process may have just ended.
            process.TryKill(signal);
    }

    // All that a process can catch: whoever sends one means the container. Only SIGCHLD is about our own children.
    private static ulong Mask()
    {
        ulong mask = 0;
        for (int signal = 1; signal <= Signal.Max; signal++)
            if (signal is not (Signal.SIGKILL or Signal.SIGSTOP or Signal.SIGCHLD))
                mask |= Signals.Bit(signal);
        return mask;
    }
}
