using NUnit.Framework;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;
using static Vessel.Tests.Unit.Core.Security.Profiles;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>The profile that nearly every container in the field runs under.</summary>
public sealed class DockerDefaultProfileTests
{
    private const ulong AF_INET = 2, AF_ALG = 38, AF_VSOCK = 40;

    private static readonly string[] DefaultCapabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    private static readonly string[] Dangerous =
    [
        "acct", "add_key", "bpf", "clock_settime", "create_module", "delete_module", "fanotify_init", "finit_module", "fsconfig",
        "fsmount", "fsopen", "fspick", "get_kernel_syms", "get_mempolicy", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup",
        "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "lsm_set_self_attr", "mbind", "migrate_pages",
        "mount", "mount_setattr", "move_mount", "move_pages", "nfsservctl", "open_by_handle_at", "open_tree",
        "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise", "query_module", "quotactl", "quotactl_fd", "reboot", "request_key",
        "set_mempolicy", "set_mempolicy_home_node", "setdomainname", "sethostname", "setns", "settimeofday", "swapoff", "swapon", "syslog",
        "_sysctl", "sysfs", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vhangup",
    ];

    [TestCase(SeccompArchitecture.X86_64, new[] { SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32 })]
    [TestCase(SeccompArchitecture.Arm64, new[] { SeccompArchitecture.Arm64, SeccompArchitecture.Arm })]
    public void DangerousCalls_GiveEperm(SeccompArchitecture native, SeccompArchitecture[] architectures)
    {
        if (Load(native, DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile, native);
        foreach (SeccompArchitecture architecture in architectures)
        {
            foreach (string name in Dangerous)
            {
                if (SyscallTable.TryGetNumber(architecture, name, out uint number))
                    Assert.That(filter.Run(new SeccompCall(architecture, number)), Is.EqualTo(Errno(EPERM)), $"{name} on {architecture}");
            }
        }
    }

    [Test]
    public void EveryCall_IsDecidedAsTheProfileReads([Values] bool isPrivileged)
    {
        if (Load(SeccompArchitecture.X86_64, isPrivileged ? ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_BPF"] : DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        ulong[] values = [0, 1, 2, 8, 38, 39, 40, 41, 0x2_0000, 0x2_0008, 0xFFFF_FFFF, 0x1000_0000, 0x1_0000_0000, 0x1_0000_0008];
        foreach (SeccompArchitecture architecture in new[] { SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32 })
        {
            uint origin = architecture == SeccompArchitecture.X32 ? SeccompArchitectures.X32SyscallBit : 0;
            for (uint number = 0; number < 600; number++)
            {
                // Only these have conditions, and every value is tried on them.
                bool isConditional = SyscallTable.GetName(architecture, origin + number) is "clone" or "personality" or "socket" or "socketcall";
                foreach (ulong value in isConditional ? values : [8])
                {
                    SeccompCall call = new(architecture, origin + number, value, value);
                    Assert.That(filter.Run(call), Is.EqualTo(ReferenceEvaluator.Evaluate(profile, SeccompArchitecture.X86_64, call)), call.ToString());
                }
            }
        }
    }

    [Test]
    public void Clone_IsAllowedWithoutNewNamespaces()
    {
        if (Load(SeccompArchitecture.X86_64, DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "clone", 0x003D_0F00)), Is.EqualTo(Allow), "a thread");
        foreach (int bit in new[] { 17, 25, 26, 27, 28, 29, 30 })
            Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "clone", 1UL << bit | 17)), Is.EqualTo(Errno(EPERM)), $"1 << {bit}");
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "clone3")), Is.EqualTo(Errno(ENOSYS)), "its flags lie in memory");
    }

    [Test]
    public void Socket_IsDeniedForFamiliesThatReachOutOfTheContainer()
    {
        if (Load(SeccompArchitecture.X86_64, DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "socket", AF_VSOCK)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "socket", AF_ALG)), Is.EqualTo(Errno(EPERM)));
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "socket", AF_INET)), Is.EqualTo(Allow));
    }

    [Test]
    public void Capability_OpensItsCalls()
    {
        if (Load(SeccompArchitecture.X86_64, "CAP_SYS_ADMIN", "CAP_PERFMON") is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        foreach (string name in new[] { "mount", "unshare", "setns", "fsopen", "bpf", "clone3", "perf_event_open" })
            Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, name)), Is.EqualTo(Allow), name);
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "clone", 1 << 28)), Is.EqualTo(Allow));
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "init_module")), Is.EqualTo(Errno(EPERM)));
    }

    [Test]
    public void CallAboveTheLastNamedOne_IsRefusedToo()
    {
        if (Load(SeccompArchitecture.X86_64, DefaultCapabilities) is not { } profile)
            return;
        uint result = Compile(profile).Run(new SeccompCall(SeccompArchitecture.X86_64, "open_tree_attr"));
        Assert.That(result, Is.EqualTo(Errno(ENOSYS)).Or.EqualTo(Errno(EPERM)));
    }

    [Test]
    public void NewCalls_GiveEnosys()
    {
        if (Load(SeccompArchitecture.X86_64, DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86_64, 600)), Is.EqualTo(Errno(ENOSYS)));
        Assert.That(filter.Run(new SeccompCall(SeccompArchitecture.X86, 600)), Is.EqualTo(Errno(ENOSYS)));
    }

    [Test]
    public void Program_IsShort()
    {
        if (Load(SeccompArchitecture.X86_64, DefaultCapabilities) is not { } profile)
            return;
        BpfInterpreter filter = Compile(profile);
        TestContext.Out.WriteLine($"{filter.Count} instructions");
        // libseccomp needs about 1,250, runc's stub for ENOSYS not counted.
        Assert.That(filter.Count, Is.LessThan(400));
        filter.Run(new SeccompCall(SeccompArchitecture.X86_64, "read"));
        Assert.That(filter.Steps, Is.LessThan(16));
    }

    private static LinuxSeccomp? Load(SeccompArchitecture native, params string[] capabilities)
    {
        LinuxSeccomp? profile = DockerDefault(native, capabilities);
        if (profile is null)
            TestContext.Out.WriteLine("left out: docker's default profile is not beside the checkout (shared/data/docker-seccomp-default.json)");
        return profile;
    }
}
