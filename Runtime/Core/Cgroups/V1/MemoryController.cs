using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>memory (kernel: Documentation/admin-guide/cgroup-v1/memory.rst). Limits in bytes; -1 takes one away.</summary>
internal static class MemoryController
{
    public static void Write(LegacyControllers controllers, LinuxMemory? memory)
    {
        if (memory is null)
            return;
        // memsw may never be below limit: to raise both, memsw goes first; the executor tries the other order when the kernel refuses.
        controllers.Add("memory", "memory.limit_in_bytes", NotZero(memory.Limit), "memory.limit");
        controllers.Add("memory", "memory.memsw.limit_in_bytes", NotZero(memory.Swap), "memory.swap");
        controllers.Add("memory", "memory.soft_limit_in_bytes", NotZero(memory.Reservation), "memory.reservation");
        controllers.Add("memory", "memory.kmem.tcp.limit_in_bytes", NotZero(memory.KernelTcp), "memory.kernelTCP");
        controllers.Add("memory", "memory.swappiness", memory.Swappiness, "memory.swappiness");
        if (memory.DisableOomKiller is { } disable)
            controllers.Add("memory", "memory.oom_control", disable ? "1" : "0", "memory.disableOOMKiller");
        if (memory.UseHierarchy is true)
            controllers.Add("memory", "memory.use_hierarchy", "1", "memory.useHierarchy");
    }

    // Engines write 0 for "not set".
    private static long? NotZero(long? value) => value is 0 ? null : value;
}
