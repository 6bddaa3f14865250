using System.Text.RegularExpressions;
using NUnit.Framework;
using Vessel.Core.Security.Seccomp;

namespace Vessel.Tests.Unit.Core.Security;

public sealed class SyscallTableTests
{
    [TestCase(SeccompArchitecture.X86_64, "read", 0u)]
    [TestCase(SeccompArchitecture.X86_64, "uretprobe", 335u)]
    [TestCase(SeccompArchitecture.X86, "restart_syscall", 0u)]
    [TestCase(SeccompArchitecture.X86, "socketcall", 102u)]
    [TestCase(SeccompArchitecture.X86, "socket", 359u)]
    [TestCase(SeccompArchitecture.X32, "read", 0x4000_0000u)]
    [TestCase(SeccompArchitecture.X32, "ioctl", 0x4000_0202u)]
    [TestCase(SeccompArchitecture.Arm64, "io_setup", 0u)]
    [TestCase(SeccompArchitecture.Arm64, "openat", 56u)]
    [TestCase(SeccompArchitecture.Arm, "cacheflush", 0xF_0002u)]
    [TestCase(SeccompArchitecture.Arm, "openat", 322u)]
    public void Number_AndName_AreThoseOfTheKernel(SeccompArchitecture architecture, string name, uint expected)
    {
        Assert.That(SyscallTable.TryGetNumber(architecture, name, out uint number), Is.True);
        Assert.That(number, Is.EqualTo(expected));
        Assert.That(SyscallTable.GetName(architecture, expected), Is.EqualTo(name));
    }

    [Test]
    public void CallsSinceLinux5_1_HaveOneNumberEverywhere()
    {
        (string, uint)[] calls =
        [
            ("pidfd_send_signal", 424), ("clone3", 435), ("openat2", 437), ("set_mempolicy_home_node", 450), ("cachestat", 451), ("fchmodat2", 452),
            ("map_shadow_stack", 453), ("futex_wake", 454), ("futex_wait", 455), ("futex_requeue", 456), ("statmount", 457), ("listmount", 458),
            ("lsm_get_self_attr", 459), ("lsm_set_self_attr", 460), ("lsm_list_modules", 461), ("mseal", 462), ("setxattrat", 463),
            ("getxattrat", 464), ("listxattrat", 465), ("removexattrat", 466), ("open_tree_attr", 467), ("file_getattr", 468), ("file_setattr", 469),
        ];
        foreach ((string name, uint expected) in calls)
        {
            foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
            {
                Assert.That(SyscallTable.TryGetNumber(architecture, name, out uint number), Is.True, name);
                Assert.That(number & ~SeccompArchitectures.X32SyscallBit, Is.EqualTo(expected), $"{name} on {architecture}");
            }
        }
    }

    [Test]
    public void EveryName_IsFound_AndLeadsBack()
    {
        string[] names = SyscallTable.Names.ToArray();
        Assert.That(names, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal).And.Unique);
        foreach (string name in names)
        {
            Assert.That(SyscallTable.IsKnown(name), Is.True, name);
            int architectures = 0;
            foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
            {
                if (!SyscallTable.TryGetNumber(architecture, name, out uint number))
                    continue;
                architectures++;
                // arm has two names for one call.
                string expected = name == "sync_file_range2" && architecture == SeccompArchitecture.Arm ? "arm_sync_file_range" : name;
                Assert.That(SyscallTable.GetName(architecture, number), Is.EqualTo(expected), architecture.ToString());
            }
            Assert.That(architectures, Is.Positive, name);
        }
    }

    [Test]
    public void WhatIsNoCall_IsNotFound()
    {
        foreach (string name in new[] { "", "rea", "readx", "READ", "no_such_call", "réad", new string('x', 10_000) })
            Assert.That(SyscallTable.IsKnown(name), Is.False, name);
        Assert.That(SyscallTable.TryGetNumber(SeccompArchitecture.X86_64, "socketcall", out _), Is.False);
        Assert.That(SyscallTable.TryGetNumber(SeccompArchitecture.Arm64, "open", out _), Is.False);
        foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
        {
            foreach (uint number in new uint[] { 999, 0xF001, 0xFFFF, 0x1_0000, 0xF_0000, 0xF_0FFF, 0x4000_0FFF, uint.MaxValue })
                Assert.That(SyscallTable.GetName(architecture, number), Is.Null, $"{number:x} on {architecture}");
        }
        Assert.That(SyscallTable.GetName(SeccompArchitecture.X32, 0), Is.Null);
    }

    [TestCase(SeccompArchitecture.X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h")]
    [TestCase(SeccompArchitecture.X86, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h")]
    [TestCase(SeccompArchitecture.X32, "/usr/include/x86_64-linux-gnu/asm/unistd_x32.h")]
    [TestCase(SeccompArchitecture.Arm, "/usr/arm-linux-gnueabihf/include/asm/unistd-eabi.h")]
    public void Table_AgreesWithTheHeadersOfThisMachine(SeccompArchitecture architecture, string header)
    {
        if (!File.Exists(header))
        {
            TestContext.Out.WriteLine($"left out: {header} is not here");
            return;
        }
        // #define __NR_read 0, #define __NR_read (__X32_SYSCALL_BIT + 0)
        int compared = 0;
        foreach (Match line in Regex.Matches(File.ReadAllText(header), @"^#define __NR_(\w+) \(?(?:\w+ \+ )?(\d+)\)?$", RegexOptions.Multiline))
        {
            string name = line.Groups[1].Value;
            uint expected = uint.Parse(line.Groups[2].Value);
            if (!SyscallTable.TryGetNumber(architecture, name, out uint number))
            {
                Assert.That(expected, Is.GreaterThan(471), $"{name} is missing");
                continue;
            }
            Assert.That(number & ~SeccompArchitectures.X32SyscallBit, Is.EqualTo(expected), name);
            compared++;
        }
        Assert.That(compared, Is.GreaterThan(300));
    }
}
