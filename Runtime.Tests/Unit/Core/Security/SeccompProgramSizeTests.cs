using NUnit.Framework;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;
using static Vessel.Core.Security.Seccomp.SeccompArchitecture;
using static Vessel.Tests.Unit.Core.Security.Profiles;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>Programs in which a conditional jump cannot reach its target, and programs that are too long.</summary>
public sealed class SeccompProgramSizeTests
{
    [Test]
    public void HundredsOfRulesOnOneCall_AreEachReached()
    {
        LinuxSyscall[] rules = Enumerable.Range(0, 400)
            .Select(i => ErrnoRule((uint)(i + 2), "ioctl", Arg(1, "EQ", (ulong)i << 32 | 5), Arg(2, "GE", 7))).ToArray();
        BpfInterpreter filter = Compile(Denying(rules));
        Assert.That(filter.Count, Is.GreaterThan(2000));
        for (int i = 0; i < rules.Length; i++)
        {
            Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, (ulong)i << 32 | 5, 7)), Is.EqualTo(Errno((uint)(i + 2))));
            Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, (ulong)i << 32 | 5, 6)), Is.EqualTo(Errno(EPERM)));
        }
    }

    [Test]
    public void ConditionalRulesOnEveryCall_AreEachReached()
    {
        // Every second call has tests of its own, so that the search is long, and its targets are far.
        LinuxSyscall[] rules = SyscallTable.Names.Where((_, at) => at % 2 == 0)
            .Select((name, i) => ErrnoRule((uint)(i + 2), name, Arg((uint)i % 6, "GT", (ulong)i))).ToArray();
        LinuxSeccomp profile = Allowing(rules) with { Architectures = ["SCMP_ARCH_X32"] };
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Count, Is.GreaterThan(1500));
        foreach (SeccompArchitecture architecture in new[] { X86_64, X32 })
        {
            foreach (string name in SyscallTable.Names.Where(name => SyscallTable.TryGetNumber(architecture, name, out _)))
            {
                foreach (ulong value in new ulong[] { 0, 1, 50, 100, 200, 1000 })
                {
                    SeccompCall call = new(architecture, name, value, value, value, value, value, value);
                    Assert.That(filter.Run(call), Is.EqualTo(ReferenceEvaluator.Evaluate(profile, X86_64, call)), $"{name} {call}");
                }
            }
        }
    }

    [Test]
    public void EveryDistance_ToASharedTarget_IsBridged([Values(0u, 1u)] uint parity)
    {
        // Even calls share one test of arguments, odd ones another, and the other way round. Two lists of tests stand in between and grow by one instruction at a
        // time, so that the jumps over them pass through the distances at which they need help, alone and in pairs.
        string[] names = SyscallTable.Names.Where(name => name is not ("mount" or "chdir") && SyscallTable.TryGetNumber(X86_64, name, out _)).ToArray();
        LinuxSyscall[] rules =
        [
            ErrnoRule(2, string.Join(' ', names.Where(IsEven)), Arg(0, "EQ", 1), Arg(1, "LT", 1UL << 40)),
            ErrnoRule(3, string.Join(' ', names.Where(name => !IsEven(name))), Arg(0, "EQ", 0), Arg(1, "LT", 1UL << 40)),
        ];
        string[] probes = ["read", "close", "stat", "mount", "chdir", "accept", "write", "keyctl", "openat2", "clone", "futex_waitv", "exit", "umount2"];
        for (int length = 1; length <= 300; length++)
        {
            IEnumerable<LinuxSyscall> list = Enumerable.Range(0, length).Select(i => ErrnoRule(20 + (uint)i % 5, "mount chdir", Arg(2, "EQ", (ulong)i)));
            BpfInterpreter filter = Compile(Allowing([.. rules, .. list, ErrnoRule(30, "chdir", Arg(3, "EQ", 5))]));
            foreach (string name in probes)
            {
                foreach (ulong value in new ulong[] { 0, 1, 299 })
                {
                    uint expected = name is "mount" or "chdir"
                        ? value < (ulong)length ? Errno(20 + (uint)value % 5) : Allow
                        : value == (IsEven(name) ? 1u : 0) ? Errno(IsEven(name) ? 2u : 3) : Allow;
                    Assert.That(filter.Run(new SeccompCall(X86_64, name, value, value, value)), Is.EqualTo(expected), $"{length} {name} {value}");
                }
            }
        }

        bool IsEven(string name) => SyscallTable.TryGetNumber(X86_64, name, out uint number) && number % 2 == parity;
    }

    [Test]
    public void ManyValuesOfOneArgument_ShareItsLoads()
    {
        LinuxSyscall[] rules = Enumerable.Range(0, 1000).Select(i => Rule("SCMP_ACT_ALLOW", "ioctl", Arg(1, "EQ", (ulong)i * 3))).ToArray();
        BpfInterpreter filter = Compile(Denying(rules));
        Assert.That(filter.Count, Is.LessThan(1050));
        for (ulong value = 0; value < 3000; value++)
            Assert.That(filter.Run(new SeccompCall(X86_64, "ioctl", 0, value)), Is.EqualTo(value % 3 == 0 ? Allow : Errno(EPERM)));
    }

    [Test]
    public void EqualRules_AreWrittenOnce()
    {
        string names = string.Join(' ', SyscallTable.Names.Where(name => name.Length == 6));
        BpfInterpreter one = Compile(Denying(Rule("SCMP_ACT_ALLOW", "mount", Arg(0, "EQ", 1), Arg(1, "LT", 2))));
        BpfInterpreter many = Compile(Denying(Rule("SCMP_ACT_ALLOW", names, Arg(0, "EQ", 1), Arg(1, "LT", 2))));
        Assert.That(many.Count - one.Count, Is.LessThan(80));
    }

    [Test]
    public void TooLongAProgram_IsRefused()
    {
        LinuxSyscall[] rules = Enumerable.Range(0, 1200)
            .Select(i => Rule("SCMP_ACT_ALLOW", "ioctl", Arg(1, "EQ", (ulong)i << 32), Arg(2, "GE", 7))).ToArray();
        Assert.That(() => SeccompCompiler.Compile(Denying(rules), X86_64),
            Throws.TypeOf<DocumentException>().With.Message.Match("linux.seccomp: the filter has [0-9]+ instructions, and the kernel takes 4096"));
    }
}
