using FsCheck;
using FsCheck.Fluent;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>Generators of profiles and of calls that are likely to meet their rules.</summary>
internal static class RandomProfiles
{
    // Few enough that rules meet on one call; the first and last numbers, calls that only one architecture has, those that i386 multiplexes,
    // arm's private ones, and one that does not exist.
    private static readonly string[] Names =
    [
        "read", "write", "open", "close", "io_setup", "setxattr", "restart_syscall", "exit", "fork", "clone", "clone3", "mount", "personality",
        "ioctl", "socket", "bind", "accept", "accept4", "socketcall", "send", "recvmsg", "ipc", "semop", "semget", "shmctl", "shmat", "preadv2",
        "process_vm_readv", "keyctl", "futex_waitv", "listns", "uretprobe", "cacheflush", "set_tls", "fstat64", "newfstatat", "openat2",
        "no_such_call",
    ];

    private static readonly string[] Actions =
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
        "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_TRACE", "SCMP_ACT_LOG",
    ];

    private static readonly string[] Operators =
        ["SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"];

    private static readonly ulong[] Values =
    [
        0, 1, 2, 3, 8, 23, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, 0x2_0000_0001,
        0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000, 0xFFFF_FFFF_0000_0001, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private static readonly uint[] EdgeNumbers =
        [334, 335, 336, 450, 470, 471, 472, 547, 548, 999, 1000, 1015, 1016, 0xF_0000, 0xF_0006, 0xF_0010, 0x3FFF_FFFF, 0x4000_0000,
            0x4000_0223, 0x7FFF_FFFF, 0x8000_0000, 0xBFFF_FFFF, 0xC000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];

    private static readonly SeccompArchitecture[] AllArchitectures = Enum.GetValues<SeccompArchitecture>();

    private static readonly Gen<ulong> Value = Gen.Elements(Values);

    private static readonly Gen<uint?> Errno = Gen.Elements<uint?>(null, 0, 1, 38, 4095);

    private static readonly Gen<LinuxSeccompArg> Arg =
        from index in Gen.Choose(0, 5).Select(i => (uint)Math.Max(0, i - 2))
        from op in Gen.Elements(Operators)
        from value in Value
        from valueTwo in Value
        select new LinuxSeccompArg(index, value, valueTwo, op);

    private static readonly Gen<LinuxSyscall> Rule =
        from names in Gen.Elements(Names).ListOf().Resize(5)
        from action in Gen.Elements(Actions)
        from errno in Errno
        from count in Gen.Elements(0, 0, 1, 1, 1, 2, 2, 3)
        from args in Arg.ListOf(count)
        select new LinuxSyscall
        {
            Names = [.. names],
            Action = action,
            ErrnoRet = action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE" ? errno : null,
            Args = [.. args],
        };

    private static readonly Gen<LinuxSeccomp> Profile =
        from action in Gen.Elements(Actions)
        from errno in Errno
        from architectures in Gen.SubListOf("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_S390X")
        from count in Gen.Choose(0, 5)
        from rules in Rule.ListOf(count < 3 ? count : count * count)
        select new LinuxSeccomp
        {
            DefaultAction = action,
            DefaultErrnoRet = action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE" ? errno : null,
            Architectures = [.. architectures],
            Syscalls = [.. rules],
        };

    private static readonly Gen<SeccompCall> Call =
        from architecture in Gen.Elements(AllArchitectures)
        from name in Gen.Elements(Names)
        from edge in Gen.Elements(EdgeNumbers)
        from kind in Gen.Choose(0, 9)
        from args in Value.ArrayOf(6)
        select SyscallTable.TryGetNumber(architecture, name, out uint number) && kind > 2
            ? new SeccompCall(architecture, number, args)
            : new SeccompCall(edge, kind == 0 ? 0xC000_0016 : SeccompArchitectures.AuditNumber(architecture), args);

    public static Arbitrary<(LinuxSeccomp Profile, SeccompCall[] Calls)> Cases =>
        Arb.From(from profile in Profile from calls in Call.ArrayOf(200) select (profile, calls), Shrink);

    // A failure is read in the smallest profile and the one call that shows it.
    private static IEnumerable<(LinuxSeccomp Profile, SeccompCall[] Calls)> Shrink((LinuxSeccomp Profile, SeccompCall[] Calls) test)
    {
        if (test.Calls.Length > 1)
        {
            foreach (SeccompCall call in test.Calls)
                yield return (test.Profile, [call]);
        }
        for (int i = 0; i < test.Profile.Syscalls.Count; i++)
        {
            LinuxSyscall rule = test.Profile.Syscalls[i];
            yield return (Without(i), test.Calls);
            for (int n = 0; rule.Names.Count > 1 && n < rule.Names.Count; n++)
                yield return (With(i, rule with { Names = [.. rule.Names.Where((_, at) => at != n)] }), test.Calls);
            for (int a = 0; a < rule.Args.Count; a++)
                yield return (With(i, rule with { Args = [.. rule.Args.Where((_, at) => at != a)] }), test.Calls);
        }

        LinuxSeccomp Without(int index) => test.Profile with { Syscalls = [.. test.Profile.Syscalls.Where((_, at) => at != index)] };

        LinuxSeccomp With(int index, LinuxSyscall rule) =>
            test.Profile with { Syscalls = [.. test.Profile.Syscalls.Select((old, at) => at == index ? rule : old)] };
    }
}
