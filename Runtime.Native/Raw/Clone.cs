using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>clone3(2)'s argument.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct clone_args
{
    public ulong flags;
    public ulong pidfd;
    public ulong child_tid;
    public ulong parent_tid;
    public ulong exit_signal;
    public ulong stack;
    public ulong stack_size;
    public ulong tls;
    public ulong set_tid;
    public ulong set_tid_size;
    public ulong cgroup;
}

/// <summary>Flags of clone(2), clone3(2), unshare(2) and setns(2).</summary>
public static class Clone
{
    public const ulong CLONE_VM = 0x100;
    public const ulong CLONE_PIDFD = 0x1000;
    public const ulong CLONE_VFORK = 0x4000;
    public const ulong CLONE_PARENT = 0x8000;
    public const ulong CLONE_NEWTIME = 0x80;
    public const ulong CLONE_NEWNS = 0x20000;
    public const ulong CLONE_NEWCGROUP = 0x02000000;
    public const ulong CLONE_NEWUTS = 0x04000000;
    public const ulong CLONE_NEWIPC = 0x08000000;
    public const ulong CLONE_NEWUSER = 0x10000000;
    public const ulong CLONE_NEWPID = 0x20000000;
    public const ulong CLONE_NEWNET = 0x40000000;
    public const ulong CLONE_INTO_CGROUP = 0x200000000;
}
