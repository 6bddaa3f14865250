using Vessel.Core.Cgroups;
using Vessel.Core.Errors;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>What a container that is not stopped uses.</summary>
    /// <exception cref="RuntimeException">It is stopped, or has no cgroup that could tell.</exception>
    public CgroupStats Stats()
    {
        ContainerState state = State();
        if (state.Status == ContainerStatus.Stopped)
            throw new RuntimeException(ErrorKind.WrongState, $"container with id {Id} is not running");
        if (state.Record.Cgroups.Count == 0)
            throw WithoutCgroups("measured");
        return new CgroupStats(state.Record.CgroupVersion, state.Record.Cgroups);
    }
}
