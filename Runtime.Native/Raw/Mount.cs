using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>mount_setattr(2)'s argument.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct mount_attr
{
    public ulong attr_set;
    public ulong attr_clr;
    public ulong propagation;
    public ulong userns_fd;
}

/// <summary>Constants of mount(2), umount2(2) and of the mount API by descriptors (man 2 fsopen, mount_setattr).</summary>
public static class Mount
{
    public const uint MS_RDONLY = 1;
    public const uint MS_NOSUID = 2;
    public const uint MS_NODEV = 4;
    public const uint MS_NOEXEC = 8;
    public const uint MS_SYNCHRONOUS = 16;
    public const uint MS_REMOUNT = 32;
    public const uint MS_MANDLOCK = 64;
    public const uint MS_DIRSYNC = 128;
    public const uint MS_NOSYMFOLLOW = 256;
    public const uint MS_NOATIME = 1024;
    public const uint MS_NODIRATIME = 2048;
    public const uint MS_BIND = 4096;
    public const uint MS_MOVE = 8192;
    public const uint MS_REC = 16384;
    public const uint MS_SILENT = 32768;
    public const uint MS_UNBINDABLE = 1 << 17;
    public const uint MS_PRIVATE = 1 << 18;
    public const uint MS_SLAVE = 1 << 19;
    public const uint MS_SHARED = 1 << 20;
    public const uint MS_RELATIME = 1 << 21;
    public const uint MS_I_VERSION = 1 << 23;
    public const uint MS_STRICTATIME = 1 << 24;
    public const uint MS_LAZYTIME = 1 << 25;

    public const int MNT_FORCE = 1;
    public const int MNT_DETACH = 2;

    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint FSCONFIG_SET_FLAG = 0;
    public const uint FSCONFIG_SET_STRING = 1;
    public const uint FSCONFIG_CMD_CREATE = 6;

    public const uint OPEN_TREE_CLONE = 1;
    public const uint OPEN_TREE_CLOEXEC = 0x80000;

    public const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    public const ulong MOUNT_ATTR_RDONLY = 1;
    public const ulong MOUNT_ATTR_NOSUID = 2;
    public const ulong MOUNT_ATTR_NODEV = 4;
    public const ulong MOUNT_ATTR_NOEXEC = 8;
    public const ulong MOUNT_ATTR__ATIME = 0x70;
    public const ulong MOUNT_ATTR_RELATIME = 0;
    public const ulong MOUNT_ATTR_NOATIME = 0x10;
    public const ulong MOUNT_ATTR_STRICTATIME = 0x20;
    public const ulong MOUNT_ATTR_NODIRATIME = 0x80;
    public const ulong MOUNT_ATTR_IDMAP = 0x100000;
    public const ulong MOUNT_ATTR_NOSYMFOLLOW = 0x200000;
}
