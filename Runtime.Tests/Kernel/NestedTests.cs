using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The runtime inside a container, as jobs of build servers have it: one that may do all, and one as engines make it by default.</summary>
[Category("Host")]
public sealed class NestedTests : KernelTest
{
    // All that this machine gives us ourselves.
    private static string[] AllCapabilities => [.. Names.Where((_, number) => (Convert.ToUInt64(Host.StatusField(Host.ReadProc("/proc/self/status"), "CapEff"), 16) >> number & 1) != 0)];

    private static string[] Names =>
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ",
    ];

    // The outer container: the runtime in /vrun, a bundle in /inner, a folder that is no part of its root.
    private TestBundle Outer(string script, TestBundle inner)
    {
        inner.Save();
        TestBundle outer = Shell(script).WithOwnRootfs();
        Directory.CreateDirectory(outer.Rootfs + "/inner");
        Directory.CreateDirectory(outer.Rootfs + "/run");
        File.WriteAllText(outer.Rootfs + "/vrun", "");
        return outer.WithMount("/vrun", "bind", RuntimeUnderTest.Path, "bind", "ro").WithMount("/inner", "bind", inner.Folder, "bind")
            .WithMount("/run", "tmpfs", "tmpfs", "mode=755").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "nodev", "noexec").WithNamespace("cgroup");
    }

    private static TestBundle Privileged(TestBundle outer) => outer.WithCapabilities(AllCapabilities).Set("process.noNewPrivileges", false)
        .Remove("linux.maskedPaths").Remove("linux.readonlyPaths").Set("linux.resources", JsonNode.Parse("""{"devices": [{"allow": true, "access": "rwm"}]}"""));

    private static TestBundle ReadOnlyCgroups(TestBundle outer) =>
        outer.WithoutMount("/sys/fs/cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "nodev", "noexec", "ro");

    private TestBundle Inner(string script)
    {
        TestBundle inner = Shell(script).WithOwnRootfs(isReadonly: true);
        return inner.Set("hostname", "innermost");
    }

    [Test]
    public void Privileged_CreatesStartsExecsAndDeletes()
    {
        TestBundle inner = Inner("hostname; sleep 1000");
        inner.Set("linux.cgroupsPath", "/inner");
        string script = """
            set -e
            # As images for such jobs do it: on cgroup v2, controllers are handed down only from where no process is.
            if [ -e /sys/fs/cgroup/cgroup.procs ]; then mkdir /sys/fs/cgroup/init; echo $$ >/sys/fs/cgroup/init/cgroup.procs; fi
            /vrun create -b /inner a </dev/null
            /vrun start a
            /vrun exec a hostname
            /vrun list | grep -c running
            /vrun pause a
            /vrun state a | grep -c paused
            /vrun resume a
            /vrun update --pids-limit 55 a
            find /sys/fs/cgroup -path '*/inner/pids.max' -exec cat {} +
            /vrun exec a cat /proc/self/cgroup | grep -c inner
            /vrun delete -f a
            /vrun list -q | wc -l
            find /sys/fs/cgroup -name inner | wc -l
            """;
        Outcome run = Run(Privileged(Outer(script, inner))).Succeeded();
        Assert.That(run.Lines[0..5].Where(l => l == "innermost").Count(), Is.GreaterThanOrEqualTo(1), run.ToString());
        Assert.That(run.Lines, Does.Contain("55"), run.ToString());
        Assert.That(run.Lines[^2..], Is.EqualTo(new[] { "0", "0" }), run.ToString());
    }

    [Test, Category("CgroupV2")]
    public void Privileged_WithProcessesInTheRoot_SaysWhyNoControllerIsThere()
    {
        TestBundle inner = Inner("true");
        inner.Set("linux.cgroupsPath", "/inner").Set("linux.resources.memory", new JsonObject { ["limit"] = 64 << 20 });
        Run(Privileged(Outer("/vrun run -b /inner a", inner))).Failed("linux.resources.memory.limit", "memory controller is not enabled in /sys/fs/cgroup", "processes in /sys/fs/cgroup forbid it");
    }

    [Test]
    public void Privileged_UserNamespaceInside()
    {
        TestBundle inner = Inner("id -u; cat /proc/self/uid_map");
        inner.WithUserNamespace(100000, 1000).Set("linux.cgroupsPath", "/inner");
        Outcome run = Run(Privileged(Outer("/vrun run -b /inner a", inner))).Succeeded();
        Assert.That(run.Lines[0], Is.EqualTo("0"), run.ToString());
        Assert.That(run.Lines[1], Does.Match(@"0\s+100000\s+1000"));
    }

    [Test]
    public void Ordinary_SaysThatItMayNotMakeNamespaces()
    {
        TestBundle inner = Inner("true");
        inner.Set("linux.cgroupsPath", "/inner");
        // As docker's default: no CAP_SYS_ADMIN, and cgroups that are read-only.
        Run(ReadOnlyCgroups(Outer("/vrun run -b /inner a", inner))).Failed("--privileged");
        Run(Outer("/vrun run -b /inner a", inner)).Failed("CLONE_NEW", "operation not permitted", "CAP_SYS_ADMIN", "--privileged");
    }

    [Test]
    public void Ordinary_UserNamespace_UnderAFilterOrAMaskedProc_SaysWhatIsInTheWay()
    {
        TestBundle inner = Inner("true");
        inner.ForUser(new OrdinaryUser(0, 0));
        TestBundle outer = ReadOnlyCgroups(Outer("/vrun --rootless=true run -b /inner a", inner));
        outer.Set("linux.seccomp", JsonNode.Parse("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}"""));
        Run(outer).Failed("CLONE_NEWUSER", "operation not permitted", "--privileged");
        // Namespaces are allowed, and /proc has masks: the kernel gives no whole one.
        Run(ReadOnlyCgroups(Outer("/vrun --rootless=true run -b /inner a", inner))).Failed("mount proc on /proc", "operation not permitted", "masked");
    }

    [Test]
    public void Ordinary_Unconfined_RunsWithAUserNamespace()
    {
        TestBundle inner = Inner("id -u; hostname");
        inner.ForUser(new OrdinaryUser(0, 0));
        TestBundle outer = ReadOnlyCgroups(Outer("/vrun --rootless=true run -b /inner a", inner)).Remove("linux.maskedPaths").Remove("linux.readonlyPaths");
        Outcome run = Run(outer).Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "0", "innermost" }), run.ToString());
    }
}
