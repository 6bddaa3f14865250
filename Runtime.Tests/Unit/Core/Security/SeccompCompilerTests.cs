using NUnit.Framework;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;
using static Vessel.Core.Security.Seccomp.SeccompArchitecture;
using static Vessel.Tests.Unit.Core.Security.Profiles;

namespace Vessel.Tests.Unit.Core.Security;

public sealed class SeccompCompilerTests
{
    private static readonly ulong[] Edges =
    [
        0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, 0x1_FFFF_FFFF, 0x2_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_0000_0000, 0xFFFF_FFFF_FFFF_FFFE, ulong.MaxValue,
    ];

    [TestCase("NE")]
    [TestCase("LT")]
    [TestCase("LE")]
    [TestCase("EQ")]
    [TestCase("GE")]
    [TestCase("GT")]
    public void Operator_ComparesAllSixtyFourBits(string op)
    {
        foreach (ulong value in Edges)
        {
            BpfInterpreter filter = Compile(Denying(Rule("SCMP_ACT_ALLOW", "ioctl", Arg(5, op, value))));
            foreach (ulong argument in Edges)
            {
                bool holds = op switch
                {
                    "NE" => argument != value,
                    "LT" => argument < value,
                    "LE" => argument <= value,
                    "EQ" => argument == value,
                    "GE" => argument >= value,
                    _ => argument > value,
                };
                uint result = filter.Run(new SeccompCall(X86_64, "ioctl", 9, 9, 9, 9, 9, argument));
                Assert.That(result, Is.EqualTo(holds ? Allow : Errno(EPERM)), $"{argument:x} {op} {value:x}");
            }
        }
    }

