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
public struct bpf_prog_load_attr
{
    public uint prog_type;
    public uint insn_cnt;
    public ulong insns;
    public ulong license;
    public uint log_level;
    public uint log_size;
    public ulong log_buf;
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

/// <summary>Constants of bpf(2) for device programs of cgroups.</summary>
public static class Bpf
{
    public const int BPF_PROG_LOAD = 5;
    public const int BPF_PROG_ATTACH = 8;
    public const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    public const uint BPF_CGROUP_DEVICE = 6;
    public const uint BPF_F_ALLOW_MULTI = 2;

    public const int BPF_DEVCG_ACC_MKNOD = 1;
    public const int BPF_DEVCG_ACC_READ = 2;
    public const int BPF_DEVCG_ACC_WRITE = 4;
    public const int BPF_DEVCG_DEV_BLOCK = 1;
    public const int BPF_DEVCG_DEV_CHAR = 2;
}
