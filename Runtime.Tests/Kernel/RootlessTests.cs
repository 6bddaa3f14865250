using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers of an ordinary user, whom nobody has given anything: no ranges of ids, no cgroup, no session.</summary>
[Category("Host")]
public sealed class RootlessTests : RootlessTest
{
    [Test, Category("Fallback")]
    public void Run_RootInsideIsTheUserOutside_AndNobodyElse()
    {
        TestBundle bundle = Mine(Shell("id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; sleep 1000"));
        using RunningProgram run = Begin(bundle);
        Assert.That(Host.Eventually(() => run.Output.Contains("deny") || run.HasEnded), run.Error);
        Assert.That(run.Output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "0", "0", "0", $"{User.Uid}", "1", "0", $"{User.Gid}", "1", "deny" }));
        int pid = Pid(bundle.Id);
        Assert.That(Host.Status(pid, "Uid").Split('\t'), Has.All.EqualTo($"{User.Uid}"));
        Assert.That(Host.Status(pid, "Gid").Split('\t'), Has.All.EqualTo($"{User.Gid}"));
        Assert.That(Host.Status(pid, "Groups"), Is.Empty);
        Assert.That(Host.Status(pid, "CapEff"), Is.EqualTo(Host.Status(pid, "CapBnd")));
        Assert.That(Host.Stat(Box.StateRoot).stx_uid, Is.EqualTo(User.Uid));
        Delete(bundle.Id);
        run.Wait();
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void Spec_Rootless_RunsUnchanged()
    {
        Outcome spec = Box.Command("spec", "--rootless", "--bundle", Box.Folder).Start().Wait().Succeeded();
        Assert.That(spec.Error, Is.Empty);
        Fixtures.CopyBusybox(Box.Folder + "/rootfs");
        Box.GiveAway(Box.Folder + "/rootfs");
        using Pty pty = new();
        Launch launch = Box.Command("run", "--bundle", Box.Folder, Box.Name + "spec");
        using RunningProgram run = new Launch(launch.Path, [.. launch.Arguments]) { Terminal = pty.Slave, Filter = launch.Filter, User = launch.User }.Start();
        pty.Type("id -u; tty; hostname; cat /sys/class/net/lo/address; touch /x /sys/x /sys/fs/cgroup/x; exit 9\n");
        Assert.That(run.Wait().ExitCode, Is.EqualTo(9), pty.Seen);
        Assert.That(pty.WaitFor("/sys/fs/cgroup/x: Read-only"), pty.Seen);
        Assert.That(pty.Seen, Does.Contain("vrun").And.Contain("/dev/pts/0").And.Contain("00:00:00:00:00:00").And.Contain("/x: Read-only").And.Contain("/sys/x: Read-only"));
    }

    [Test]
    public void Spec_Rootless_OfRunc_RunsUnchanged()
    {
        string runc = Require.Program("runc", "runc");
        new Launch(runc, "spec", "--rootless", "--bundle", Box.Folder) { User = User }.Start().Wait().Succeeded();
        JsonNode config = JsonNode.Parse(File.ReadAllText(Box.Folder + "/config.json"))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = TestBundle.Texts("id");
        config["root"]!["path"] = Fixtures.Busybox;
        File.WriteAllText(Box.Folder + "/config.json", config.ToJsonString());
        Assert.That(Call("run", "-b", Box.Folder, Box.Name + "spec").Succeeded().Text, Does.StartWith("uid=0(root) gid=0(root)"));
    }

    [Test]
    public void WithoutAUserNamespace_IsRefused_BeforeAnythingIsMade()
    {
        Run(Shell("true")).FailedInOneLine("linux.namespaces", "\"user\"", "vrun spec --rootless");
        Assert.That(Directory.Exists(Box.StateRoot), Is.False);
        AssertNothingLeft();
    }

    [Test]
    public void StateRoot_IsInTheUsersRuntimeFolder_WithTheStickyBit()
    {
        TestBundle bundle = Mine(Sleeper()).Save();
        string runtime = Directory.CreateDirectory(Box.Folder + "/xdg").FullName;
        Box.GiveAway(runtime);
        CallIn(["XDG_RUNTIME_DIR=" + runtime], "create", "-b", bundle.Folder, bundle.Id).Succeeded();
        Assert.That(Directory.Exists($"{runtime}/vrun/{bundle.Id}"));
        Assert.That(Host.Stat(runtime + "/vrun").stx_mode & 0xfff, Is.EqualTo(0x3c0), "01700");
        Assert.That(CallIn(["XDG_RUNTIME_DIR=" + runtime], "list", "-q").Succeeded().Text, Is.EqualTo(bundle.Id));
        CallIn(["XDG_RUNTIME_DIR=" + runtime], "delete", "-f", bundle.Id).Succeeded();
        CallIn([], "list").FailedInOneLine("XDG_RUNTIME_DIR", $"/run/user/{User.Uid}", "--root");
        CallIn([], "spec", "--rootless", "-b", Box.Folder).Succeeded();
    }

    [Test, Category("Fallback")]
    public void Lifecycle_AsRootHasIt()
    {
        TestBundle bundle = Mine(Sleeper());
        Create(bundle).Succeeded();
        for (int i = 0; i < 20; i++)
            Assert.That(Status(bundle.Id), Is.EqualTo("created"));
        Assert.That(Exec(bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("0"), "exec in a created container");
        Call("start", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Assert.That(Exec(bundle.Id, "sh", "-c", "id -u; readlink /proc/1/ns/pid; readlink /proc/self/ns/pid").Succeeded().Lines.Distinct().Count(), Is.EqualTo(2));
        Outcome list = Call("list").Succeeded();
        Assert.That(list.Output, Does.Contain(bundle.Id).And.Contain($"{User.Uid}"));
        Call("kill", bundle.Id, "TERM").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Exec(bundle.Id, "true").FailedInOneLine("cannot exec in a stopped container");
        Call("delete", bundle.Id).Succeeded();
        AssertNothingLeft();
    }

    [Test]
    public void Exec_OnATerminal()
    {
        TestBundle bundle = Mine(Sleeper());
        Start(bundle);
        using Pty pty = new(40, 100);
        Launch launch = Box.Command("exec", "-t", bundle.Id, "sh");
        using RunningProgram run = new Launch(launch.Path, [.. launch.Arguments]) { Terminal = pty.Slave, User = User }.Start();
        pty.Type("tty; stty size; exit 4\n");
        Assert.That(run.Wait().ExitCode, Is.EqualTo(4), pty.Seen);
        Assert.That(pty.WaitFor("40 100"), pty.Seen);
        Delete(bundle.Id);
    }

    [Test]
    public void WithoutCgroups_PsKnowsAll_AndWhatNeedsOneSaysSo()
    {
        NotDelegated();
        TestBundle bundle = Mine(Shell("sleep 1001 & unshare -p sleep 1002 & sleep 1003"));
        bundle.WithMoreCapabilities("CAP_SYS_ADMIN");
        Start(bundle);
        Assert.That(Host.Eventually(() => Call("ps", bundle.Id).Output.Contains("1002")));
        using (RunningProgram exec = Box.Command("exec", bundle.Id, "sleep", "1004").Start())
        {
            Assert.That(Host.Eventually(() => Call("ps", bundle.Id).Output.Contains("sleep 1004")));
            Outcome ps = Call("ps", bundle.Id).Succeeded();
            foreach (string argument in new[] { "1001", "1002", "1003", "1004" })
                Assert.That(ps.Output, Does.Contain("sleep " + argument));
            Assert.That(ps.Output, Does.Not.Contain("vrun"));
        }
        Call("pause", bundle.Id).FailedInOneLine("no cgroup");
        Call("resume", bundle.Id).FailedInOneLine("no cgroup");
        Call("events", "--stats", bundle.Id).FailedInOneLine("no cgroup");
        Call("update", "--memory", "64m", bundle.Id).FailedInOneLine("no cgroup");
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test]
    public void WithoutCgroupsAndPidNamespace_KillAllReachesAll()
    {
        NotDelegated();
        TestBundle bundle = Mine(Shell("sleep 1001 & sleep 1002; :")).WithoutNamespace("pid").WithoutMount("/proc").WithMount("/proc", "bind", "/proc", "rbind", "ro");
        bundle.Remove("linux.maskedPaths").Remove("linux.readonlyPaths");
        int pid = Start(bundle);
        Assert.That(Host.Eventually(() => Children(pid).Length == 2));
        int[] children = Children(pid);
        Call("kill", "-a", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(pid) && !children.Any(Host.IsAlive)));
        Call("delete", bundle.Id).Succeeded();
        static int[] Children(int pid) => [.. Host.ReadProc($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }

    [Test]
    public void Limits_WithoutDelegation_AreRefusedWithWhatHelps()
    {
        NotDelegated();
        Run(Mine(Shell("true")).Set("linux.resources.memory", new JsonObject { ["limit"] = 64 << 20 })).FailedInOneLine("linux.resources.memory.limit", "permission denied", "delegated");
        Run(Mine(Shell("true")).Set("linux.resources.pids", new JsonObject { ["limit"] = 10 })).FailedInOneLine("linux.resources.pids.limit", "delegated");
        Run(Mine(Shell("true")).Set("linux.cgroupsPath", "/" + Box.Name + "x")).FailedInOneLine("linux.cgroupsPath", "delegated");
        AssertNothingLeft();
        Assert.That(Directory.GetFileSystemEntries(Box.StateRoot), Is.Empty);
    }

    [Test]
    public void DeviceRules_AreNoLimitThatIsMissed() =>
        RunMine("echo x >/dev/null", b => b.Set("linux.resources", JsonNode.Parse("""{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}]}""")));

    [Test]
    public void Rootless_Option_SaysWhetherCgroupsMayBeMissing()
    {
        NotDelegated();
        TestBundle bundle = Mine(Shell("echo ran")).Save();
        string[] run = ["run", "-b", bundle.Folder, bundle.Id];
        Assert.That(Call(["--rootless", "true", .. run]).Succeeded().Text, Is.EqualTo("ran"));
        Assert.That(Call(["--rootless=auto", .. run]).Succeeded().Text, Is.EqualTo("ran"));
        Call(["--rootless", "false", .. run]).FailedInOneLine("make cgroup", "permission denied");
        Call(["--rootless", "perhaps", .. run]).FailedInOneLine("rootless", "perhaps");
        Assert.That(Call(["--debug", .. run]).Succeeded().Error, Does.Contain("without cgroups").And.Contain("delegated"));
        AssertNothingLeft();
    }

    [Test, Category("CgroupV1")]
    public void CgroupV1_DelegatedFolders_AreUsed()
    {
        string[] folders = [.. Host.CgroupHierarchies().Where(h => !h.EndsWith("/unified", StringComparison.Ordinal)).Select(h => $"{h}/{Box.Name}d")];
        foreach (string folder in folders)
        {
            Directory.CreateDirectory(folder);
            Box.GiveAway(folder);
            foreach (string file in new[] { "cpuset.cpus", "cpuset.mems" })
                if (File.Exists($"{folder}/{file}"))
                    File.WriteAllText($"{folder}/{file}", File.ReadAllText($"{Path.GetDirectoryName(folder)}/{file}"));
        }
        TestBundle bundle = Mine(Sleeper()).Set("linux.cgroupsPath", $"/{Box.Name}d/c").Set("linux.resources.pids", new JsonObject { ["limit"] = 33 });
        int pid = Start(bundle);
        Assert.That(Host.CgroupOf(pid, "pids"), Is.EqualTo($"/{Box.Name}d/c"));
        Assert.That(File.ReadAllText(Host.CgroupHierarchy("pids") + $"/{Box.Name}d/c/pids.max").Trim(), Is.EqualTo("33"));
        Call("pause", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("paused"));
        Call("resume", bundle.Id).Succeeded();
        Assert.That(Exec(bundle.Id, "cat", "/proc/self/cgroup").Succeeded().Output, Does.Contain($"/{Box.Name}d/c"));
        Call("update", "--pids-limit", "44", bundle.Id).Succeeded();
        Assert.That(File.ReadAllText(Host.CgroupHierarchy("pids") + $"/{Box.Name}d/c/pids.max").Trim(), Is.EqualTo("44"));
        Delete(bundle.Id);
        Assert.That(folders.Select(f => f + "/c").Where(Directory.Exists), Is.Empty);
        foreach (string folder in folders)
            Sandbox.RemoveCgroup(folder);
    }

    [Test]
    public void Ids_ThatAreNotTheUsersOwn_AreRefusedByName()
    {
        Run(Mine(Shell("true")).WithUser(0, 0, 5)).FailedInOneLine("process.user.additionalGids");
        Run(Mine(Shell("true")).WithUser(1000, 0)).FailedInOneLine("process.user.uid: 1000 is not mapped");
        Run(Mine(Shell("true")).WithMount("/dev/pts", "devpts", "devpts", "gid=5")).FailedInOneLine("gid=5", "not mapped", "linux.gidMappings");
        // Groups that are mapped, and yet cannot be set.
        Run(Mine(Shell("true")).WithUser(0, 0, 0)).FailedInOneLine("process.user.additionalGids", "setgroups", "usermod --add-subgids");
        AssertNothingLeft();
    }

    [Test]
    public void Ranges_ThatNobodyGave_AreRefusedWithWhatHelps()
    {
        Run(Mine(Shell("true")).WithUserNamespace(100000, 65536)).FailedInOneLine("newuidmap", "/etc/subuid", "usermod --add-subuids");
        Run(Mine(Shell("true")).WithUserNamespace(0, 1)).FailedInOneLine("newuidmap");
        AssertNothingLeft();
    }

    [Test]
    public void Mounts_ThatTheKernelRefuses_SayWhatTheyNeed()
    {
        Run(Mine(Shell("true")).WithoutNamespace("ipc")).FailedInOneLine("mount mqueue on /dev/mqueue", "ipc namespace");
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void BindMounts_KeepWhatTheHostHasLocked()
    {
        string volume = Directory.CreateDirectory(Box.Folder + "/volume").FullName;
        using TemporaryMount mount = TemporaryMount.Tmpfs(volume, "nosuid,nodev,noexec");
        File.WriteAllText(volume + "/file", "x");
        Box.GiveAway(volume);
        TestBundle bundle = Mine(Shell("grep -E ' /(ro|rw|at) ' /proc/self/mountinfo | cut -d' ' -f5,6; touch /ro/y; touch /rw/y && echo written")).WithOwnRootfs();
        Box.GiveAway(bundle.Rootfs);
        bundle.WithMount("/ro", "bind", volume, "bind", "ro").WithMount("/rw", "bind", volume, "bind", "nosuid").WithMount("/at", "bind", volume, "bind", "ro", "noatime");
        Outcome run = Run(bundle).Succeeded();
        Assert.That(run.Lines[0], Does.StartWith("/ro ro,nosuid,nodev,noexec"));
        Assert.That(run.Lines[1], Does.StartWith("/rw rw,nosuid,nodev,noexec"));
        Assert.That(run.Lines[2], Does.StartWith("/at ro,nosuid,nodev,noexec"));
        Assert.That(run.Lines[3], Is.EqualTo("written"));
        Assert.That(run.Error, Does.Contain("/ro/y: Read-only"));
    }

    [Test, Category("Fallback")]
    public void Rootfs_OnALockedMount_AndInAPrivateFolder()
    {
        string home = Directory.CreateDirectory(Box.Folder + "/home").FullName;
        using TemporaryMount mount = TemporaryMount.Tmpfs(home, "nosuid,nodev");
        Fixtures.CopyBusybox(home + "/rootfs");
        Box.GiveAway(home);
        File.SetUnixFileMode(home, (UnixFileMode)0x1c0);
        Outcome run = RunMine("grep ' / / ' /proc/self/mountinfo; head -1 /proc/self/mountinfo | cut -d' ' -f5,6; touch /x || :", b => b.Set("root.path", home + "/rootfs"));
        Assert.That(run.Output, Does.Contain("/ ro,nosuid,nodev"));
        Assert.That(run.Error, Does.Contain("/x: Read-only"));
    }

    [Test, Category("Fallback")]
    public void OwnRootfs_IsWritten_AndMissingTargetsAreMade()
    {
        TestBundle bundle = Mine(Shell("touch /file && ls -ln / | grep -c ' 0 *0 .* made$'")).WithOwnRootfs().WithMount("/made/deep", "tmpfs", "tmpfs", "tmpcopyup");
        Box.GiveAway(bundle.Rootfs);
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("1"));
        Assert.That(Host.Stat(bundle.Rootfs + "/file").stx_uid, Is.EqualTo(User.Uid));
        Assert.That(Host.Stat(bundle.Rootfs + "/made/deep").stx_uid, Is.EqualTo(User.Uid));
    }

    [Test]
    public void Cgroups_OfTheHost_AreOutOfReach_WithoutACgroupNamespace()
    {
        // CVE-2023-25809: /sys bound read-only leaves the mounts below it as they are.
        string? delegated = Host.CgroupHierarchies().Select(h => $"{h}/{Box.Name}w").FirstOrDefault();
        Require.That(delegated is not null, "needs cgroups");
        Directory.CreateDirectory(delegated!);
        Box.GiveAway(delegated!);
        string script = $"mkdir {delegated}/escaped; find /sys/fs/cgroup -mindepth 1 | wc -l; mkdir /sys/fs/cgroup/escaped; :";
        foreach (Action<TestBundle> change in new Action<TestBundle>[]
        {
            b => b.WithMount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro"),
            b => b.WithMount("/sys", "none", "/sys", "rbind", "ro").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
            b => b.WithMount("/sys", "none", "/sys", "rbind", "ro").WithMount("/sys/fs/cgroup", "cgroup", "cgroup"),
        })
        {
            Outcome run = RunMine(script, b => change(b.WithoutMount("/sys").WithoutNamespace("network")));
            Assert.That(run.Text, Is.EqualTo("0"), run.Error);
            Assert.That(Directory.Exists(delegated + "/escaped"), Is.False);
        }
        Sandbox.RemoveCgroup(delegated!);
    }

    [Test]
    public void OomScore_IsRaised_AndNotLowered()
    {
        int own = int.Parse(Host.ReadProc("/proc/self/oom_score_adj"));
        Assert.That(RunMine("cat /proc/self/oom_score_adj", b => b.Set("process.oomScoreAdj", 500)).Text, Is.EqualTo("500"));
        Assert.That(int.Parse(RunMine("cat /proc/self/oom_score_adj", b => b.Set("process.oomScoreAdj", -900)).Text), Is.AnyOf(own, -900));
        TestBundle bundle = Mine(Sleeper()).Set("process.oomScoreAdj", 100);
        int pid = Start(bundle);
        Assert.That(Host.ReadProc($"/proc/{pid}/oom_score_adj").Trim(), Is.EqualTo("100"));
        Assert.That(Exec(bundle.Id, "cat", "/proc/self/oom_score_adj").Succeeded().Text, Is.Not.Empty);
        Delete(bundle.Id);
    }

    [Test]
    public void Limits_OfTheProcess_AreLowered_AndNotRaised()
    {
        Assert.That(RunMine("ulimit -n; ulimit -Hn", b => b.Set("process.rlimits", JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 40, "hard": 50}]"""))).Lines, Is.EqualTo(new[] { "40", "50" }));
        Run(Mine(Shell("true")).Set("process.rlimits", JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 40, "hard": 1073741816}]"""))).FailedInOneLine("RLIMIT_NOFILE", "only root", "upper limit");
    }

    [Test]
    public void Sysctls_OfTheOwnNamespaces_AreSet() =>
        Assert.That(RunMine("cat /proc/sys/net/ipv4/ip_unprivileged_port_start", b => b.Set("linux.sysctl", new JsonObject { ["net.ipv4.ip_unprivileged_port_start"] = "0" })).Text, Is.EqualTo("0"));

    [Test]
    public void Time_OffsetsAreSet()
    {
        Require.Path("/proc/self/ns/time", "time namespaces");
        Assert.That(RunMine("cat /proc/self/timens_offsets", b => b.WithNamespace("time").Set("linux.timeOffsets", new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 86400 } })).Output, Does.Match(@"boottime\s+86400\s+0"));
    }

    [Test, Category("Fallback")]
    public void Seccomp_WithAndWithoutNoNewPrivileges()
    {
        JsonNode Profile() => JsonNode.Parse("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}""")!;
        foreach (bool noNewPrivileges in new[] { true, false })
        {
            Outcome run = RunMine("chmod 600 /proc/self; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status", b => b.Set("process.noNewPrivileges", noNewPrivileges).Set("linux.seccomp", Profile()));
            Assert.That(run.Error, Does.Contain("not supported"));
            Assert.That(run.Output, Does.Match($"NoNewPrivs:\t{(noNewPrivileges ? 1 : 0)}\nSeccomp:\t2"));
        }
    }

    [Test]
    public void Hooks_RunInsideAndOutside()
    {
        TestBundle bundle = Mine(Shell("cat /tmp/started")).WithOwnRootfs();
        Box.GiveAway(bundle.Rootfs);
        bundle.WithShellHook("createRuntime", $"id -u >{Box.Folder}/outside").WithHook("createContainer", "/bin/sh", ["sh", "-c", $"id -u >{bundle.Rootfs}/tmp/created"], ["PATH=/bin:/usr/bin"])
            .WithHook("startContainer", "/bin/sh", ["sh", "-c", "id -u >/tmp/started"], ["PATH=/bin"]);
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("0"));
        Assert.That(File.ReadAllText(Box.Folder + "/outside").Trim(), Is.EqualTo($"{User.Uid}"));
        Assert.That(File.ReadAllText(bundle.Rootfs + "/tmp/created").Trim(), Is.EqualTo("0"));
        File.Delete(bundle.Rootfs + "/tmp/started");
        Start(bundle);
        Assert.That(File.ReadAllText(bundle.Rootfs + "/tmp/started").Trim(), Is.EqualTo("0"));
        Delete(bundle.Id);
    }

    [Test]
    public void Groups_OfTheCaller_AreNobodysInside()
    {
        // The caller's own groups stay where setgroups is denied, as nobody's: no group of the container's can be mistaken for them.
        Box.ActAs(new OrdinaryUser(User.Uid, User.Gid, 4242));
        Outcome run = RunMine("id -G; grep -c 4242 /proc/self/status || :");
        Assert.That(run.Lines[0], Is.EqualTo("0 65534").Or.EqualTo("0"));
        Assert.That(run.Lines[1], Is.EqualTo("0"));
    }

    [Test]
    public void OtherUsers_SeeAndTouchNothing()
    {
        TestBundle bundle = Mine(Sleeper());
        int pid = Start(bundle);
        Launch stranger = new(OrdinaryUser.Runtime, "--root", Box.StateRoot, "kill", bundle.Id, "KILL") { User = new OrdinaryUser(54399, 54399) };
        stranger.Start().Wait().FailedInOneLine("permission denied");
        Assert.That(Host.IsAlive(pid));
        Delete(bundle.Id);
    }

    [Test]
    public void FiftyAtOnce()
    {
        TestBundle[] bundles = [.. Enumerable.Range(0, 50).Select(_ => Mine(Shell("id -u")).Save())];
        RunningProgram[] runs = [.. bundles.Select(bundle => Begin(bundle))];
        foreach (RunningProgram run in runs)
            Assert.That(run.Wait(180_000).Succeeded().Text, Is.EqualTo("0"));
        AssertNothingLeft();
        Assert.That(Directory.GetFileSystemEntries(Box.StateRoot), Is.Empty);
    }

    // On a machine whose test run is in a cgroup that everybody may write to, nothing is missing.
    private static void NotDelegated()
    {
        foreach (string hierarchy in Host.CgroupHierarchies())
            Require.That((Host.Stat(hierarchy).stx_mode & 2) == 0, $"needs {hierarchy} closed to others");
    }
}
