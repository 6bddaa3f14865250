using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>A time of statx(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct statx_timestamp
{
    public long tv_sec;
    public uint tv_nsec;
    private readonly int reserved;
}

/// <summary>What statx(2) tells; used everywhere in place of stat, whose layout differs between architectures.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct statx
{
    public uint stx_mask;
    public uint stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink;
    public uint stx_uid;
    public uint stx_gid;
    public ushort stx_mode;
    private readonly ushort pad;
    public ulong stx_ino;
    public ulong stx_size;
    public ulong stx_blocks;
    public ulong stx_attributes_mask;
    public statx_timestamp stx_atime;
    public statx_timestamp stx_btime;
    public statx_timestamp stx_ctime;
    public statx_timestamp stx_mtime;
    public uint stx_rdev_major;
    public uint stx_rdev_minor;
    public uint stx_dev_major;
    public uint stx_dev_minor;
    public ulong stx_mnt_id;

    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint STATX_TYPE = 1;
    public const uint STATX_MODE = 2;
    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;
}

/// <summary>Magic numbers of filesystems (<c>linux/magic.h</c>; man 2 statfs).</summary>
public static class FilesystemMagic
{
    public const uint PROC_SUPER_MAGIC = 0x9fa0;
    public const uint DEVPTS_SUPER_MAGIC = 0x1cd1;
    public const uint CGROUP2_SUPER_MAGIC = 0x63677270;
    public const uint CGROUP_SUPER_MAGIC = 0x27e0eb;
    public const uint NSFS_MAGIC = 0x6e736673;
    public const uint TMPFS_MAGIC = 0x01021994;
}
