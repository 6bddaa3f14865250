using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>One piece of a message (man 2 readv).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct iovec
{
    public ulong iov_base;
    public ulong iov_len;
}

/// <summary>sendmsg(2)'s and recvmsg(2)'s argument, as the kernel has it (<c>user_msghdr</c>): pointers as numbers, so that a plan can hold it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct msghdr
{
    public ulong msg_name;
    public int msg_namelen;
    public ulong msg_iov;
    public ulong msg_iovlen;
    public ulong msg_control;
    public ulong msg_controllen;
    public uint msg_flags;
}

/// <summary>Header of ancillary data (man 3 cmsg); the data follows, aligned to eight.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct cmsghdr
{
    public ulong cmsg_len;
    public int cmsg_level;
    public int cmsg_type;
}

/// <summary>Constants of socket(2) and of ancillary data.</summary>
public static class Socket
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOL_SOCKET = 1;
    public const int SCM_RIGHTS = 1;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_DONTWAIT = 0x40;
    public const int SIOCGIFFLAGS = 0x8913;
    public const int SIOCSIFFLAGS = 0x8914;
    public const short IFF_UP = 1;
}
