using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Kernel parameters, cgroups, devices and environments that belong to the host.</summary>
public sealed class HostStateTests : KernelTest
{
    [Test]
    [TestCase("kernel.core_pattern", "|/x", null)]
    [TestCase("kernel/core_pattern", "|/x", null)]
    [TestCase("vm.overcommit_memory", "1", null)]
    [TestCase("net.ipv4.ip_forward", "1", "network")]
    [TestCase("net/ipv4/ip_forward", "1", "network")]
    [TestCase("kernel.shmmax", "1", "ipc")]
    [TestCase("fs.mqueue.msg_max", "5", "ipc")]
    [TestCase("kernel.domainname", "x", "uts")]
    [TestCase("net.ipv4.../../kernel.core_pattern", "|/x", null)]
    [TestCase("net/../kernel/core_pattern", "|/x", null)]
    [TestCase("net.ipv4.ip_forward=1 kernel.core_pattern", "|/x", null)]
    [TestCase("net.ipv4.ip_forward+kernel.core_pattern", "|/x", null)]
    [TestCase("net.ipv4.ip_forward\nkernel.core_pattern", "|/x", null)]
    [TestCase("net.ipv4.ip_forward", "1\n|/x", null)]
    [TestCase("", "1", null)]
    [TestCase("net.", "1", null)]
    public void CVE_2022_0811_SysctlOfTheHostOrSmuggled_IsRefused(string key, string value, string? without)
    {
        string before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        TestBundle bundle = Shell("true").Set("linux.sysctl", new JsonObject { [key] = value });
        if (without is not null)
            bundle.WithoutNamespace(without);
        if (without == "uts")
            bundle.Remove("hostname");
        if (without == "network")
            bundle.WithoutMount("/sys");
        if (without == "ipc")
            bundle.WithoutMount("/dev/mqueue");
        Run(bundle).FailedInOneLine("linux.sysctl");
        Assert.That(File.ReadAllText("/proc/sys/kernel/core_pattern"), Is.EqualTo(before));
        AssertNothingLeft();
    }

    [Test]
    public void GHSA_SysctlOfAJoinedHostNamespace_IsRefused()
    {
        // The value that is there already: what is tested is the refusal, and the host must not change if it fails.
        string forward = File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Trim(), shmmni = File.ReadAllText("/proc/sys/kernel/shmmni").Trim();
        Run(Shell("true").WithNamespace("network", "/proc/self/ns/net").WithoutMount("/sys").Set("linux.sysctl", new JsonObject { ["net.ipv4.ip_forward"] = forward })).FailedInOneLine("linux.sysctl");
        Run(Shell("true").WithNamespace("ipc", "/proc/self/ns/ipc").WithoutMount("/dev/mqueue").Set("linux.sysctl", new JsonObject { ["kernel.shmmni"] = shmmni })).FailedInOneLine("linux.sysctl");
        AssertNothingLeft();
    }

    [Test]
    [TestCase("../x")]
    [TestCase("/a/../../x")]
    [TestCase("/..")]
    [TestCase("a/..")]
    [TestCase("/")]
    [TestCase(".")]
    [TestCase("//")]
    [TestCase("/a\nb")]
    public void CVE_2023_6476_CgroupsPath_ThatLeavesItsPlace_IsRefused(string path)
    {
        Outcome run = Run(Shell("true").Set("linux.cgroupsPath", path));
        run.FailedInOneLine();
        Assert.That(run.Error, Does.Contain("linux.cgroupsPath").Or.Contain("make cgroup"));
        AssertNothingLeft();
    }

