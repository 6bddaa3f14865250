using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

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
