using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>net_cls and net_prio: a class for packets, and priorities an interface.</summary>
internal static class NetworkControllers
{
    public static void Write(LegacyControllers controllers, LinuxNetwork? network)
    {
        controllers.Add("net_cls", "net_cls.classid", network?.ClassID, "network.classID");
        foreach (LinuxInterfacePriority priority in network?.Priorities ?? [])
            controllers.Add("net_prio", "net_prio.ifpriomap", $"{priority.Name} {priority.Priority}", "network.priorities");
    }
}
