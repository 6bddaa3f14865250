using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers of a user whom root has given ranges of ids: the virtual machines' <c>tester</c>.</summary>
[Category("Vm"), Category("Host")]
public sealed class RootlessRangesTests : RootlessTest
{
    private protected override OrdinaryUser User => OrdinaryUser.Tester;

    [SetUp]
    public void NeedsTheUser() => Require.That(File.Exists("/etc/subuid") && File.ReadAllText("/etc/subuid").Contains("tester:"), "needs the user tester with ranges: a virtual machine of build/vm");

    [Test, Category("Fallback")]
    public void Users_AreMappedByNewuidmap_AndGroupsCanBeSet()
    {
        TestBundle bundle = Ranged(Shell("id -u; id -g; id -G; touch /tmp/mine; cat /proc/self/setgroups; sleep 1000")).WithUser(1000, 1001, 50, 60).WithMount("/tmp", "tmpfs", "tmpfs", "mode=1777");
        using RunningProgram run = Begin(bundle);
        Assert.That(Host.Eventually(() => run.Output.Contains("allow") || run.HasEnded), run.Error);
        Assert.That(run.Output, Is.EqualTo("1000\n1001\n1001 50 60\nallow\n"));
        int pid = Pid(bundle.Id);
        Assert.That(Host.Status(pid, "Uid").Split('\t'), Has.All.EqualTo("100999"));
        Assert.That(Host.Status(pid, "Gid").Split('\t'), Has.All.EqualTo("101000"));
        Assert.That(Host.Status(pid, "Groups").Split(' '), Is.EquivalentTo(new[] { "100049", "100059", "101000" }).Or.EquivalentTo(new[] { "100049", "100059" }));
        Assert.That(Exec(bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("1000"));
        Assert.That(Call("exec", "-u", "0", bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("0"));
        Assert.That(Call("ps", bundle.Id).Succeeded().Output, Does.Contain("sleep 1000"));
        Call("kill", bundle.Id, "KILL").Succeeded();
        run.Wait();
        AssertNothingLeft();
    }

    [Test]
    public void Groups_OfTheCaller_AreDropped()
    {
        Box.ActAs(new OrdinaryUser(User.Uid, User.Gid, 4, 24));
        Assert.That(Run(Ranged(Shell("id -G"))).Succeeded().Text, Is.EqualTo("0"));
    }

    [Test]
    public void RootInside_CanBeAnotherUser_AndNeedNotPassTheHome()
    {
        // The container's root is 100000 outside, and nobody in the user's own folder, which is 0700.
        TestBundle bundle = Mine(Shell("id -u; cat /data/file")).WithUserNamespace();
        string home = Directory.CreateDirectory(Box.Folder + "/home").FullName;
        Fixtures.CopyBusybox(home + "/rootfs");
        Directory.CreateDirectory(home + "/data");
        File.WriteAllText(home + "/data/file", "data");
        Directory.CreateDirectory(home + "/rootfs/data");
        Box.GiveAway(home);
        File.SetUnixFileMode(home, (UnixFileMode)0x1c0);
        bundle.Set("root.path", home + "/rootfs").WithMount("/data", "bind", home + "/data", "bind", "ro");
        Assert.That(Run(bundle).Succeeded().Output, Is.EqualTo("0\ndata"));
    }

    [Test]
    public void Users_OutsideOfTheRange_AreRefused_InTheProgramsOwnWords()
    {
        Run(Mine(Shell("true")).WithUserNamespace(200000)).FailedInOneLine("newuidmap: uid range", "not allowed", "/etc/subuid gives tester 100000-165535");
        TestBundle bundle = Ranged(Shell("true"));
        bundle.Set("linux.gidMappings", new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 200000, ["size"] = 10 }));
        Run(bundle).FailedInOneLine("newgidmap: gid range", "not allowed", "/etc/subgid gives tester 100000-165535");
        AssertNothingLeft();
    }

