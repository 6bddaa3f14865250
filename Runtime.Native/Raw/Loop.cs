using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>What a loop device is to be (linux/loop.h).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct loop_info64
{
    public ulong lo_device;
    public ulong lo_inode;
    public ulong lo_rdevice;
    public ulong lo_offset;
    public ulong lo_sizelimit;
    public uint lo_number;
    public uint lo_encrypt_type;
    public uint lo_encrypt_key_size;
    public uint lo_flags;
    public fixed byte lo_file_name[64];
    public fixed byte lo_crypt_name[64];
    public fixed byte lo_encrypt_key[32];
    public fixed ulong lo_init[2];
}

/// <summary>LOOP_CONFIGURE's argument (Linux 5.8).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct loop_config
{
    public uint fd;
    public uint block_size;
    public loop_info64 info;
    public fixed ulong reserved[8];
}

/// <summary>Constants of loop devices.</summary>
public static class Loop
{
    public const uint LOOP_CONFIGURE = 0x4c0a;
    public const uint LOOP_CTL_GET_FREE = 0x4c82;

    public const uint LO_FLAGS_READ_ONLY = 1;
    public const uint LO_FLAGS_AUTOCLEAR = 4;
}
