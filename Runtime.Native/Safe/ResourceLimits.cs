using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Resource limits (man 2 prlimit).</summary>
public static unsafe class ResourceLimits
{
    /// <summary>Sets a limit of a process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="resource">The number of RLIMIT_….</param>
    /// <param name="soft">The limit, in the resource's unit.</param>
    /// <param name="hard">What the process itself may raise it to.</param>
    /// <returns>0, or the negative errno.</returns>
    public static nint TrySet(int pid, int resource, ulong soft, ulong hard)
    {
        rlimit64 limit = new() { rlim_cur = soft, rlim_max = hard };
        // SAFETY: the kernel reads one struct during the call.
        return Kernel.Call(SYS.prlimit64, pid, resource, (nint)(&limit), 0);
    }

    /// <summary>
    /// Takes as many open files as may be had, as .NET's own host does: the soft limit of 1024 that shells and services give is for programs of
    /// select(2), and a folder in a folder in a folder takes a descriptor each. Best effort: with fewer some of it is an error.
    /// </summary>
    public static void RaiseOpenFiles()
    {
        rlimit64 limit = default;
        if (Kernel.Call(SYS.prlimit64, 0, ProcessControl.RLIMIT_NOFILE, 0, (nint)(&limit)) < 0)
            return;
        limit.rlim_cur = limit.rlim_max;
        _ = Kernel.Call(SYS.prlimit64, 0, ProcessControl.RLIMIT_NOFILE, (nint)(&limit), 0);
    }
}
