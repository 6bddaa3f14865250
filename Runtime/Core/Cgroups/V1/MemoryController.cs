using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>memory (kernel: Documentation/admin-guide/cgroup-v1/memory.rst). Limits in bytes; -1 takes one away.</summary>
internal static class MemoryController
{
    // The limit of memory may never be above that of memory with swap.
    private const string Limits = "memory with swap";

    public static void Write(LegacyControllers controllers, LinuxMemory? memory)
    {
        if (memory is null)
            return;
        controllers.Add("memory", "memory.limit_in_bytes", NotZero(memory.Limit), "memory.limit", Limits);
        controllers.Add("memory", "memory.memsw.limit_in_bytes", NotZero(SwapOf(controllers, memory)), "memory.swap", Limits);
        controllers.Add("memory", "memory.soft_limit_in_bytes", NotZero(memory.Reservation), "memory.reservation");
        controllers.Add("memory", "memory.kmem.tcp.limit_in_bytes", NotZero(memory.KernelTcp), "memory.kernelTCP");
        controllers.Add("memory", "memory.swappiness", memory.Swappiness, "memory.swappiness");
        if (memory.DisableOomKiller is { } disable)
            controllers.Add("memory", "memory.oom_control", disable ? "1" : "0", "memory.disableOOMKiller");
        if (memory.UseHierarchy is true)
            controllers.Add("memory", "memory.use_hierarchy", "1", "memory.useHierarchy");
    }

    // Without a limit of memory there can be none of memory with swap; on kernels that count swap.
    private static long? SwapOf(LegacyControllers controllers, LinuxMemory memory) =>
        memory is { Limit: -1, Swap: null } && File.Exists(controllers.Folder("memory", "memory.limit").Hierarchy.MountPoint + "/memory.memsw.limit_in_bytes") ? -1 : memory.Swap;

    // Engines write 0 for "not set".
    private static long? NotZero(long? value) => value is 0 ? null : value;
}
