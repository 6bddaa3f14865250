using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>cpuset: which CPUs and memory nodes. A new folder begins empty, and no process can enter it so; the executor copies the parent's values first.</summary>
internal static class CpusetController
{
    public static void Write(LegacyControllers controllers, LinuxCpu? cpu)
    {
        if (!string.IsNullOrEmpty(cpu?.Cpus))
            controllers.Add("cpuset", "cpuset.cpus", cpu.Cpus, "cpu.cpus");
        if (!string.IsNullOrEmpty(cpu?.Mems))
            controllers.Add("cpuset", "cpuset.mems", cpu.Mems, "cpu.mems");
    }
}
