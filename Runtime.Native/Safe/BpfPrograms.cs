using System.Text;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Bpf;

namespace Vessel.Native.Safe;

/// <summary>eBPF programs that decide which devices a v2 cgroup's processes may use.</summary>
public static unsafe class BpfPrograms
{
    private const int LogSize = 65536;

    /// <summary>Loads a device program; the kernel verifies it.</summary>
    /// <exception cref="SyscallException">Refused; the message has the verifier's last words.</exception>
    public static FileDescriptor LoadDeviceProgram(ReadOnlySpan<bpf_insn> instructions)
    {
        fixed (bpf_insn* code = instructions)
        fixed (byte* license = "Apache-2.0\0"u8)
        {
            bpf_prog_load_attr attributes = new()
            {
                prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                insn_cnt = (uint)instructions.Length,
                insns = (ulong)code,
                license = (ulong)license,
            };
            nint result = Kernel.Call(SYS.bpf, BPF_PROG_LOAD, (nint)(&attributes), sizeof(bpf_prog_load_attr));
            if (result >= 0)
                return new FileDescriptor((int)result);
            // Once more, for the reason.
            byte[] log = new byte[LogSize];
            fixed (byte* text = log)
            {
                attributes.log_level = 1;
                attributes.log_size = LogSize;
                attributes.log_buf = (ulong)text;
                result = Kernel.Call(SYS.bpf, BPF_PROG_LOAD, (nint)(&attributes), sizeof(bpf_prog_load_attr));
            }
            string words = Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
            Check.Ok(result, "load device program", words.Length == 0 ? null : $"({words[(words.LastIndexOf('\n') + 1)..]})");
            return new FileDescriptor((int)result);
        }
    }

    /// <summary>Attaches a device program to a cgroup, beside those of the cgroups above.</summary>
    public static void AttachDeviceProgram(FileDescriptor cgroup, FileDescriptor program)
    {
        bpf_prog_attach_attr attributes = new()
        {
            target_fd = (uint)cgroup.Number,
            attach_bpf_fd = (uint)program.Number,
            attach_type = BPF_CGROUP_DEVICE,
            attach_flags = BPF_F_ALLOW_MULTI,
        };
        Check.Ok(Kernel.Call(SYS.bpf, BPF_PROG_ATTACH, (nint)(&attributes), sizeof(bpf_prog_attach_attr)), "attach device program");
    }
}
