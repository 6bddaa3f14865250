using Vessel.Core.Errors;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Does with systemd what a <see cref="CgroupPlan"/> with a scope says. The values in files are then written as without systemd: it has not all of them.</summary>
public static class ScopeExecutor
{
    private const string KernelGroups = "/proc/devices";

    /// <summary>Makes the scope, with the container's process in it.</summary>
    /// <param name="plan">What is made.</param>
    /// <param name="pid">The process.</param>
    /// <exception cref="RuntimeException">systemd refuses, or there is such a unit.</exception>
    public static void Start(CgroupPlan plan, int pid)
    {
        ScopePlan scope = plan.Scope!;
        using SystemdManager manager = SystemdManager.Connect(scope.IsUsers);
        int version = manager.Version;
        manager.StartScope(scope.Name,
        [
            .. ScopeProperties.ForStart(scope.Name, scope.Description, [pid], version),
            .. ScopeProperties.ForNew(plan.Writes, plan.Version, version),
            .. DeviceProperties.From(scope.Devices, plan.Version, version, Files.TryReadText(null, KernelGroups) ?? ""),
        ]);
        foreach (CgroupFolder folder in plan.Folders)
            if (plan.Version == 2 && !Directory.Exists(folder.HostPath))
                throw new RuntimeException(ErrorKind.Internal, $"systemd scope `{scope.Name.UnitName}` is at {manager.ControlGroupOf(scope.Name.UnitName)}, and was expected at {folder.Path}");
    }

    /// <summary>Changes the properties of a running scope.</summary>
    /// <param name="record">Its name and manager.</param>
    /// <param name="plan">What changes.</param>
    /// <param name="devices">New rules for devices, or null.</param>
    /// <param name="bandwidth">What the container has of the CPU until now.</param>
    public static void Update(ScopeRecord record, CgroupPlan plan, DeviceRules? devices, CpuBandwidth bandwidth)
    {
        using SystemdManager manager = SystemdManager.Connect(record.IsUsers);
        int version = manager.Version;
        manager.SetProperties(record.Unit,
        [
            .. ScopeProperties.ForUpdate(plan.Writes, plan.Version, version, bandwidth),
            .. devices is null ? [] : DeviceProperties.From(devices, plan.Version, version, Files.TryReadText(null, KernelGroups) ?? ""),
        ]);
    }

    /// <summary>Moves a process into a running scope, where the kernel would not let us do it ourselves: from a login session into the user's own tree, say.</summary>
    public static void Attach(ScopeRecord record, int pid)
    {
        using SystemdManager manager = SystemdManager.Connect(record.IsUsers);
        manager.Attach(record.Unit, pid);
    }

    /// <summary>Stops a scope whose processes are dead or dying. One that isn't there is no error.</summary>
    public static void Stop(ScopeRecord record)
    {
        using SystemdManager manager = SystemdManager.Connect(record.IsUsers);
        manager.StopScope(record.Unit);
    }
}
