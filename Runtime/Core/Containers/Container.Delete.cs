using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Core.Hooks;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>Removes all that create made: processes that are left, cgroups, state; then runs the poststop hooks.</summary>
    /// <param name="host">The host's features.</param>
    /// <param name="force">Kill it first where it runs.</param>
    /// <returns>What poststop hooks had to complain about; it changes nothing.</returns>
    /// <exception cref="RuntimeException">It runs, and <paramref name="force"/> is not set (<see cref="ErrorKind.WrongState"/>).</exception>
    public IReadOnlyList<string> Delete(RuntimeHost host, bool force = false)
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        if (!force && state.Status is ContainerStatus.Running or ContainerStatus.Paused)
            throw WrongState($"cannot delete container {Id} that is not stopped: {state.StatusText}");
        if (state.Pid > 0)
        {
            // With the signal waiting for it, a frozen process does nothing else once it is thawed.
            Signal(state.Pid, Native.Raw.Signal.SIGKILL);
            Freezer? freezer = FreezerOf(state.Record);
            freezer?.ThawToEnd();
            if (freezer?.FrozenAbove is { } above)
                throw WrongState($"cannot delete container {Id}: its processes end when {above}, the cgroup above theirs, is thawed");
            KillInit(state.Pid);
        }
        return Destroy(host, folder, state.Record);
    }

    /// <summary>Removes a container of <see cref="Run"/> whose first process has ended and was waited for; nothing
    /// where <c>delete</c> was faster.</summary>
    /// <returns>What poststop hooks had to complain about.</returns>
    public IReadOnlyList<string> DeleteEnded(RuntimeHost host)
    {
        ContainerFolder folder;
        try
        {
            folder = store.OpenLocked(Id);
        }
        catch (RuntimeException e) when (e.Kind == ErrorKind.NotFound)
        {
            return [];
        }
        using (folder)
            return Destroy(host, folder, record ?? folder.Read() ?? Unfinished(folder));
    }

    private static IReadOnlyList<string> Destroy(RuntimeHost host, ContainerFolder folder, ContainerRecord record)
    {
        InitProcess? init = folder.ReadInit();
        bool hasProcess = init is not null;
        if (record.Scope is { } scope)
            StopScope(scope, record, isOurs: hasProcess);
        // The runtime was killed before the first process was written down: that process died with it, or is about to. What stays
        // in the folders is not the container's, and is not ended.
        if (!hasProcess)
            CgroupExecutor.RemoveEmpty(record.Cgroups);
        else
            // Without a pid namespace of its own, a container's other processes outlive the first.
            CgroupExecutor.Remove(record.Cgroups, () => SignalAll(record, Native.Raw.Signal.SIGKILL));
        IReadOnlyList<string> complaints = [];
        if (record.HasHooks && folder.ReadConfig().Hooks is { Poststop.Count: > 0 } hooks)
            complaints = new HookRunner(host.Features, record.Bundle).RunAll("poststop", hooks.Poststop, new ContainerState(record, ContainerStatus.Stopped, 0).ToOci());
        // The first process of a container that this program itself created is its child.
        if (init is { IsZombie: true })
            ProcessHandle.ReapIfChild(init.Value.Pid);
        folder.Remove();
        return complaints;
    }

    // A scope's processes are ended by us and at once: systemd would first ask them, and wait.
    private static void StopScope(ScopeRecord scope, ContainerRecord record, bool isOurs)
    {
        if (isOurs)
            SignalAll(record, Native.Raw.Signal.SIGKILL);
        else if (ProcessesOf(record).Count > 0)
            return;
        try
        {
            ScopeExecutor.Stop(scope);
        }
        catch (RuntimeException) when (!record.Cgroups.Any(Directory.Exists))
        {
            // systemd isn't there any more, and the scope neither.
        }
    }
}
