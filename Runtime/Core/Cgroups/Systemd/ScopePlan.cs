using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A container's cgroup as a unit of systemd.</summary>
/// <param name="Name">The scope.</param>
/// <param name="IsUsers">Whether the user's own manager makes it, or the system's.</param>
/// <param name="ManagerGroup">The cgroup that all of the manager's units are below: empty for the system's.</param>
/// <param name="Description">What <c>systemctl</c> shows beside its name.</param>
/// <param name="Devices">What the container may do with devices.</param>
public sealed record ScopePlan(ScopeName Name, bool IsUsers, string ManagerGroup, string Description, DeviceRules Devices)
{
    /// <summary>Decides on a container's scope; a user's manager is asked where its units are.</summary>
    /// <param name="cgroupsPath"><c>linux.cgroupsPath</c>: <c>slice:prefix:name</c>.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="isUsers">Whether to ask the user's own manager.</param>
    /// <param name="resources"><c>linux.resources</c>, or null.</param>
    public static ScopePlan Create(string? cgroupsPath, string id, bool isUsers, LinuxResources? resources)
    {
        ScopeName name = ScopeName.Parse(cgroupsPath, id, isUsers);
        string group = "";
        if (isUsers)
        {
            using SystemdManager manager = SystemdManager.Connect(user: true);
            group = manager.ControlGroup.TrimEnd('/');
        }
        return new ScopePlan(name, isUsers, group, $"vrun container {id}", DeviceRules.From(resources?.Devices ?? []));
    }

    /// <summary>The scope's cgroup, below each hierarchy's root.</summary>
    public CgroupPath Path => CgroupPath.Parse(ManagerGroup + Name.Path, "");

    /// <inheritdoc/>
    public override string ToString() => $"scope {Name.UnitName} in {Name.Slice.Value} of {(IsUsers ? "the user's" : "the system's")} systemd";
}