    [Test]
    [TestCase("../x")]
    [TestCase("a/../..")]
    [TestCase("..")]
    public void CrunDelegation_ExecSubCgroup_ThatLeavesItsPlace_IsRefused(string path)
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("exec", "--cgroup", path, bundle.Id, "true").FailedInOneLine("leads up");
        Call("exec", "--cgroup", "pids:" + path, bundle.Id, "true").FailedInOneLine(Host.IsUnified ? "one hierarchy" : "leads up");
        Delete(bundle.Id);
    }

    [Test]
    public void CVE_2025_47291_TheProcessIsInItsOwnCgroups()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        Assert.That(Host.CgroupsOf(pid).Values, Is.Not.Empty.And.All.EqualTo("/" + bundle.Id));
        Delete(bundle.Id);
    }

    [Test]
    public void GHSA_g54h_NoDeviceList_IsNoBlockList()
    {
        TestBundle bundle = Shell("mknod /tmp/disk b 254 0 && cat /tmp/disk > /dev/null; mknod /tmp/mem c 1 1 && cat /tmp/mem > /dev/null; echo > /dev/null && echo null works").WithMount("/tmp", "tmpfs", "tmpfs", "dev");
        foreach (Action<TestBundle> change in new Action<TestBundle>[] { b => b.Remove("linux.resources"), b => b.Set("linux.resources.devices", new JsonArray()) })
        {
            TestBundle changed = bundle;
            change(changed);
            Outcome run = Run(changed);
            Assert.That(run.Text, Is.EqualTo("null works"), run.ToString());
            Assert.That(run.Error.Split("Operation not permitted"), Has.Length.EqualTo(3), run.ToString());
        }
    }

    [Test]
    public void CVE_2025_23266_Hooks_GetTheirOwnEnvironmentOnly()
    {
        TestBundle bundle = Bundle().WithArgs("true").WithEnv("LD_PRELOAD=/evil.so", "SECRET=1");
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop" })
        {
            bundle.WithHook(kind, "/bin/sh", ["sh", "-c", $"exec cat /proc/self/environ > {(kind == "startContainer" ? "/out" : Box.Folder)}/{kind}.env"], ["ONLY=this"]);
        }
        bundle.WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        launch.Environment.Add("CALLER_SECRET=1");
        launch.Start().Wait().Succeeded();
        // What a shell sets by itself.
        string[] shells = ["PWD", "SHLVL", "PATH", "OLDPWD", "_"];
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop" })
        {
            string[] variables = File.ReadAllText($"{Box.Folder}/{kind}.env").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            Assert.That(variables.Where(v => !shells.Contains(v.Split('=')[0])), Is.EqualTo(new[] { "ONLY=this" }), kind);
        }
    }

    // What the image can't decide: masked and read-only by default.
    [Test]
    public void CVE_2017_16539_DefaultDocument_MasksWhatTellsOrHarmsTheHost()
    {
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        Call("spec", "--bundle", folder).Succeeded();
        JsonNode linux = JsonNode.Parse(File.ReadAllText(folder + "/config.json"))!["linux"]!;
        string[] masked = [.. linux["maskedPaths"]!.AsArray().Select(p => (string)p!)], readOnly = [.. linux["readonlyPaths"]!.AsArray().Select(p => (string)p!)];
        Assert.That(masked, Is.SupersetOf(new[]
        {
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
            "/sys/firmware", "/proc/scsi", "/sys/devices/virtual/powercap", "/proc/interrupts",
        }));
        Assert.That(readOnly, Is.EquivalentTo(new[] { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" }));
    }

    [Test]
    public void StateFolders_AreRootsAlone()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Assert.That(Host.Stat(Box.StateRoot).stx_mode & 0x3f, Is.Zero, "others may look at the state root");
        Assert.That(Host.Stat($"{Box.StateRoot}/{bundle.Id}").stx_mode & 0x3f, Is.Zero);
        Delete(bundle.Id);
    }

    [Test]
    public void SessionKeyring_IsNotTheCallers()
    {
        string[] before = File.Exists("/proc/keys") ? [.. File.ReadAllLines("/proc/keys")] : [];
        Assert.That(before, Is.Not.Null);
        Outcome run = RunShell("cat /proc/keys || true", b => b.Set("linux.maskedPaths", new JsonArray()));
        Assert.That(run.Output, Does.Contain("_ses.").Or.Empty);
    }

    // As long as one proc or sysfs in the mount namespace is whole, the kernel lets a user namespace mount another, with nothing masked.
    [Test]
    [TestCase("proc", "pivot")]
    [TestCase("proc", "no-pivot")]
    [TestCase("proc", "no-pivot in a user namespace")]
    [TestCase("proc", "chroot")]
    [TestCase("sysfs", "pivot")]
    [TestCase("sysfs", "no-pivot")]
    [TestCase("sysfs", "no-pivot in a user namespace")]
    [TestCase("sysfs", "chroot")]
    public void NestedUserNamespace_MountsNoWholeProcOrSysfs(string type, string way)
    {
        TestBundle bundle = Shell($"unshare -mrpfn sh -c 'mount -t {type} none /tmp && echo mounted'").WithOwnRootfs()
            .Set("linux.maskedPaths", TestBundle.Texts("/proc/kcore", "/sys/kernel"));
        if (way.EndsWith("user namespace", StringComparison.Ordinal))
            bundle.WithUserNamespace();
        if (way == "chroot")
            bundle.WithoutNamespace("mount").Set("mounts", new JsonArray()).Set("linux.maskedPaths", new JsonArray()).Set("linux.readonlyPaths", new JsonArray());
        Outcome run = way.StartsWith("no-pivot", StringComparison.Ordinal) ? Run(bundle, "--no-pivot") : Run(bundle);
        Assert.That(run.Output, Is.Empty, run.ToString());
        Assert.That(run.Error, Does.Contain("Operation not permitted").IgnoreCase.Or.Contain("permission denied").IgnoreCase, run.ToString());
    }

    [Test]
    public void NoPivot_AlsoAProcThatTheRootCovers()
    {
        // A proc of the host's on the bundle's own root lies below the container's root, where no path leads any more.
        TestBundle bundle = Shell("unshare -mrpfn sh -c 'mount -t proc none /tmp && echo mounted'").WithOwnRootfs().Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "--no-pivot", "-b", bundle.Folder, bundle.Id);
        string script = $"mount -t proc proc {bundle.Rootfs}/proc && exec {launch.Path} {string.Join(' ', launch.Arguments)}";
        Outcome run = new Launch(Require.Program("unshare", "util-linux"), "--mount", "--propagation", "private", "sh", "-c", script) { Filter = launch.Filter }.Start().Wait();
        Assert.That(run.Output, Is.Empty, run.ToString());
        Assert.That(run.Error, Does.Contain("permission denied"), run.ToString());
    }

    // The host's proc is whole, and something else of the host's is in the way of its path.
    [Test]
    [TestCase("another mount on the same directory", "mkdir -p $D/host && mount -t proc proc $D/host && mount -t tmpfs x $D/host")]
    [TestCase("another mount on a directory above", "mkdir -p $D/host/b && mount -t proc proc $D/host/b && mount -t tmpfs x $D/host")]
    [TestCase("two on a directory above", "mkdir -p $D/host/b && mount -t proc proc $D/host/b && mount -t tmpfs x $D/host && mount -t tmpfs x $D/host")]
    [TestCase("a name with blanks and line breaks", "mkdir \"$D/host \n\t\\\\040b\" && mount -t proc proc \"$D/host \n\t\\\\040b\"")]
    [TestCase("a name that is no text", "mkdir $D/$(printf '\\377') && mount -t proc proc $D/$(printf '\\377')")]
    public void NoPivot_AlsoAProcThatIsHardToReach(string what, string prepare)
    {
        Outcome run = RunPrepared("proc", prepare, "");
        Assert.That(run.Output, Is.Empty, $"{what}: {run}");
        Assert.That(run.Error, Does.Contain("permission denied"), $"{what}: {run}");
    }

    [Test]
    [TestCase("rshared")]
    [TestCase("shared")]
    [TestCase("rslave")]
    public void NoPivot_TheHostKeepsItsMounts(string propagation)
    {
        // The bundle is on a mount of its own: its parent, the host's root, is as shared as rootfsPropagation says.
        const string Count = "cut -d' ' -f5 /proc/self/mountinfo | sort";
        Outcome run = RunPrepared("sysfs", $"mount --bind $D $D && mount --make-rshared / && {Count} > $D/before", $"{Count} > $D/after; diff $D/before $D/after", propagation);
        Assert.That(run.Output, Is.Empty, run.ToString());
        Assert.That(run.Error, Does.Contain("permission denied"), run.ToString());
    }

    // Runs the runtime in a mount namespace of the test's own, whose mounts are prepared; a program in the container tries to mount a whole filesystem.
    private Outcome RunPrepared(string type, string prepare, string afterwards, string propagation = "")
    {
        TestBundle bundle = Shell($"unshare -mrpfn sh -c 'mount -t {type} none /tmp && echo mounted'").WithOwnRootfs().Set("linux.rootfsPropagation", propagation).Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "--no-pivot", "-b", bundle.Folder, bundle.Id);
        string script = $"D={Box.Folder}; {prepare} && {launch.Path} {string.Join(' ', launch.Arguments)}; {afterwards}";
        return new Launch(Require.Program("unshare", "util-linux"), "--mount", "--propagation", "private", "sh", "-c", script) { Filter = launch.Filter }.Start().Wait();
    }
}
