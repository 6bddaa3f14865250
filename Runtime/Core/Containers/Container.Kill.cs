using Vessel.Core.Cgroups;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    private const int KillWaitMilliseconds = 10_000;

    /// <summary>Sends a signal to the first process, or to all processes of the container.</summary>
    /// <exception cref="RuntimeException">It isn't running (<see cref="ErrorKind.WrongState"/>).</exception>
    public void Kill(int signal, bool all = false)
    {
        using ContainerFolder folder = store.Open(Id);
        ContainerState state = StateOf(folder);
        if (all)
        {
            if (state.Record.Cgroups.Count == 0 && state.Pid > 0)
                foreach (int pid in NamespaceProcesses.Of(state.Pid))
                    Signal(pid, signal);
            else
                SignalAll(state.Record, signal);
            return;
        }
        if (state.Status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw WrongState("container not running");
        Signal(state.Pid, signal);
        // A process that is frozen on cgroup v1 does not die before it is thawed.
        if (signal == Native.Raw.Signal.SIGKILL && state.Status == ContainerStatus.Paused)
            FreezerOf(state.Record)?.Thaw();
    }

    private static void SignalAll(ContainerRecord record, int signal)
    {
        if (signal == Native.Raw.Signal.SIGKILL && record is { CgroupVersion: 2, Cgroups.Count: > 0 } && CgroupExecutor.TryKill(record.Cgroups[0]))
            return;
        foreach (int pid in ProcessesOf(record))
            Signal(pid, signal);
    }

    private static void Signal(int pid, int signal)
    {
        using ProcessHandle? process = ProcessHandle.Open(pid);
        nint result = process?.TryKill(signal) ?? -Errno.ESRCH;
        if (result != -Errno.ESRCH)
            Check.Ok(result, $"send {Native.Raw.Signal.NameOf(signal)} to", $"process {pid}");
    }

    private static List<int> ProcessesOf(ContainerRecord record) => record.Cgroups.Count == 0 ? [] : CgroupExecutor.Processes(ProcessFolder(record));

    // Any hierarchy has all processes; pids and devices are never shared with the host's own.
    private static string ProcessFolder(ContainerRecord record) =>
        record.FreezerFolder.Length > 0 ? record.FreezerFolder : record.Cgroups[0];
}
