using Vessel.Core.Cgroups;
using Vessel.Core.Errors;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>Stops all processes of the container where they are.</summary>
    /// <exception cref="RuntimeException">It isn't running, or the host has no freezer.</exception>
    public void Pause()
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        if (state.Status is not (ContainerStatus.Running or ContainerStatus.Created))
            throw WrongState($"container not running or created: {state.StatusText}");
        RequiredFreezer(state).Freeze();
    }

    /// <summary>Lets them go on.</summary>
    /// <exception cref="RuntimeException">It isn't paused.</exception>
    public void Resume()
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        if (state.Record.Cgroups.Count > 0 && FreezerOf(state.Record)?.IsFrozen != true)
            throw WrongState("container not paused");
        RequiredFreezer(state).Thaw();
    }

    /// <summary>The numbers of all processes in the container, as our pid namespace has them; also of those that
    /// outlived the first.</summary>
    public IReadOnlyList<int> Processes()
    {
        using ContainerFolder folder = store.Open(Id);
        ContainerState state = StateOf(folder);
        return state.Status == ContainerStatus.Creating ? [] : ProcessesOf(state.Record, state.Pid);
    }

    private static Freezer RequiredFreezer(ContainerState state) =>
        FreezerOf(state.Record) ?? throw (state.Record.Cgroups.Count == 0 ? WithoutCgroups("paused") : new RuntimeException(ErrorKind.Unsupported, "no freezer cgroup controller on this host"));
}
