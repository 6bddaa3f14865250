using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Waits for the ends of processes: one thread for all of them, which begins with the first wait (pidfd_open(2), ppoll(2)).</summary>
internal static class ProcessWatch
{
    private static readonly Lock Gate = new();
    private static readonly List<Watched> Waiting = [];
    private static FileDescriptor? wake;

    private sealed record Watched(FileDescriptor Process, TaskCompletionSource Ended);

    /// <summary>Completes when the process has ended.</summary>
    /// <param name="process">A pidfd; it is kept open until then.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task EndOf(FileDescriptor process, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Watched watched = new(process, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        bool isHeld = false;
        process.DangerousAddRef(ref isHeld);
        try
        {
            lock (Gate)
            {
                Waiting.Add(watched);
                Begin();
            }
            Notify();
            using (cancellation.Register(() => watched.Ended.TrySetCanceled(cancellation)))
                await watched.Ended.Task.ConfigureAwait(false);
        }
        finally
        {
            lock (Gate)
                Waiting.Remove(watched);
            Notify();
            process.DangerousRelease();
        }
    }

    private static void Begin()
    {
        if (wake is not null)
            return;
        const int EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
        wake = new FileDescriptor((int)Check.Ok(Kernel.Call(SYS.eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
        new Thread(Watch) { IsBackground = true, Name = "vessel: ends of processes" }.Start();
    }

    private static void Notify() => _ = Files.TryWrite(wake!, BitConverter.GetBytes(1UL));

    private static void Watch()
    {
        byte[] counter = new byte[sizeof(ulong)];
        while (true)
        {
            Watched[] watched;
            lock (Gate)
                watched = [.. Waiting];
            Polling.PollFd[] descriptors = new Polling.PollFd[watched.Length + 1];
            descriptors[0] = new Polling.PollFd { fd = wake!.Number, events = Polling.POLLIN };
            for (int i = 0; i < watched.Length; i++)
                descriptors[i + 1] = new Polling.PollFd { fd = watched[i].Process.Number, events = Polling.POLLIN };
            Polling.Wait(descriptors);
            if (descriptors[0].revents != 0)
                _ = Files.TryRead(wake, counter);
            for (int i = 0; i < watched.Length; i++)
                if (descriptors[i + 1].revents != 0)
                {
                    lock (Gate)
                        Waiting.Remove(watched[i]);
                    watched[i].Ended.TrySetResult();
                }
        }
    }
}
