using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>cgroup v2: each limit is in its file, in v2's units; controllers come down the tree; devices, events, the container's own view.</summary>
[Category("CgroupV2"), Category("Host")]
public sealed class CgroupV2Tests : CgroupTest
{
    // runc 1.1 and crun 1.8 know neither burst nor idle.
    [TestCase("memory.limit", "67108864", "memory.max", "67108864", Category = "Standard")]
    [TestCase("memory.limit", "-1", "memory.max", "max", Category = "Standard")]
    [TestCase("memory.reservation", "33554432", "memory.low", "33554432", Category = "Standard")]
    [TestCase("memory", """{"limit": 67108864, "swap": 134217728}""", "memory.swap.max", "67108864", Category = "Standard")]
    [TestCase("memory", """{"limit": 67108864, "swap": 67108864}""", "memory.swap.max", "0", Category = "Standard")]
    [TestCase("memory", """{"limit": 67108864, "swap": -1}""", "memory.swap.max", "max", Category = "Standard")]
    [TestCase("cpu.shares", "1024", "cpu.weight", "39", Category = "Standard")]
    [TestCase("cpu.shares", "2", "cpu.weight", "1", Category = "Standard")]
    [TestCase("cpu.shares", "262144", "cpu.weight", "10000", Category = "Standard")]
    [TestCase("cpu.quota", "40000", "cpu.max", "40000 100000", Category = "Standard")]
    [TestCase("cpu.quota", "-1", "cpu.max", "max 100000", Category = "Standard")]
    [TestCase("cpu.period", "50000", "cpu.max", "max 50000", Category = "Standard")]
    [TestCase("cpu", """{"quota": 500000, "period": 1000000}""", "cpu.max", "500000 1000000", Category = "Standard")]
    [TestCase("cpu.cpus", "\"0\"", "cpuset.cpus", "0", Category = "Standard")]
    [TestCase("cpu.mems", "\"0\"", "cpuset.mems", "0", Category = "Standard")]
    [TestCase("pids.limit", "77", "pids.max", "77", Category = "Standard")]
    [TestCase("pids.limit", "-1", "pids.max", "max", Category = "Standard")]
    [TestCase("hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""", "hugetlb.2MB.max", "4194304", Category = "Standard")]
    // Pages that are reserved and not touched yet; runc and crun of 2023 leave them unlimited.
    [TestCase("hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""", "hugetlb.2MB.rsvd.max", "4194304")]
    [TestCase("unified", """{"memory.high": "50331648"}""", "memory.high", "50331648", Category = "Standard")]
    [TestCase("unified", """{"memory.min": "1048576", "pids.max": "12"}""", "pids.max", "12", Category = "Standard")]
    public void Create_TheLimitIsInItsFile(string property, string json, string file, string expected)
    {
        TestBundle bundle = Limited(property, json);
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, "", file), Is.EqualTo(expected));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    // cpu.max.burst came with Linux 5.14, cpu.idle with 5.15.
    [TestCase("cpu", """{"quota": 40000, "burst": 20000}""", "cpu.max.burst", "20000")]
    [TestCase("cpu.idle", "1", "cpu.idle", "1")]
    public void Create_ANewerLimit_IsInItsFile_OrTheKernelsLackIsNamed(string property, string json, string file, string expected)
    {
        TestBundle bundle = Limited(property, json);
        Outcome create = Create(bundle);
        if (create.ExitCode == 0)
        {
            Assert.That(CgroupFile(bundle, "", file), Is.EqualTo(expected));
            Delete(bundle.Id);
        }
        else
        {
            create.FailedInOneLine("linux.resources.cpu.", "this kernel's cpu controller has no such file");
        }
        AssertNothingLeft();
    }

    [Test]
    [TestCase("throttleReadBpsDevice", "rbps")]
    [TestCase("throttleWriteBpsDevice", "wbps")]
    [TestCase("throttleReadIOPSDevice", "riops")]
    [TestCase("throttleWriteIOPSDevice", "wiops")]
    public void Create_Throttle_IsInItsFile(string property, string key)
    {
        string disk = Disk();
        string[] numbers = disk.Split(':');
        TestBundle bundle = Limited("blockIO." + property, $$"""[{"major": {{numbers[0]}}, "minor": {{numbers[1]}}, "rate": 123456}]""");
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, "", "io.max"), Does.StartWith(disk + " ").And.Contain($"{key}=123456"));
        Delete(bundle.Id);
    }

    [Test]
    public void Create_BlockWeight_IsInTheFileThatTheKernelHas()
    {
        TestBundle bundle = Limited("blockIO.weight", "300");
        Outcome create = Create(bundle);
        string folder = Host.CgroupFolder("", "/" + bundle.Id);
        if (create.ExitCode != 0)
            create.FailedInOneLine("linux.resources.blockIO.weight", "has no such file");
        else if (File.Exists(folder + "/io.bfq.weight"))
            Assert.That(CgroupFile(bundle, "", "io.bfq.weight"), Is.EqualTo("default 300"));
        else
            Assert.That(CgroupFile(bundle, "", "io.weight"), Is.EqualTo("default 2930"));
        if (create.ExitCode == 0)
            Delete(bundle.Id);
        AssertNothingLeft();
    }

    [TestCase("--memory", "64m", "memory.max", "67108864", Category = "Standard")]
    [TestCase("--memory-reservation", "32m", "memory.low", "33554432", Category = "Standard")]
    [TestCase("--memory-swap", "512m", "memory.swap.max", "402653184")]
    [TestCase("--cpu-share", "1024", "cpu.weight", "39", Category = "Standard")]
    [TestCase("--cpu-quota", "45000", "cpu.max", "45000 100000", Category = "Standard")]
    [TestCase("--cpu-period", "55000", "cpu.max", "50000 55000", Category = "Standard")]
    [TestCase("--cpuset-cpus", "0", "cpuset.cpus", "0", Category = "Standard")]
    [TestCase("--cpuset-mems", "0", "cpuset.mems", "0", Category = "Standard")]
    [TestCase("--pids-limit", "55", "pids.max", "55", Category = "Standard")]
    [TestCase("--pids-limit", "-1", "pids.max", "max", Category = "Standard")]
    public void Update_ByOption_TheLimitIsInItsFile_AndOthersStay(string option, string value, string file, string expected)
    {
        TestBundle bundle = Sleeper().Set("linux.resources.memory", JsonNode.Parse("""{"limit": 134217728, "swap": 268435456}"""))
            .Set("linux.resources.cpu", JsonNode.Parse("""{"quota": 50000, "shares": 777}""")).Set("linux.resources.pids", JsonNode.Parse("""{"limit": 99}"""));
        Start(bundle);
        Dictionary<string, string> before = Values();
        Call("update", option, value, bundle.Id).Succeeded();
        Assert.That(CgroupFile(bundle, "", file), Is.EqualTo(expected));
        Dictionary<string, string> after = Values();
        before.Remove(file);
        after.Remove(file);
        Assert.That(after, Is.EqualTo(before), "another limit changed");
        Delete(bundle.Id);

        Dictionary<string, string> Values() =>
            new[] { "memory.max", "memory.swap.max", "memory.low", "cpu.weight", "cpu.max", "pids.max" }.ToDictionary(f => f, f => CgroupFile(bundle, "", f));
    }

    [TestCase("""{"cpu": {"cpus": "4095"}}""", "linux.resources.cpu.cpus", "cpuset.cpus")]
    [TestCase("""{"cpu": {"quota": 1}}""", "linux.resources.cpu.quota", "cpu.max")]
    [TestCase("""{"unified": {"memory.max": "much"}}""", "linux.resources.unified", "memory.max")]
    [TestCase("""{"unified": {"nosuch.max": "1"}}""", "linux.resources.unified", "memory.max")]
    [TestCase("""{"unified": {"../cgroup.procs": "1"}}""", "linux.resources.unified", "memory.max")]
    public void Update_Refused_NamesThePropertyAndTheContainerLivesOn(string resources, string property, string file)
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        string before = CgroupFile(bundle, "", file);
        UpdateFrom(bundle.Id, resources).FailedInOneLine(property);
        Assert.That(CgroupFile(bundle, "", file), Is.EqualTo(before));
        Assert.That(Host.IsAlive(pid));
        Delete(bundle.Id);
    }

    [TestCase("cpu.cpus", "\"4095\"", "linux.resources.cpu.cpus")]
    [TestCase("cpu.quota", "1", "linux.resources.cpu.quota")]
    [TestCase("memory.swap", "67108864", "linux.resources.memory.swap")]
    [TestCase("memory", """{"limit": 67108864, "swap": 33554432}""", "linux.resources.memory.swap")]
    [TestCase("hugepageLimits", """[{"pageSize": "3MB", "limit": 4194304}]""", "linux.resources.hugepageLimits")]
    [TestCase("network", """{"classID": 1}""", "linux.resources.network")]
    [TestCase("blockIO.throttleReadBpsDevice", """[{"major": 999, "minor": 999, "rate": 4096}]""", "linux.resources.blockIO.throttleReadBpsDevice")]
    [TestCase("unified", """{"a/b": "1"}""", "linux.resources.unified")]
    public void Create_Refused_NamesThePropertyAndLeavesNothing(string property, string json, string named)
    {
        Create(Limited(property, json)).FailedInOneLine(named);
        AssertNothingLeft();
    }

    [Test]
    public void Create_BelowACgroupWithProcesses_SaysWhyTheControllerIsMissing()
    {
        string above = Host.CgroupFolder("", $"/{Box.Name}full");
        Directory.CreateDirectory(above);
        using RunningProgram sleeper = new Launch("/bin/sleep", "1000").Start();
        File.WriteAllText(above + "/cgroup.procs", sleeper.Pid.ToString());
        TestBundle bundle = Limited("memory.limit", "67108864").Set("linux.cgroupsPath", $"/{Box.Name}full/in");
        Create(bundle).FailedInOneLine("linux.resources.memory.limit", "subtree_control", "processes");
        Assert.That(File.ReadAllText(above + "/cgroup.procs").Trim(), Is.EqualTo(sleeper.Pid.ToString()));
        sleeper.Dispose();
        Sandbox.RemoveCgroup(above);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void View_WithANamespace_IsTheContainersOwn([Values("ro", "rw")] string mode)
    {
        Outcome run = RunShell("cat /sys/fs/cgroup/memory.max /proc/self/cgroup; mkdir /sys/fs/cgroup/below 2>/dev/null && echo made && rmdir /sys/fs/cgroup/below; true",
            b => b.WithNamespace("cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", mode).Set("linux.resources.memory", JsonNode.Parse("""{"limit": 67108864}""")));
        Assert.That(run.Lines, Is.EqualTo(mode == "rw" ? new[] { "67108864", "0::/", "made" } : ["67108864", "0::/"]));
    }

    // Not so with runc and crun, which show the host's whole tree then. As on v1, a container has its own: a writable view would else be one of everybody's.
    [Test]
    public void View_WithoutANamespace_IsTheContainersOwn()
    {
        TestBundle bundle = Shell("cat /sys/fs/cgroup/memory.max; cat /proc/self/cgroup; mkdir /sys/fs/cgroup/below 2>/dev/null; true")
            .WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro").Set("linux.resources.memory", JsonNode.Parse("""{"limit": 67108864}"""));
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "67108864", "0::/" + bundle.Id }));
    }

    // As a service manager needs it: its own root makes cgroups below, and hands controllers down.
    [Test]
    public void View_Writable_BelongsToTheRootOfTheUserNamespace()
    {
        TestBundle bundle = Shell("mkdir /sys/fs/cgroup/init && echo $$ >/sys/fs/cgroup/init/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control && cat /sys/fs/cgroup/init/pids.max; echo 5 >/sys/fs/cgroup/pids.max || echo kept")
            .WithUserNamespace().WithNamespace("cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw").Set("linux.resources.pids", JsonNode.Parse("""{"limit": 40}"""));
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "max", "kept" }));
        AssertNothingLeft();
    }

    // A container whose first process has divided the cgroup: the cgroup itself takes no process any more.
    [Test]
    public void Exec_IntoADividedCgroup_JoinsTheFirstProcess()
    {
        TestBundle bundle = Shell("mkdir /sys/fs/cgroup/init && echo $$ >/sys/fs/cgroup/init/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control && touch /out/done; sleep 1000")
            .WithNamespace("cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "rw").WithMount("/out", "bind", Box.Folder, "bind");
        Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/done")));
        Assert.That(Exec(bundle.Id, "cat", "/proc/self/cgroup").Succeeded().Text, Is.EqualTo("0::/init"));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test]
    public void Events_TellMemoryPressureAndIo()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Outcome stats = Call("events", "--stats", bundle.Id).Succeeded();
        JsonNode data = JsonNode.Parse(stats.Output)!["data"]!;
        Assert.That((long)data["memory"]!["usage"]!["usage"]!, Is.GreaterThan(0));
        Assert.That(data["memory"]!["raw"]!["anon"], Is.Not.Null);
        Assert.That((long)data["pids"]!["current"]!, Is.GreaterThan(0));
        Assert.That((ulong)data["cpu"]!["usage"]!["total"]!, Is.GreaterThan(0ul));
        if (File.Exists(Host.CgroupFolder("", $"/{bundle.Id}/cpu.pressure")))
            Assert.That((double)data["cpu"]!["psi"]!["some"]!["avg10"]!, Is.GreaterThanOrEqualTo(0));
        Assert.That(data["blkio"], Is.Not.Null);
        Delete(bundle.Id);
    }
}
