using System.Text;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Bpf;

namespace Vessel.Native.Safe;

/// <summary>eBPF programs that decide which devices a v2 cgroup's processes may use.</summary>
public static unsafe class BpfPrograms
{
    private const int LogSize = 65536;
    private const int ProgramsOfACgroup = 64; // the kernel's own limit

    // By it our program is told from others on the same cgroup: a service manager has its own.
    private static ReadOnlySpan<byte> Name => "vrun_devices"u8;

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
            Name.CopyTo(new Span<byte>(attributes.prog_name, 16));
            nint result = Kernel.Call(SYS.bpf, BPF_PROG_LOAD, (nint)(&attributes), sizeof(bpf_prog_load_attr));
            if (result == -Errno.EPERM)
                result = LoadWithoutMemoryLimit(&attributes);
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

    // Before Linux 5.11 all programs of a user together count as locked memory, of which the default limit is 64 KiB: a few dozen containers.
    private static nint LoadWithoutMemoryLimit(bpf_prog_load_attr* attributes)
    {
        rlimit64 unlimited = new() { rlim_cur = ulong.MaxValue, rlim_max = ulong.MaxValue }, before = default;
        if (Kernel.Call(SYS.prlimit64, 0, ProcessControl.RLIMIT_MEMLOCK, (nint)(&unlimited), (nint)(&before)) < 0)
            return -Errno.EPERM;
        nint result = Kernel.Call(SYS.bpf, BPF_PROG_LOAD, (nint)attributes, sizeof(bpf_prog_load_attr));
        // Hooks inherit ours.
        _ = Kernel.Call(SYS.prlimit64, 0, ProcessControl.RLIMIT_MEMLOCK, (nint)(&before), 0);
        return result;
    }

    /// <summary>Puts a device program on a cgroup in place of our earlier one, beside those of others and of the cgroups above. At every moment one of the two decides.</summary>
    /// <exception cref="SyscallException">Refused; the earlier one is still there.</exception>
    public static void SetDeviceProgram(FileDescriptor cgroup, FileDescriptor program)
    {
        using FileDescriptor? earlier = FindOurs(cgroup);
        bpf_prog_attach_attr attributes = new()
        {
            target_fd = (uint)cgroup.Number,
            attach_bpf_fd = (uint)program.Number,
            attach_type = BPF_CGROUP_DEVICE,
            attach_flags = BPF_F_ALLOW_MULTI | (earlier is null ? 0 : BPF_F_REPLACE),
            replace_bpf_fd = (uint)(earlier?.Number ?? 0),
        };
        nint result = Kernel.Call(SYS.bpf, BPF_PROG_ATTACH, (nint)(&attributes), sizeof(bpf_prog_attach_attr));
        if (result == -Errno.EINVAL && earlier is not null)
        {
            // Linux before 5.6 cannot replace: both decide for a moment, and allow what both allow.
            attributes.attach_flags = BPF_F_ALLOW_MULTI;
            attributes.replace_bpf_fd = 0;
            result = Kernel.Call(SYS.bpf, BPF_PROG_ATTACH, (nint)(&attributes), sizeof(bpf_prog_attach_attr));
            attributes.attach_bpf_fd = (uint)earlier.Number;
            if (result == 0)
                result = Kernel.Call(SYS.bpf, BPF_PROG_DETACH, (nint)(&attributes), sizeof(bpf_prog_attach_attr));
        }
        Check.Ok(result, "attach device program");
    }

    private static FileDescriptor? FindOurs(FileDescriptor cgroup)
    {
        uint* ids = stackalloc uint[ProgramsOfACgroup];
        bpf_prog_query_attr query = new() { target_fd = (uint)cgroup.Number, attach_type = BPF_CGROUP_DEVICE, prog_ids = (ulong)ids, prog_cnt = ProgramsOfACgroup };
        if (Kernel.Call(SYS.bpf, BPF_PROG_QUERY, (nint)(&query), sizeof(bpf_prog_query_attr)) < 0)
            return null;
        for (uint i = 0; i < query.prog_cnt; i++)
        {
            bpf_id_attr id = new() { id = ids[i] };
            nint opened = Kernel.Call(SYS.bpf, BPF_PROG_GET_FD_BY_ID, (nint)(&id), sizeof(bpf_id_attr));
            if (opened < 0)
                continue;
            FileDescriptor program = new((int)opened);
            if (NameOf(program).SequenceEqual(Name))
                return program;
            program.Dispose();
        }
        return null;
    }

    private static byte[] NameOf(FileDescriptor program)
    {
        bpf_prog_info info = default;
        bpf_info_attr attributes = new() { bpf_fd = (uint)program.Number, info_len = (uint)sizeof(bpf_prog_info), info = (ulong)(&info) };
        if (Kernel.Call(SYS.bpf, BPF_OBJ_GET_INFO_BY_FD, (nint)(&attributes), sizeof(bpf_info_attr)) < 0)
            return [];
        ReadOnlySpan<byte> name = new(info.name, 16);
        return name[..name.IndexOf((byte)0)].ToArray();
    }
}
