using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;

namespace Vessel.Native.Raw;

/// <summary>openat2(2)'s argument.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct open_how
{
    public ulong flags;
    public ulong mode;
    public ulong resolve;
}

/// <summary>Flags of open(2), openat2(2) and the *at calls. Four of them have other values on arm64 (<c>asm/fcntl.h</c>).</summary>
public static class Open
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_EACCESS = 0x200;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_RECURSIVE = 0x8000;

    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    public const ulong RESOLVE_NO_XDEV = 1;
    public const ulong RESOLVE_NO_MAGICLINKS = 2;
    public const ulong RESOLVE_NO_SYMLINKS = 4;
    public const ulong RESOLVE_BENEATH = 8;
    public const ulong RESOLVE_IN_ROOT = 16;

    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_SETFD = 2;
    public const int F_GETFD = 1;
    public const int FD_CLOEXEC = 1;
    public const int F_ADD_SEALS = 1033;
    public const int F_SEAL_SEAL = 1;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;
    public const int F_SEAL_WRITE = 8;

    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    public const uint CLOSE_RANGE_CLOEXEC = 4;

    public const uint S_IFMT = 0xF000;
    public const uint S_IFSOCK = 0xC000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFIFO = 0x1000;

    public const uint X_OK = 1;

    private static bool Arm => ArmBase.Arm64.IsSupported;

    public static int O_DIRECTORY => Arm ? 0x4000 : 0x10000;

    public static int O_NOFOLLOW => Arm ? 0x8000 : 0x20000;
}