    [Test]
    public void OneIdOnly_OfAUserWithoutRanges()
    {
        Box.ActAs(OrdinaryUser.Single);
        Assert.That(Run(Shell("id -u").ForUser(OrdinaryUser.Single)).Succeeded().Text, Is.EqualTo("0"));
        Run(Ranged(Shell("true"))).FailedInOneLine("newuidmap", "/etc/subuid gives single none", "usermod --add-subuids 100000-165535 single");
    }
}

/// <summary>Containers of a user whose service manager is systemd, with cgroups of its own.</summary>
/// <remarks>One after another: while fifty containers start, the user's service manager answers nobody else in time, in a virtual machine.</remarks>
[Category("Vm"), Category("Systemd"), Category("CgroupV2"), Category("Host"), NonParallelizable]
public sealed class RootlessSystemdTests : RootlessTest
{
    private protected override OrdinaryUser User => OrdinaryUser.Tester;

    private static string[] Session => ["XDG_RUNTIME_DIR=/run/user/1000", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus", "HOME=/home/tester"];

    private static Launch As(OrdinaryUser user, string path, string[] arguments, Native.Safe.FileDescriptor? terminal = null)
    {
        Launch launch = new(path, arguments) { User = user, Terminal = terminal };
        launch.Environment.AddRange(Session);
        return launch;
    }

    // Begins in a scope of the user's own.
    private Launch InScope(params string[] arguments) =>
        As(User, Require.Program("systemd-run", "systemd"), ["--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--", OrdinaryUser.Runtime, "--root", Box.StateRoot, .. arguments]);

    private Outcome Scoped(params string[] arguments) => InScope(arguments).Start().Wait();

    private static string CgroupOf(int pid) => Host.ReadProc($"/proc/{pid}/cgroup").Trim()[3..];

    private TestBundle Limited() => Mine(Sleeper()).Set("linux.resources", JsonNode.Parse("""{"memory": {"limit": 67108864}, "pids": {"limit": 50}, "cpu": {"shares": 512}}"""));

    private int StartScoped(TestBundle bundle)
    {
        Scoped("create", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Scoped("start", bundle.Id).Succeeded();
        return Pid(bundle.Id);
    }

    [SetUp]
    public void NeedsASession() => Require.Path("/run/user/1000/bus", "needs the user tester's service manager: a virtual machine of build/vm with systemd");

    [Test]
    public void Limits_HoldUnderDelegation_BesideTheCallersOwnScope()
    {
        TestBundle bundle = Limited();
        int pid = StartScoped(bundle);
        string cgroup = CgroupOf(pid);
        Assert.That(cgroup, Does.StartWith("/user.slice/user-1000.slice/user@1000.service/").And.EndWith("/" + bundle.Id));
        string folder = "/sys/fs/cgroup" + cgroup;
        Assert.That(File.ReadAllText(folder + "/memory.max").Trim(), Is.EqualTo("67108864"));
        Assert.That(File.ReadAllText(folder + "/pids.max").Trim(), Is.EqualTo("50"));
        Assert.That(Host.Stat(folder).stx_uid, Is.EqualTo(User.Uid));
        Scoped("update", "--pids-limit", "60", bundle.Id).Succeeded();
        Assert.That(File.ReadAllText(folder + "/pids.max").Trim(), Is.EqualTo("60"));
        Assert.That(Scoped("events", "--stats", bundle.Id).Succeeded().Output, Does.Contain("67108864"));
        Scoped("pause", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("paused"));
        Scoped("resume", bundle.Id).Succeeded();
        Outcome exec = Scoped("exec", bundle.Id, "cat", "/proc/self/cgroup").Succeeded();
        Assert.That(exec.Output, Does.Contain(bundle.Id), "exec is in the container's cgroup");
        Scoped("delete", "-f", bundle.Id).Succeeded();
        Assert.That(Directory.Exists(folder), Is.False);
        AssertNothingLeft();
    }

    [Test]
    public void WithoutDelegation_NoLimits_AndWhatHelps()
    {
        Assert.That(As(User, OrdinaryUser.Runtime, ["--root", Box.StateRoot, "run", "-b", Mine(Shell("id -u")).Save().Folder, Box.Name + "x"]).Start().Wait().Succeeded().Text, Is.EqualTo("0"));
        Run(Limited()).FailedInOneLine("linux.resources.memory.limit", "permission denied", "systemd-run --user --scope -p Delegate=yes", "loginctl enable-linger tester");
        AssertNothingLeft();
    }

    [Test]
    public void Exec_FromOutsideOfTheUsersTree_SaysHow()
    {
        TestBundle bundle = Limited();
        StartScoped(bundle);
        Exec(bundle.Id, "true").FailedInOneLine("join cgroup", "systemd-run --user --scope");
        Scoped("delete", "-f", bundle.Id).Succeeded();
    }

    [Test]
    public void Memory_IsLimited()
    {
        TestBundle bundle = Mine(Shell("dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?")).Set("linux.resources", JsonNode.Parse("""{"memory": {"limit": 33554432, "swap": 33554432}}"""));
        Outcome run = Scoped("run", "-b", bundle.Save().Folder, bundle.Id);
        Assert.That(run.Output, Does.Contain("137"), run.ToString());
        AssertNothingLeft();
    }

    [Test]
    public void Cgroups_AreMountedAsTheOwnOnly_AndNotWritableWithoutANamespace()
    {
        TestBundle bundle = Mine(Shell("cat /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/x && echo made; cat /proc/self/cgroup")).WithNamespace("cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "nodev", "noexec");
        Outcome run = Scoped("run", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Assert.That(run.Output, Does.Contain("made").And.Contain("0::/\n"), "delegated to the container, in its own namespace");
        foreach (string[] options in new[] { new[] { "ro" }, ["rw"] })
        {
            bundle = Mine(Shell("mkdir /sys/fs/cgroup/x; echo max >/sys/fs/cgroup/pids.max; cat /sys/fs/cgroup/pids.max; :")).WithMount("/sys/fs/cgroup", "cgroup", "cgroup", options).Set("linux.resources", JsonNode.Parse("""{"pids": {"limit": 50}}"""));
            run = Scoped("run", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
            Assert.That(run.Text, Is.EqualTo("50"), run.ToString());
            Assert.That(run.Error, Does.Contain("Read-only"));
        }
        bundle = Mine(Shell("find /sys/fs/cgroup -writable; :")).WithoutMount("/sys").WithoutNamespace("network").WithMount("/sys", "none", "/sys", "rbind", "ro", "nosuid", "nodev", "noexec");
        run = Scoped("run", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Assert.That(run.Text, Is.Empty, "CVE-2023-25809");
        AssertNothingLeft();
    }

    [Test]
    public void Spec_Rootless_RunsOnATerminal()
    {
        As(User, OrdinaryUser.Runtime, ["spec", "--rootless", "-b", Box.Folder]).Start().Wait().Succeeded();
        Fixtures.CopyBusybox(Box.Folder + "/rootfs");
        Box.GiveAway(Box.Folder + "/rootfs");
        using Pty pty = new();
        Launch launch = InScope("run", "-b", Box.Folder, Box.Name + "spec");
        Launch onTerminal = new(launch.Path, [.. launch.Arguments]) { User = User, Terminal = pty.Slave };
        onTerminal.Environment.AddRange(Session);
        using RunningProgram run = onTerminal.Start();
        pty.Type("id -u; cat /proc/self/cgroup; ls /sys/fs/cgroup/cgroup.procs; touch /sys/fs/cgroup/x; exit 6\n");
        Assert.That(run.Wait().ExitCode, Is.EqualTo(6), pty.Seen);
        Assert.That(pty.WaitFor("Read-only"), pty.Seen);
        Assert.That(pty.Seen, Does.Contain("0::/").And.Contain("/sys/fs/cgroup/cgroup.procs"));
    }

    [Test]
    public void FiftyAtOnce_WithLimits()
    {
        TestBundle[] bundles = [.. Enumerable.Range(0, 50).Select(_ => Mine(Shell("id -u")).Set("linux.resources", JsonNode.Parse("""{"pids": {"limit": 50}}""")).Save())];
        // By a pipe: writers that share a file in memory may overwrite each other.
        string script = "{ " + string.Join(" & ", bundles.Select(bundle => $"{OrdinaryUser.Runtime} --root {Box.StateRoot} run -b {bundle.Folder} {bundle.Id}")) + " & wait; } | cat";
        Launch launch = As(User, Require.Program("systemd-run", "systemd"), ["--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--", "/bin/sh", "-c", script]);
        Outcome run = launch.Start().Wait(240_000).Succeeded();
        Assert.That(run.Lines, Has.Length.EqualTo(50).And.All.EqualTo("0"), run.ToString());
        AssertNothingLeft();
    }

    [Test]
    public void SystemdCgroup_OfTheUsersManager()
    {
        TestBundle bundle = Limited();
        bundle.Set("linux.cgroupsPath", $"user.slice:vt:{bundle.Id}");
        Outcome create = As(User, OrdinaryUser.Runtime, ["--root", Box.StateRoot, "--systemd-cgroup", "create", "-b", bundle.Save().Folder, bundle.Id]).Start().Wait().Succeeded();
        Assert.That(create.Error, Is.Empty);
        int pid = Pid(bundle.Id);
        Assert.That(CgroupOf(pid), Does.EndWith($"/vt-{bundle.Id}.scope").And.StartWith("/user.slice/user-1000.slice/user@1000.service/"));
        Assert.That(File.ReadAllText($"/sys/fs/cgroup{CgroupOf(pid)}/memory.max").Trim(), Is.EqualTo("67108864"));
        As(User, OrdinaryUser.Runtime, ["--root", Box.StateRoot, "start", bundle.Id]).Start().Wait().Succeeded();
        Assert.That(As(User, OrdinaryUser.Runtime, ["--root", Box.StateRoot, "exec", bundle.Id, "id", "-u"]).Start().Wait().Succeeded().Text, Is.EqualTo("0"));
        As(User, OrdinaryUser.Runtime, ["--root", Box.StateRoot, "delete", "-f", bundle.Id]).Start().Wait().Succeeded();
        AssertNothingLeft();
    }
}

/// <summary>What an ordinary user is told on a machine that lacks something; the machine lacks it meanwhile, for all.</summary>
[Category("Vm"), Category("Host"), NonParallelizable]
public sealed class RootlessLackTests : RootlessTest
{
    private protected override OrdinaryUser User => OrdinaryUser.Tester;

    [Test]
    public void WithoutTheProgram_SaysWhatToInstall()
    {
        Require.That(File.Exists("/usr/bin/newuidmap"), "needs uidmap");
        File.Move("/usr/bin/newuidmap", "/usr/bin/newuidmap.away");
        try
        {
            Run(Ranged(Shell("true"))).FailedInOneLine("newuidmap", "not installed", "apt-get install uidmap");
        }
        finally
        {
            File.Move("/usr/bin/newuidmap.away", "/usr/bin/newuidmap");
        }
    }

    [Test]
    public void WithoutUserNamespaces_SaysWhatAllowsThem()
    {
        const string Sysctl = "/proc/sys/user/max_user_namespaces";
        string before = File.ReadAllText(Sysctl);
        File.WriteAllText(Sysctl, "0");
        try
        {
            Run(Mine(Shell("true"))).FailedInOneLine("CLONE_NEWUSER", "user.max_user_namespaces");
        }
        finally
        {
            File.WriteAllText(Sysctl, before);
        }
        const string Debian = "/proc/sys/kernel/unprivileged_userns_clone";
        if (!File.Exists(Debian))
            return;
        before = File.ReadAllText(Debian);
        File.WriteAllText(Debian, "0");
        try
        {
            Run(Mine(Shell("true"))).FailedInOneLine("CLONE_NEWUSER", "kernel.unprivileged_userns_clone=1");
        }
        finally
        {
            File.WriteAllText(Debian, before);
        }
    }
}
