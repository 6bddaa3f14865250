using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>prctl(2), capset(2), waitid(2) and relatives.</summary>
public static class ProcessControl
{
    public const int RLIMIT_NOFILE = 7;
    public const int RLIMIT_MEMLOCK = 8;
    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_SET_NAME = 15;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_SECUREBITS = 28;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    public const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    public const int P_PID = 1;
    public const int P_PIDFD = 3;
    public const int WEXITED = 4;
    public const int WNOHANG = 1;
    public const int WNOWAIT = 0x1000000;
    public const int WALL = 0x40000000;
    public const int CLD_EXITED = 1;

    public const int SECCOMP_SET_MODE_FILTER = 1;

    public const int KEYCTL_JOIN_SESSION_KEYRING = 1;
    public const int KEYCTL_SETPERM = 5;
    public const int KEYCTL_DESCRIBE = 6;

    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const uint MFD_EXEC = 0x10;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;
}

/// <summary>A BPF program as seccomp(2) takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct sock_fprog
{
    public ushort len;
    public ulong filter;
}

/// <summary>capset(2)'s header.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct cap_user_header
{
    public uint version;
    public int pid;
}

/// <summary>capset(2)'s data; two of them make 64 bits.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct cap_user_data
{
    public uint effective;
    public uint permitted;
    public uint inheritable;
}

/// <summary>A soft and a hard limit (man 2 prlimit).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct rlimit64
{
    public ulong rlim_cur;
    public ulong rlim_max;
}

/// <summary>waitid(2)'s answer, as far as it is read: the layout is that of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct siginfo
{
    [FieldOffset(0)] public int si_signo;
    [FieldOffset(4)] public int si_errno;
    [FieldOffset(8)] public int si_code;
    [FieldOffset(16)] public int si_pid;
    [FieldOffset(20)] public uint si_uid;
    [FieldOffset(24)] public int si_status;
}

/// <summary>What a read from a signalfd(2) gives, as far as it is read.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct signalfd_siginfo
{
    [FieldOffset(0)] public uint ssi_signo;
    [FieldOffset(8)] public int ssi_code;
    [FieldOffset(12)] public uint ssi_pid;
}

/// <summary>sched_setattr(2)'s argument.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct sched_attr
{
    public uint size;
    public uint sched_policy;
    public ulong sched_flags;
    public int sched_nice;
    public uint sched_priority;
    public ulong sched_runtime;
    public ulong sched_deadline;
    public ulong sched_period;
}
