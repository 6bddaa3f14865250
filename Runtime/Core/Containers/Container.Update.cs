using Vessel.Core.Cgroups;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>Changes limits of a container that is created, running or paused; what is not named stays.</summary>
    /// <exception cref="Errors.RuntimeException">It is stopped, or the kernel refuses a value; values before it are in force.</exception>
    public void Update(RuntimeHost host, LinuxResources resources)
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        if (state.Status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw WrongState("container not running");
        CgroupExecutor.Apply(CgroupPlan.Update(host.Cgroups, state.Record.CgroupPath, state.Record.Cgroups, resources));
    }
}
