using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>A process by pidfd(2): it means the same process even after its number was given to another.</summary>
public sealed class ProcessHandle(int id, FileDescriptor? descriptor) : IDisposable
{
    private const int PollMilliseconds = 10;

    /// <summary>The number, as seen from our pid namespace.</summary>
    public int Id { get; } = id;

    /// <summary>The pidfd; null on a kernel without (before 5.3).</summary>
    public FileDescriptor? Descriptor { get; } = descriptor;

    /// <summary>Opens a running process; null where there is none. Where pidfds are missing or denied, the handle is by number.</summary>
    public static ProcessHandle? Open(int id)
    {
        nint result = Kernel.Call(SYS.pidfd_open, id, 0);
        if (result >= 0)
            return new(id, new FileDescriptor((int)result));
        if (result is -Errno.ENOSYS or -Errno.EPERM)
            return Kernel.Call(SYS.kill, id, 0) is 0 or -Errno.EPERM ? new(id, null) : null;
        return null;
    }

    /// <summary>Sends a signal; a negated errno on failure, ESRCH where the process is gone.</summary>
    public nint TryKill(int signal) => Descriptor is null
        ? Kernel.Call(SYS.kill, Id, signal)
        : Kernel.Call(SYS.pidfd_send_signal, Descriptor.Number, signal, 0, 0);

    /// <summary>Waits until this child of ours ends, and reaps it. The result is as a shell has it: the exit code, or 128 and the signal.</summary>
    public int Wait()
    {
        Check.Ok(WaitId(Id, 0, out siginfo info), "wait for", $"process {Id}");
        return ExitCode(info);
    }

    /// <summary>Waits until this child of ours ends, and reaps it; no thread waits for it alone.</summary>
    /// <returns>As a shell has it: the exit code, or 128 and the signal.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the process runs on, and can be waited for again.</exception>
    /// <exception cref="SyscallException">It is no child of ours, or was reaped before.</exception>
    public async Task<int> WaitAsync(CancellationToken cancellation = default)
    {
        await WaitForEndAsync(cancellation).ConfigureAwait(false);
        return Wait();
    }

    /// <summary>Waits until the process, a child or not, has ended.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task WaitForEndAsync(CancellationToken cancellation = default)
    {
        if (Descriptor is not null)
        {
            await ProcessWatch.EndOf(Descriptor, cancellation).ConfigureAwait(false);
            return;
        }
        // Linux before 5.3. A child that has ended is there until it is reaped.
        while (Kernel.Call(SYS.kill, Id, 0) != -Errno.ESRCH && (WaitId(Id, ProcessControl.WNOHANG | ProcessControl.WNOWAIT, out siginfo info) < 0 || info.si_pid == 0))
            await Task.Delay(PollMilliseconds, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reaps this child of ours if it has ended; null as long as it runs.</summary>
    public int? TryReap()
    {
        Check.Ok(WaitId(Id, ProcessControl.WNOHANG, out siginfo info), "wait for", $"process {Id}");
        return info.si_pid == 0 ? null : ExitCode(info);
    }

    /// <summary>Reaps a process if it is a child of ours and has ended; nothing otherwise.</summary>
    // best effort: whose child it is only the kernel knows.
    public static void ReapIfChild(int id) => _ = WaitId(id, ProcessControl.WNOHANG, out _);

    /// <summary>Waits until the process, a child or not, has ended; false when <paramref name="milliseconds"/> have passed before.</summary>
    public bool WaitForEnd(int milliseconds)
    {
        if (Descriptor is not null)
            return Polling.WaitReadable(Descriptor, milliseconds);
        for (long end = Environment.TickCount64 + milliseconds; Environment.TickCount64 < end; Thread.Sleep(2))
            if (Kernel.Call(SYS.kill, Id, 0) == -Errno.ESRCH)
                return true;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor?.Dispose();

    private static unsafe nint WaitId(int id, int options, out siginfo info)
    {
        info = default;
        // SAFETY: the struct is pinned for the length of the call.
        fixed (siginfo* p = &info)
            return Kernel.CallRetrying(SYS.waitid, ProcessControl.P_PID, id, (nint)p, ProcessControl.WEXITED | ProcessControl.WALL | options, 0);
    }

    private static int ExitCode(siginfo info) => info.si_code == ProcessControl.CLD_EXITED ? info.si_status : 128 + info.si_status;
}
