using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Resource limits (man 2 prlimit).</summary>
public static unsafe class ResourceLimits
{
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

    /// <summary>The limits of one resource, which children inherit.</summary>
    public static (ulong Soft, ulong Hard) Of(int resource)
    {
        rlimit64 limit = default;
        // SAFETY: the kernel writes one rlimit64, which lives until after the call.
        Check.Ok(Kernel.Call(SYS.prlimit64, 0, resource, 0, (nint)(&limit)), "get resource limit", $"{resource}");
        return (limit.rlim_cur, limit.rlim_max);
    }
}
