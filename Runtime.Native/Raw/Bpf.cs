using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>One instruction of eBPF (kernel: Documentation/bpf/standardization/instruction-set.rst).</summary>
/// <param name="Code">The operation.</param>
/// <param name="Registers">Destination in the low half, source in the high half.</param>
/// <param name="Offset">Of memory, or of a jump.</param>
/// <param name="Immediate">A constant.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct bpf_insn(byte Code, byte Registers, short Offset, int Immediate);

/// <summary>The part of <c>union bpf_attr</c> that BPF_PROG_LOAD reads.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public unsafe struct bpf_prog_load_attr
{
    public uint prog_type;
    public uint insn_cnt;
    public ulong insns;
    public ulong license;
    public uint log_level;
    public uint log_size;
    public ulong log_buf;
    public uint kern_version;
    public uint prog_flags;
    public fixed byte prog_name[16];
}

/// <summary>The part of <c>union bpf_attr</c> that BPF_PROG_ATTACH reads.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct bpf_prog_attach_attr
{
    public uint target_fd;
    public uint attach_bpf_fd;
    public uint attach_type;
    public uint attach_flags;
    public uint replace_bpf_fd;
}

/// <summary>The part of <c>union bpf_attr</c> that BPF_PROG_QUERY reads and writes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct bpf_prog_query_attr
{
    public uint target_fd;
    public uint attach_type;
    public uint query_flags;
    public uint attach_flags;
    public ulong prog_ids;
    public uint prog_cnt;
}

/// <summary>The part of <c>union bpf_attr</c> that BPF_PROG_GET_FD_BY_ID reads.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct bpf_id_attr
{
    public uint id;
}

/// <summary>The part of <c>union bpf_attr</c> that BPF_OBJ_GET_INFO_BY_FD reads.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct bpf_info_attr
{
    public uint bpf_fd;
    public uint info_len;
    public ulong info;
}

/// <summary>The beginning of the kernel's description of a program, as far as its name.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct bpf_prog_info
{
    public uint type;
    public uint id;
    public fixed byte tag[8];
    public uint jited_prog_len;
    public uint xlated_prog_len;
    public ulong jited_prog_insns;
    public ulong xlated_prog_insns;
    public ulong load_time;
    public uint created_by_uid;
    public uint nr_map_ids;
    public ulong map_ids;
    public fixed byte name[16];
}

/// <summary>Constants of bpf(2) for device programs of cgroups.</summary>
public static class Bpf
{
    public const int BPF_PROG_LOAD = 5;
    public const int BPF_PROG_ATTACH = 8;
    public const int BPF_PROG_DETACH = 9;
    public const int BPF_PROG_GET_FD_BY_ID = 13;
    public const int BPF_OBJ_GET_INFO_BY_FD = 15;
    public const int BPF_PROG_QUERY = 16;
    public const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    public const uint BPF_CGROUP_DEVICE = 6;
    public const uint BPF_F_ALLOW_MULTI = 2;
    public const uint BPF_F_REPLACE = 4;

    public const int BPF_DEVCG_ACC_MKNOD = 1;
    public const int BPF_DEVCG_ACC_READ = 2;
    public const int BPF_DEVCG_ACC_WRITE = 4;
    public const int BPF_DEVCG_DEV_BLOCK = 1;
    public const int BPF_DEVCG_DEV_CHAR = 2;
}