    [TestCase("NE", 0x5_0000_0001ul, 0x9_0000_0001ul, false)]
    [TestCase("EQ", 0x5_0000_0001ul, 0x9_0000_0001ul, true)]
    [TestCase("GT", 0x5_0000_0001ul, 0x0_0000_0002ul, true)]
    [TestCase("LT", 0x5_0000_0001ul, 0xF_0000_0000ul, true)]
    [TestCase("GE", 0x5_0000_0001ul, 0x9_0000_0000ul, false)]
    [TestCase("LE", 0x5_0000_0001ul, 0x0_0000_0002ul, false)]
    public void Operator_OfThirtyTwoBitCall_ComparesLowHalf(string op, ulong value, ulong argument, bool holds)
    {
        LinuxSeccomp profile = Denying(Rule("SCMP_ACT_ALLOW", "ioctl", Arg(1, op, value)))
            with
        { Architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] };
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(X86, "ioctl", 0, argument)), Is.EqualTo(holds ? Allow : Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(X32, "ioctl", 0, argument)), Is.EqualTo(holds ? Allow : Errno(EPERM)));
    }

    [TestCase(0x7E02_0000ul, 0x0ul, 0x11ul, true)]
    [TestCase(0x7E02_0000ul, 0x0ul, 0x1000_0011ul, false)]
    [TestCase(0x7E02_0000ul, 0x0ul, 0x1_0000_0011ul, true)]
    [TestCase(0xF_0000_000Ful, 0x3_0000_0001ul, 0xFFF3_FFFF_FFF1ul, true)]
    [TestCase(0xF_0000_000Ful, 0x3_0000_0001ul, 0xFFF2_FFFF_FFF1ul, false)]
    [TestCase(0xF_0000_0000ul, 0x3_0000_0000ul, 0x3_1234_5678ul, true)]
    [TestCase(0x0ul, 0x0ul, 0x1234ul, true)]
    [TestCase(0xFul, 0xF1ul, 0x1ul, true, Description = "bits of valueTwo outside the mask are ignored, as by libseccomp")]
    public void MaskedEqual_LooksThroughTheMask(ulong mask, ulong value, ulong argument, bool holds)
    {
        BpfInterpreter filter = Compile(Denying(Rule("SCMP_ACT_ALLOW", "clone", Arg(0, "MASKED_EQ", mask, value))));
        Assert.That(filter.Run(new SeccompCall(X86_64, "clone", argument)), Is.EqualTo(holds ? Allow : Errno(EPERM)));
    }

    [Test]
    public void ConditionsOfOneRule_MustAllHold()
    {
        BpfInterpreter filter = Compile(Denying(Rule("SCMP_ACT_ALLOW", "socket", Arg(0, "EQ", 16), Arg(2, "NE", 9), Arg(1, "LE", 3))));
        Assert.That(filter.Run(new SeccompCall(X86_64, "socket", 16, 3, 0)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "socket", 16, 3, 9)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(X86_64, "socket", 16, 4, 0)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(X86_64, "socket", 17, 3, 0)), Is.EqualTo(Errno(EPERM)));
    }

    [Test]
    public void ConditionsOnOneArgument_AreAlternatives_AsInRunc()
    {
        BpfInterpreter filter = Compile(Denying(Rule("SCMP_ACT_ALLOW", "personality", Arg(0, "EQ", 0), Arg(0, "EQ", 8), Arg(1, "EQ", 5))));
        Assert.That(filter.Run(new SeccompCall(X86_64, "personality", 0)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "personality", 8)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "personality", 3, 5)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "personality", 3)), Is.EqualTo(Errno(EPERM)));
    }

    [Test]
    public void ConditionalRules_FirstMatchInTheDocumentWins()
    {
        BpfInterpreter filter = Compile(Denying(
            ErrnoRule(2, "ioctl", Arg(1, "GT", 100)),
            Rule("SCMP_ACT_ALLOW", "ioctl", Arg(1, "GT", 10)),
            ErrnoRule(3, "ioctl", Arg(1, "EQ", 200))));
        Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, 200)), Is.EqualTo(Errno(2)));
        Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, 50)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, 5)), Is.EqualTo(Errno(EPERM)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void UnconditionalRule_StandsAlone_AsInLibseccomp(bool isFirst)
    {
        LinuxSyscall conditional = ErrnoRule(2, "mount", Arg(3, "EQ", 1));
        LinuxSyscall unconditional = Rule("SCMP_ACT_ALLOW", "mount");
        BpfInterpreter filter = Compile(isFirst ? Denying(unconditional, conditional) : Denying(conditional, unconditional));
        Assert.That(filter.Run(new SeccompCall(X86_64, "mount", 0, 0, 0, 1)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, "mount")), Is.EqualTo(Allow));
    }

    [Test]
    public void UnconditionalRules_FirstCounts()
    {
        BpfInterpreter filter = Compile(Denying(ErrnoRule(2, "mount"), Rule("SCMP_ACT_ALLOW", "mount")));
        Assert.That(filter.Run(new SeccompCall(X86_64, "mount")), Is.EqualTo(Errno(2)));
    }

    [Test]
    public void RuleWithDefaultAction_IsLeftOut()
    {
        BpfInterpreter filter = Compile(Denying(ErrnoRule(1, "mount"), Rule("SCMP_ACT_ALLOW", "mount", Arg(3, "EQ", 1))));
        Assert.That(filter.Run(new SeccompCall(X86_64, "mount", 0, 0, 0, 1)), Is.EqualTo(Allow));
    }

    [Test]
    public void ForeignArchitecture_KillsTheThread()
    {
        BpfInterpreter filter = Compile(Allowing());
        Assert.That(filter.Run(new SeccompCall(X86_64, "read")), Is.EqualTo(Allow));
        foreach (SeccompArchitecture other in new[] { X86, Arm64, Arm })
            Assert.That(filter.Run(new SeccompCall(other, 3)), Is.EqualTo(KillThread), other.ToString());
        BpfInterpreter arm = Compile(Allowing(), Arm64);
        Assert.That(arm.Run(new SeccompCall(Arm64, "read")), Is.EqualTo(Allow));
        Assert.That(arm.Run(new SeccompCall(X86_64, "read")), Is.EqualTo(KillThread));
    }

    [Test]
    public void NativeArchitecture_IsAlwaysIncluded()
    {
        LinuxSeccomp profile = Denying(Rule("SCMP_ACT_ALLOW", "read")) with { Architectures = [] };
        Assert.That(Compile(profile).Run(new SeccompCall(X86_64, "read")), Is.EqualTo(Allow));
        Assert.That(Compile(profile with { Architectures = ["SCMP_ARCH_X86"] }).Run(new SeccompCall(X86_64, "read")), Is.EqualTo(Allow));
    }

    [Test]
    public void ArchitectureTheProcessorCannotRun_AddsNothing()
    {
        LinuxSeccomp profile = Denying(Rule("SCMP_ACT_ALLOW", "read"));
        byte[] alone = SeccompCompiler.Compile(profile, X86_64).Instructions;
        LinuxSeccomp everything = profile with { Architectures = [.. SeccompNames.Architectures.Where(a => a is not ("SCMP_ARCH_X86" or "SCMP_ARCH_X32"))] };
        Assert.That(SeccompCompiler.Compile(everything, X86_64).Instructions, Is.EqualTo(alone));
    }

    [Test]
    public void X32_NotNamed_Kills_ExceptTheCallATracerSkips()
    {
        BpfInterpreter filter = Compile(Allowing(ErrnoRule(5, "read")));
        Assert.That(filter.Run(new SeccompCall(X86_64, "read")), Is.EqualTo(Errno(5)));
        foreach (uint number in new uint[] { 0x4000_0000, 0x4000_0001, 0x7FFF_FFFF, 0x8000_0000, 0xBFFF_FFFF, 0xFFFF_FFFE })
            Assert.That(filter.Run(new SeccompCall(X86_64, number)), Is.EqualTo(KillThread), number.ToString("x"));
        Assert.That(filter.Run(new SeccompCall(X86_64, 0xFFFF_FFFF)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, 0x3FFF_FFFF)), Is.EqualTo(Allow));
    }

    [Test]
    public void X32_Named_HasItsOwnNumbers()
    {
        BpfInterpreter filter = Compile(Allowing(ErrnoRule(5, "ioctl readv")) with { Architectures = ["SCMP_ARCH_X32"] });
        // ioctl is 16 on x86-64 and 514 on x32.
        Assert.That(filter.Run(new SeccompCall(X86_64, 16)), Is.EqualTo(Errno(5)));
        Assert.That(filter.Run(new SeccompCall(X32, 0x4000_0000 + 514)), Is.EqualTo(Errno(5)));
        Assert.That(filter.Run(new SeccompCall(X32, 0x4000_0000 + 16)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86_64, 514)), Is.EqualTo(Allow));
    }

    [Test]
    public void X32_WithOnlyNumberZeroNamed_LeavesNumbersOfNoAbiToTheDefault()
    {
        LinuxSeccomp profile = new() { DefaultAction = "SCMP_ACT_TRAP", Architectures = ["SCMP_ARCH_X32"], Syscalls = [Rule("SCMP_ACT_ALLOW", "read")] };
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(X86_64, 1)), Is.EqualTo(Trap));
        Assert.That(filter.Run(new SeccompCall(X32, 0x4000_0001)), Is.EqualTo(Errno(ENOSYS)));
        Assert.That(filter.Run(new SeccompCall(X86_64, 0x8000_0000)), Is.EqualTo(Trap));
    }

    [TestCase("SCMP_ACT_ERRNO", true)]
    [TestCase("SCMP_ACT_KILL", true)]
    [TestCase("SCMP_ACT_KILL_PROCESS", true)]
    [TestCase("SCMP_ACT_TRAP", true)]
    [TestCase("SCMP_ACT_ALLOW", false)]
    [TestCase("SCMP_ACT_LOG", false)]
    [TestCase("SCMP_ACT_TRACE", false)]
    public void NumbersAboveTheProfile_GiveEnosys_UnlessCallsPass(string action, bool isStubbed)
    {
        LinuxSeccomp profile = new()
        {
            DefaultAction = action,
            Architectures = ["SCMP_ARCH_X86"],
            // statx: 332 on x86-64, 383 on i386. The last rule repeats the default and counts nevertheless: io_pgetevents 333 and 385.
            Syscalls = [ErrnoRule(7, "statx"), Rule(action, "io_pgetevents")],
        };
        BpfInterpreter filter = Compile(profile);
        uint other = filter.Run(new SeccompCall(X86_64, "io_pgetevents"));
        Assert.That(other, Is.Not.EqualTo(Errno(ENOSYS)));
        Assert.That(filter.Run(new SeccompCall(X86_64, "mount")), Is.EqualTo(other));
        Assert.That(filter.Run(new SeccompCall(X86_64, "statx")), Is.EqualTo(Errno(7)));
        Assert.That(filter.Run(new SeccompCall(X86, "io_pgetevents")), Is.EqualTo(other));
        foreach (SeccompCall call in new SeccompCall[] { new(X86_64, 334), new(X86_64, 500), new(X86, 386), new(X86, 0xFFFF_FFFF) })
            Assert.That(filter.Run(call), Is.EqualTo(isStubbed ? Errno(ENOSYS) : other), call.ToString());
    }

    [Test]
    public void Multiplexed_I386Call_FollowsTheRuleOfItsPlainForm()
    {
        LinuxSeccomp profile = Denying(Rule("SCMP_ACT_ALLOW", "socket accept shmget")) with { Architectures = ["SCMP_ARCH_X86"] };
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(X86, "socketcall", 1)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86, "socketcall", 5)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86, "socketcall", 2)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(X86, "ipc", 23)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86, "ipc", 24)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(X86, "socket")), Is.EqualTo(Allow));
    }

    [Test]
    public void Multiplexed_DenialByFirstArgument_DeniesTheWholeSelector()
    {
        // The family lies in memory: what the plain call may not, the multiplexer may not at all.
        LinuxSeccomp profile = Allowing(ErrnoRule(1, "socket", Arg(0, "EQ", 38))) with { Architectures = ["SCMP_ARCH_X86"] };
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(X86, "socket", 2)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(X86, "socket", 38)), Is.EqualTo(Errno(1)));
        Assert.That(filter.Run(new SeccompCall(X86, "socketcall", 1)), Is.EqualTo(Errno(1)));
        Assert.That(filter.Run(new SeccompCall(X86, "socketcall", 3)), Is.EqualTo(Allow));
    }

    [TestCase("SCMP_ACT_ALLOW", null, Allow)]
    [TestCase("SCMP_ACT_ERRNO", null, 0x0005_0001u)]
    [TestCase("SCMP_ACT_ERRNO", 0u, 0x0005_0000u)]
    [TestCase("SCMP_ACT_ERRNO", 4095u, 0x0005_0FFFu)]
    [TestCase("SCMP_ACT_TRACE", null, 0x7FF0_0001u)]
    [TestCase("SCMP_ACT_TRACE", 65535u, 0x7FF0_FFFFu)]
    [TestCase("SCMP_ACT_KILL", null, KillThread)]
    [TestCase("SCMP_ACT_KILL_THREAD", null, KillThread)]
    [TestCase("SCMP_ACT_KILL_PROCESS", null, KillProcess)]
    [TestCase("SCMP_ACT_TRAP", null, Trap)]
    [TestCase("SCMP_ACT_LOG", null, Log)]
    [TestCase("SCMP_ACT_NOTIFY", null, Notify)]
    public void Action_BecomesTheKernelsReturnValue(string action, uint? errno, uint expected)
    {
        LinuxSyscall rule = new() { Names = ["mount"], Action = action, ErrnoRet = errno };
        LinuxSeccomp profile = new() { DefaultAction = "SCMP_ACT_ERRNO", DefaultErrnoRet = 99, Syscalls = [rule] };
        Assert.That(Compile(profile).Run(new SeccompCall(X86_64, "mount")), Is.EqualTo(expected));
    }

    [Test]
    public void Flags_AreThoseOfTheProfile()
    {
        LinuxSeccomp profile = Allowing(ErrnoRule(1, "mount"));
        Assert.That(SeccompCompiler.Compile(profile, X86_64).Flags, Is.Zero);
        profile = profile with { Flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] };
        SeccompFilter filter = SeccompCompiler.Compile(profile, X86_64);
        Assert.That(filter.Flags, Is.EqualTo(1u | 2 | 4));
        Assert.That(filter.NeedsListener, Is.False);

        filter = SeccompCompiler.Compile(profile with { Syscalls = [Rule("SCMP_ACT_NOTIFY", "mount")] }, X86_64);
        Assert.That(filter.Flags, Is.EqualTo(2u | 4 | 8 | 32), "the kernel refuses TSYNC beside a listener");
        Assert.That(filter.NeedsListener, Is.True);
    }

    [Test]
    public void UnknownNames_AreIgnoredAndListedOnce()
    {
        SeccompFilter filter = SeccompCompiler.Compile(Denying(
            Rule("SCMP_ACT_ALLOW", "read riscv_flush_icache no_such_call"), Rule("SCMP_ACT_ALLOW", "no_such_call socketcall")), X86_64);
        Assert.That(filter.UnknownSyscalls, Is.EqualTo(new[] { "riscv_flush_icache", "no_such_call" }));
    }

    [Test]
    public void Invalid_Profile_IsRefusedWithItsPlace()
    {
        LinuxSyscall mount = Rule("SCMP_ACT_ALLOW", "mount");
        (LinuxSeccomp Profile, string Text)[] cases =
        [
            (Denying() with { DefaultAction = "ALLOW" }, "linux.seccomp.defaultAction: \"ALLOW\" is not an action"),
            (Denying() with { DefaultAction = "SCMP_ACT_NOTIFY" }, "linux.seccomp.defaultAction: \"SCMP_ACT_NOTIFY\" cannot be the default"),
            (Denying() with { DefaultAction = "SCMP_ACT_KILL", DefaultErrnoRet = 1 }, "linux.seccomp.defaultAction: \"SCMP_ACT_KILL\" takes no defaultErrnoRet"),
            (Denying() with { DefaultErrnoRet = 4096 }, "linux.seccomp.defaultAction: defaultErrnoRet 4096 is above 4095"),
            (Denying() with { Architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_VAX"] }, "linux.seccomp.architectures[1]: \"SCMP_ARCH_VAX\" is not an architecture"),
            (Denying() with { Flags = ["SECCOMP_FILTER_FLAG_X"] }, "linux.seccomp.flags[0]: \"SECCOMP_FILTER_FLAG_X\" is not a flag"),
            (Denying(mount, mount with { ErrnoRet = 1 }), "linux.seccomp.syscalls[1].action: \"SCMP_ACT_ALLOW\" takes no errnoRet"),
            (Denying(mount with { Action = "SCMP_ACT_TRACE", ErrnoRet = 65536 }), "linux.seccomp.syscalls[0].action: errnoRet 65536 is above 65535"),
            (Denying(mount with { Names = ["read", ""] }), "linux.seccomp.syscalls[0].names[1]: a system call has a name"),
            (Denying(Rule("SCMP_ACT_NOTIFY", "read write")), "linux.seccomp.syscalls[0].names[1]: \"SCMP_ACT_NOTIFY\" cannot be used for \"write\""),
            (Denying(Rule("SCMP_ACT_ALLOW", "mount", Arg(6, "EQ", 0))), "linux.seccomp.syscalls[0].args[0].index: 6 is above 5"),
            (Denying(Rule("SCMP_ACT_ALLOW", "mount", Arg(0, "EQ", 0), Arg(1, "XX", 0))), "linux.seccomp.syscalls[0].args[1].op: \"SCMP_CMP_XX\" is not an operator"),
        ];
        foreach ((LinuxSeccomp profile, string text) in cases)
            Assert.That(() => SeccompCompiler.Compile(profile, X86_64), Throws.TypeOf<DocumentException>().With.Message.EndsWith(text));
        Assert.That(() => SeccompCompiler.Compile(Denying(), X32), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
