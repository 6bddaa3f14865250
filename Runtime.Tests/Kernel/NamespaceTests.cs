using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Namespaces: new, or joined by path; what they hold.</summary>
[Category("Host")]
public sealed class NamespaceTests : KernelTest
{
    [Test, Category("Standard"), Category("Fallback")]
    public void New_EachKindIsAnother_AndWhatIsNotNamedIsTheHosts()
    {
        TestBundle bundle = Sleeper().WithNamespace("cgroup").WithNamespace("user").WithUserNamespace();
        int pid = Start(bundle);
        foreach (string kind in new[] { "pid", "net", "ipc", "uts", "mnt", "cgroup", "user" })
            Assert.That(Host.Namespace(pid.ToString(), kind), Is.Not.EqualTo(Host.Namespace("self", kind)), kind);
        Assert.That(Host.Namespace(pid.ToString(), "time"), Is.EqualTo(Host.Namespace("self", "time")));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    [TestCase("network", "net")]
    [TestCase("ipc", "ipc")]
    [TestCase("pid", "pid")]
    public void NotNamed_IsTheHosts(string type, string proc)
    {
        TestBundle bundle = Sleeper().WithoutNamespace(type);
        if (type == "network")
            bundle.WithoutMount("/sys"); // sysfs belongs to the network namespace
        int pid = Start(bundle);
        Assert.That(Host.Namespace(pid.ToString(), proc), Is.EqualTo(Host.Namespace("self", proc)));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase("network", "net")]
    [TestCase("ipc", "ipc")]
    [TestCase("uts", "uts")]
    [TestCase("pid", "pid")]
    public void ByPath_IsTheOneThatThePathNames(string type, string proc)
    {
        TestBundle first = Sleeper();
        int other = Start(first);
        TestBundle second = Sleeper().WithNamespace(type, $"/proc/{other}/ns/{proc}");
        if (type == "uts")
            second.Remove("hostname");
        int pid = Start(second);
        Assert.That(Host.Namespace(pid.ToString(), proc), Is.EqualTo(Host.Namespace(other.ToString(), proc)));
        if (type == "uts")
            Assert.That(Exec(second.Id, "hostname").Text, Is.EqualTo("inside"));
        if (type == "pid")
            Assert.That(Exec(second.Id, "cat", "/proc/1/comm").Succeeded().Text, Is.EqualTo("sh"));
        Delete(second.Id);
        Delete(first.Id);
    }

    [Test, Category("Fallback")]
    public void ByPath_UserNamespaceAndThoseItOwns()
    {
        TestBundle first = Sleeper().WithUserNamespace();
        int other = Start(first);
        TestBundle second = Sleeper().WithNamespace("user", $"/proc/{other}/ns/user").WithNamespace("network", $"/proc/{other}/ns/net").WithNamespace("ipc", $"/proc/{other}/ns/ipc");
        int pid = Start(second);
        foreach (string kind in new[] { "user", "net", "ipc" })
            Assert.That(Host.Namespace(pid.ToString(), kind), Is.EqualTo(Host.Namespace(other.ToString(), kind)), kind);
        Assert.That(Host.Status(pid, "Uid"), Does.StartWith("100000\t"));
        Delete(second.Id);
        Delete(first.Id);
    }

    [Test]
    public void ByPath_Mount_TheRootIsTheBundlesAll()
    {
        TestBundle first = Sleeper();
        int other = Start(first);
        // In the other container's mount namespace, which has only its own tree: a bundle below it.
        TestBundle second = Shell("readlink /proc/self/ns/net").WithoutNamespace("mount").WithNamespace("network", $"/proc/{other}/ns/net");
        second.Set("mounts", new JsonArray()).Set("linux.maskedPaths", new JsonArray()).Set("linux.readonlyPaths", new JsonArray()).Set("root.readonly", false).WithArgs("true");
        Run(second).Succeeded();
        Delete(first.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Pid_FirstProcessIsOneAndSeesNoOthers()
    {
        Outcome run = RunShell("echo $$; ls /proc | grep -c '^[0-9]'");
        Assert.That(run.Lines[0], Is.EqualTo("1"));
        Assert.That(int.Parse(run.Lines[1]), Is.LessThanOrEqualTo(3));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Network_New_HasLoUpAndNothingElse()
    {
        Outcome run = RunShell("ls /sys/class/net; cat /sys/class/net/lo/operstate /sys/class/net/lo/flags; ping -c1 -W2 127.0.0.1 >/dev/null && echo pong");
        Assert.That(run.Lines[0], Is.EqualTo("lo"));
        Assert.That(int.Parse(run.Lines[2].AsSpan(2), System.Globalization.NumberStyles.HexNumber) & 1, Is.EqualTo(1), "lo is not up");
        Assert.That(run.Lines[^1], Is.EqualTo("pong"));
    }

    [Test, Category("Standard")]
    public void Uts_HostnameIsSet_AndTheHostsStays()
    {
        string before = Environment.MachineName;
        Assert.That(RunShell("hostname", b => b.Set("hostname", "my-host.example")).Text, Is.EqualTo("my-host.example"));
        Assert.That(Environment.MachineName, Is.EqualTo(before));
    }

    [Test]
    public void Uts_DomainnameIsSet() =>
        Assert.That(RunShell("cat /proc/sys/kernel/domainname", b => b.Set("domainname", "nis.example")).Text, Is.EqualTo("nis.example"));

    [Test]
    public void Time_OffsetsAreThoseOfTheDocument()
    {
        Require.Path("/proc/self/ns/time", "time namespaces");
        double up = double.Parse(Host.ReadProc("/proc/uptime").Split(' ')[0]);
        Outcome run = RunShell("cat /proc/uptime; readlink /proc/self/ns/time; cat /proc/self/timens_offsets", b => b.WithNamespace("time").Set("linux.timeOffsets", new JsonObject
        {
            ["monotonic"] = new JsonObject { ["secs"] = 1000, ["nanosecs"] = 5 },
            ["boottime"] = new JsonObject { ["secs"] = 86400 },
        }));
        Assert.That(double.Parse(run.Lines[0].Split(' ')[0]), Is.EqualTo(up + 86400).Within(30));
        Assert.That(run.Lines[1], Is.Not.EqualTo(Host.Namespace("self", "time")));
        Assert.That(run.Output, Does.Match(@"monotonic\s+1000\s+5\b"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void User_RootInsideIsAnotherUserOutside()
    {
        TestBundle bundle = Shell("id -u; id -g; cat /proc/self/uid_map; touch /out/file; sleep 1000").WithUserNamespace();
        Directory.CreateDirectory(Box.Folder + "/out");
        Native.Safe.Files.TryChangeOwner(null, Box.Folder + "/out", 100000, 100000);
        bundle.WithMount("/out", "bind", Box.Folder + "/out", "bind");
        // The bundle's folders must let the mapped user through.
        int pid = Start(bundle);
        Assert.That(Host.Status(pid, "Uid"), Is.EqualTo("100000\t100000\t100000\t100000"));
        Assert.That(Host.Status(pid, "Gid"), Is.EqualTo("100000\t100000\t100000\t100000"));
        Assert.That(Host.ReadProc($"/proc/{pid}/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), Is.EqualTo(new[] { "0", "100000", "65536" }));
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/out/file")));
        Assert.That(Host.Stat(Box.Folder + "/out/file").stx_uid, Is.EqualTo(100000));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void User_DevicesAreBoundAndWork()
    {
        Outcome run = RunShell("echo x > /dev/null && head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; stat -c '%t:%T %F' /dev/null", b => b.WithUserNamespace());
        Assert.That(run.Lines, Is.EqualTo(new[] { "4", "4", "1:3 character special file" }));
    }

    [Test, Category("Standard")]
    public void User_NonRootUserInside()
    {
        Outcome run = RunShell("id -u; id -g; id -G; grep CapEff /proc/self/status", b => b.WithUserNamespace().WithUser(1000, 1000, 50));
        Assert.That(run.Lines[..3], Is.EqualTo(new[] { "1000", "1000", "1000 50" }));
        Assert.That(run.Lines[3], Does.EndWith("0000000000000000"));
    }

    [Test, Category("Fallback")]
    public void User_FoldersThatItsRootMayNotPass_AreNoHindrance()
    {
        // Of a home folder (0700) the mapped root is nobody; the runtime's own root opens what the document names.
        string home = Directory.CreateDirectory(Box.Folder + "/home").FullName;
        Fixtures.CopyBusybox(home + "/rootfs");
        Directory.CreateDirectory(home + "/data");
        File.WriteAllText(home + "/data/file", "data");
        File.WriteAllText(home + "/single", "single");
        File.SetUnixFileMode(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Outcome run = RunShell("cat /mnt/file /etc/hostname; id -u; head -1 /proc/self/mountinfo | cut -d' ' -f4", b => b.WithUserNamespace().Set("root.path", home + "/rootfs")
            .WithMount("/mnt", "bind", home + "/data", "bind", "ro").WithMount("/etc/hostname", "bind", home + "/single", "bind"));
        Assert.That(run.Output, Does.StartWith("datasingle0"));
    }

    [Test]
    public void User_MissingTargetsAreMadeAsItsRoot()
    {
        TestBundle bundle = Shell("true").WithOwnRootfs().WithUserNamespace();
        Native.Safe.Files.TryChangeOwner(null, bundle.Rootfs, 100000, 100000);
        bundle.WithMount("/made/deep", "tmpfs", "tmpfs");
        Run(bundle).Succeeded();
        Assert.That(Host.Stat(bundle.Rootfs + "/made").stx_uid, Is.EqualTo(100000));
        Assert.That(Host.Stat(bundle.Rootfs + "/made/deep").stx_gid, Is.EqualTo(100000));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Cgroup_New_ShowsItselfAsTheRoot()
    {
        Outcome run = RunShell("cat /proc/self/cgroup", b => b.WithNamespace("cgroup"));
        Assert.That(run.Lines.Where(l => !l.StartsWith("0::")).Select(l => l.Split(':')[2]), Has.All.EqualTo("/"), run.Output);
    }

    [Test]
    public void SameKindTwice_IsRefused()
    {
        TestBundle bundle = Shell("true");
        bundle.Array("linux.namespaces").Add(new JsonObject { ["type"] = "pid" });
        Run(bundle).FailedInOneLine("linux.namespaces", "pid");
        AssertNothingLeft();
    }

    [Test]
    public void ByPath_NoNamespaceOrAnotherKind_IsRefusedByName()
    {
        Run(Shell("true").WithNamespace("network", "/etc/passwd")).FailedInOneLine("/etc/passwd", "network");
        Run(Shell("true").WithNamespace("network", "/proc/self/ns/ipc")).FailedInOneLine("/proc/self/ns/ipc", "network");
        Run(Shell("true").WithNamespace("network", "/no/such")).FailedInOneLine("/no/such", "no such file or directory");
        Run(Shell("true").WithNamespace("network", "relative")).FailedInOneLine("relative");
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    [TestCase("network", "net")]
    [TestCase("ipc", "ipc")]
    [TestCase("uts", "uts")]
    [TestCase("pid", "pid")]
    public void User_New_WithANamespaceOfTheHosts(string type, string proc)
    {
        TestBundle first = Sleeper();
        int other = Start(first);
        TestBundle second = Sleeper().WithUserNamespace().WithNamespace(type, $"/proc/{other}/ns/{proc}");
        if (type == "uts")
            second.Remove("hostname");
        if (type == "ipc")
            second.WithoutMount("/dev/mqueue");
        if (type == "pid")
            second.WithoutMount("/proc").WithMount("/proc", "bind", "/proc", "rbind").Set("linux.maskedPaths", new JsonArray()).Set("linux.readonlyPaths", new JsonArray());
        int pid = Start(second);
        Assert.That(Host.Namespace(pid.ToString(), proc), Is.EqualTo(Host.Namespace(other.ToString(), proc)));
        Assert.That(Host.Status(pid, "Uid"), Does.StartWith("100000\t"));
        // A further process joins both, too.
        Assert.That(Exec(second.Id, "readlink", "/proc/self/ns/user").Succeeded().Text, Is.EqualTo(type == "pid" ? Exec(second.Id, "readlink", "/proc/self/ns/user").Text : Host.Namespace(pid.ToString(), "user")));
        Delete(second.Id);
        Delete(first.Id);
    }

    [Test, Category("Fallback")]
    public void User_New_WithTheHostsNetwork_HasTheHostsSysfs_WithoutItsCgroups()
    {
        Outcome run = RunShell("ls /sys/class/net; echo; ls /sys/fs/cgroup; touch /sys/x || mkdir /sys/fs/cgroup/x || :",
            b => b.WithUserNamespace().WithoutNamespace("network"));
        Assert.That(run.Output, Does.Contain("lo\n").And.EndWith("\n\n"), run.ToString());
        Assert.That(run.Error, Does.Match("(?s)/sys/x.*/sys/fs/cgroup/x.*"), run.ToString());
    }

    [Test]
    [TestCase(0)]
    [TestCase(700)]
    [TestCase(-17, Category = "Vm")]
    public void User_OomScoreAdj_IsThatOfTheDocument(int score)
    {
        TestBundle bundle = Sleeper().WithUserNamespace().Set("process.oomScoreAdj", score);
        int pid = Start(bundle);
        Assert.That(File.ReadAllText($"/proc/{pid}/oom_score_adj").Trim(), Is.EqualTo($"{score}"));
        Delete(bundle.Id);
    }

    [Test, Category("Fallback")]
    public void User_MayOpenItsStandardStreamsAgain()
    {
        foreach (uint user in new uint[] { 0, 1000 })
        {
            TestBundle bundle = Shell("echo out > /dev/stdout; echo err > /dev/stderr; echo fd > /proc/self/fd/1").WithUserNamespace().WithUser(user, user).Save();
            Launch launch = Box.Command("run", "-b", bundle.Folder, bundle.Id);
            Outcome run = new Launch("/bin/sh", ["-c", "{ \"$@\" 2>&3 | cat; } 3>&1 | cat", "sh", launch.Path, .. launch.Arguments]) { Filter = launch.Filter }.Start().Wait();
            Assert.That(run.Lines, Is.EquivalentTo(new[] { "out", "err", "fd" }), $"user {user}: {run}");
        }
    }

    [Test]
    public void User_MayOpenItsStandardStreamsAgain_InAnExec()
    {
        TestBundle bundle = Sleeper().WithUserNamespace();
        Start(bundle);
        Launch launch = Box.Command("exec", "-u", "1000:1000", bundle.Id, "sh", "-c", "echo out > /dev/stdout");
        Outcome run = new Launch("/bin/sh", ["-c", "\"$@\" | cat", "sh", launch.Path, .. launch.Arguments]) { Filter = launch.Filter }.Start().Wait();
        Assert.That(run.Text, Is.EqualTo("out"), run.ToString());
        Delete(bundle.Id);
    }

    [Test]
    public void User_LimitsAreThoseOfTheDocument()
    {
        TestBundle bundle = Sleeper().WithUserNamespace().Set("process.rlimits", JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]"""));
        int pid = Start(bundle);
        Assert.That(File.ReadAllText($"/proc/{pid}/limits"), Does.Match(@"open files\s+77\s+88").And.Match(@"core file size\s+0\s+0"));
        Assert.That(Exec(bundle.Id, "sh", "-c", "ulimit -n; ulimit -H -n").Succeeded().Lines, Is.EqualTo(new[] { "77", "88" }));
        Delete(bundle.Id);
    }

    // The machines' root has CAP_SYS_RESOURCE, as most hosts' has.
    [Test, Category("Vm")]
    public void User_LimitsMayBeAboveTheRuntimesOwn()
    {
        TestBundle bundle = Shell("ulimit -H -n").WithUserNamespace().Set("process.rlimits", JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 200, "hard": 2000}]""")).Save();
        Launch launch = Box.Command("run", "-b", bundle.Folder, bundle.Id);
        Outcome run = new Launch("/bin/sh", ["-c", "ulimit -n 1000; \"$@\"", "sh", launch.Path, .. launch.Arguments]).Start().Wait();
        Assert.That(run.Text, Is.EqualTo("2000"), run.ToString());
    }
}
