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
            SignalAll(state.Record, signal, state.Pid);
            return;
        }
        if (state.Status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw WrongState("container not running");
        Signal(state.Pid, signal);
        if (signal == Native.Raw.Signal.SIGKILL)
            FreezerOf(state.Record)?.ThawToEnd();
    }

    private static void SignalAll(ContainerRecord record, int signal, int init = 0)
    {
        if (signal != Native.Raw.Signal.SIGKILL || record is not { CgroupVersion: 2, Cgroups.Count: > 0 } || !CgroupExecutor.TryKill(record.Cgroups[0]))
            foreach (int pid in ProcessesOf(record, init))
                Signal(pid, signal);
        if (signal == Native.Raw.Signal.SIGKILL)
            FreezerOf(record)?.ThawToEnd();
    }

    private static void Signal(int pid, int signal)
    {
        using ProcessHandle? process = ProcessHandle.Open(pid);
        nint result = process?.TryKill(signal) ?? -Errno.ESRCH;
        if (result != -Errno.ESRCH)
            Check.Ok(result, $"send {Native.Raw.Signal.NameOf(signal)} to", $"process {pid}");
    }

    // Each hierarchy has all processes of a container that stays where it was put. One that may write to its cgroups
    // can leave some of them, or remove them; and the first process can have left all of them.
    private static List<int> ProcessesOf(ContainerRecord record, int init = 0)
    {
        HashSet<int> pids = [];
        foreach (string folder in record.Cgroups)
            pids.UnionWith(CgroupExecutor.Processes(folder));
        if (init > 0 && !pids.Contains(init))
            pids.UnionWith(NamespaceProcesses.Of(init));
        return [.. pids];
    }
}
