using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    /// <summary>Changes limits of a container that is created, running or paused; what is not named stays.</summary>
    /// <exception cref="RuntimeException">It is stopped, or the kernel refuses a value; values before it are in force.</exception>
    public void Update(RuntimeHost host, LinuxResources resources)
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        if (state.Status is ContainerStatus.Stopped or ContainerStatus.Creating)
            throw WrongState("container not running");
        if (state.Record.Cgroups.Count == 0)
            throw WithoutCgroups("limited");
        resources = resources.ReadAs(state.Record.OciVersion);
        if (resources.Memory is { CheckBeforeUpdate: true, Limit: > 0 and { } limit })
            CheckUsage(state.Record, limit);
        CgroupPlan plan = CgroupPlan.Update(host.Cgroups, state.Record.CgroupPath, state.Record.Cgroups, resources);
        if (state.Record.Scope is { } scope)
        {
            CpuBandwidth bandwidth = CpuBandwidth.Of(plan);
            plan = plan with { Writes = ScopeProperties.AsKept(plan.Writes, bandwidth) };
            ScopeExecutor.Update(scope, plan, resources.Devices.Count > 0 ? DeviceRules.From(resources.Devices) : null, bandwidth);
        }
        CgroupExecutor.Apply(plan);
    }

    // A limit below what is in use would end processes at once.
    private static void CheckUsage(ContainerRecord record, long limit)
    {
        CgroupStats stats = new(record.CgroupVersion, record.Cgroups);
        string? file = stats.FindFile(record.CgroupVersion == 1 ? "memory.usage_in_bytes" : "memory.current");
        if (file is not null && long.TryParse(Native.Safe.Files.TryReadText(null, file)?.Trim(), out long usage) && usage > limit)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.resources.memory.limit: {limit} is below the {usage} bytes in use");
    }
}
