using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>cgroup v1: each limit is in its file, after create and after update.</summary>
[Category("CgroupV1")]
public sealed class CgroupV1Tests : CgroupTest
{
    // runc 1.1 knows neither burst nor idle, and no longer writes kernelTCP.
    [TestCase("memory.limit", "67108864", "memory", "memory.limit_in_bytes", "67108864", Category = "Standard")]
    [TestCase("memory.reservation", "33554432", "memory", "memory.soft_limit_in_bytes", "33554432", Category = "Standard")]
    [TestCase("memory.swappiness", "7", "memory", "memory.swappiness", "7", Category = "Standard")]
    [TestCase("memory.kernelTCP", "16777216", "memory", "memory.kmem.tcp.limit_in_bytes", "16777216")]
    [TestCase("memory", """{"limit": 67108864, "swap": 134217728}""", "memory", "memory.memsw.limit_in_bytes", "134217728", Category = "Standard")]
    [TestCase("memory", """{"limit": -1, "swap": -1}""", "memory", "memory.memsw.limit_in_bytes", "9223372036854771712", Category = "Standard")]
    [TestCase("cpu.shares", "512", "cpu", "cpu.shares", "512", Category = "Standard")]
    [TestCase("cpu.quota", "40000", "cpu", "cpu.cfs_quota_us", "40000", Category = "Standard")]
    [TestCase("cpu.period", "50000", "cpu", "cpu.cfs_period_us", "50000", Category = "Standard")]
    [TestCase("cpu", """{"quota": 500000, "period": 1000000}""", "cpu", "cpu.cfs_quota_us", "500000", Category = "Standard")]
    [TestCase("cpu", """{"quota": 40000, "burst": 20000}""", "cpu", "cpu.cfs_burst_us", "20000")]
    [TestCase("cpu.idle", "1", "cpu", "cpu.idle", "1")]
    [TestCase("cpu.cpus", "\"0\"", "cpuset", "cpuset.cpus", "0", Category = "Standard")]
    [TestCase("cpu.mems", "\"0\"", "cpuset", "cpuset.mems", "0", Category = "Standard")]
    [TestCase("pids.limit", "77", "pids", "pids.max", "77", Category = "Standard")]
    [TestCase("pids.limit", "-1", "pids", "pids.max", "max", Category = "Standard")]
    public void Create_TheLimitIsInItsFile(string property, string json, string controller, string file, string expected)
    {
        Require.CgroupV1(controller);
        TestBundle bundle = Limited(property, json);
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, controller, file), Is.EqualTo(expected));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    // Many hosts have this controller and do not mount it.
    [Test]
    public void Create_HugepageLimit_IsInItsFile_OrTheControllerThatIsMissingIsNamed()
    {
        TestBundle bundle = Limited("hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""");
        if (Host.CgroupHierarchy("hugetlb") is null)
        {
            Outcome refused = Create(bundle);
            Assert.That(refused.ExitCode, Is.Not.Zero);
            Assert.That(refused.Error, Does.Contain("linux.resources.hugepageLimits: the hugetlb cgroup controller is not mounted on this host"));
        }
        else
        {
            Create(bundle).Succeeded();
            Assert.That(CgroupFile(bundle, "hugetlb", "hugetlb.2MB.limit_in_bytes"), Is.EqualTo("4194304"));
            // Pages that a program reserved and has not touched yet count as well (Linux 5.7).
            if (File.Exists(Host.CgroupHierarchy("hugetlb") + "/hugetlb.2MB.rsvd.limit_in_bytes"))
                Assert.That(CgroupFile(bundle, "hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes"), Is.EqualTo("4194304"));
            Delete(bundle.Id);
        }
        AssertNothingLeft();
    }

    // Engines wrote 0 for "no limit" until version 1.3 of the specification made it a limit.
    [TestCase("1.0.2", "max")]
    [TestCase("1.2.1", "max")]
    [TestCase("1.3.0", "0")]
    public void PidsLimitOfZero_IsALimit_SinceVersion1_3(string version, string expected)
    {
        TestBundle bundle = Limited("pids.limit", "0").Set("ociVersion", version);
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, "pids", "pids.max"), Is.EqualTo(expected));
        UpdateFrom(bundle.Id, """{"pids": {"limit": 8}}""").Succeeded();
        UpdateFrom(bundle.Id, """{"pids": {"limit": 0}}""").Succeeded();
        Assert.That(CgroupFile(bundle, "pids", "pids.max"), Is.EqualTo(expected));
        Delete(bundle.Id);
    }

    // Below a cgroup with half a CPU: at every moment quota / period may be at most a half.
    [Test]
    public void Update_QuotaPeriodAndBurst_BelowALimitedCgroup_InWhicheverOrderTheKernelTakes()
    {
        string pod = Directory.CreateDirectory($"{Require.CgroupV1("cpu")}/{Box.Name}pod").FullName;
        File.WriteAllText(pod + "/cpu.cfs_period_us", "100000");
        File.WriteAllText(pod + "/cpu.cfs_quota_us", "50000");
        string path = $"/{Box.Name}pod/c";
        TestBundle bundle = Limited("cpu", """{"period": 100000, "quota": 45000, "burst": 45000}""").Set("linux.cgroupsPath", path);
        Start(bundle);
        foreach ((string period, string quota, string burst) in new[] { ("10000", "3000", "1000"), ("100000", "50000", "50000"), ("20000", "10000", "0"), ("50000", "5000", "5000") })
        {
            UpdateFrom(bundle.Id, $$$"""{"cpu": {"period": {{{period}}}, "quota": {{{quota}}}, "burst": {{{burst}}}}}""").Succeeded();
            Assert.That(new[] { "period", "quota", "burst" }.Select(name => File.ReadAllText($"{pod}/c/cpu.cfs_{name}_us").Trim()), Is.EqualTo(new[] { period, quota, burst }));
        }
        Call("update", "--cpu-burst", "0", bundle.Id).Succeeded();
        Call("update", "--cpu-period", "10000", "--cpu-quota", "3000", bundle.Id).Succeeded();
        Call("update", "--cpu-period", "10000", "--cpu-quota", "9000", bundle.Id).FailedInOneLine("linux.resources.cpu.quota");
        Delete(bundle.Id);
        foreach (string hierarchy in Host.CgroupHierarchies())
            Sandbox.RemoveCgroup($"{hierarchy}/{Box.Name}pod");
    }

    // Also by a child that could not be born there: that of an old kernel.
    [Test, Category("Standard"), Category("Fallback")]
    public void Hybrid_TheV2TreeIsJoinedToo_ByContainerAndExec_AndLeftEmpty()
    {
        MountEntry? unified = Host.MountsOf("self").FirstOrDefault(m => m.Type == "cgroup2");
        Require.That(unified is not null, "needs a hybrid host: v2 mounted beside v1");
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        string file = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", file, bundle.Id, "sleep", "1000").Succeeded();
        string[] members = File.ReadAllLines($"{unified!.Point}/{bundle.Id}/cgroup.procs");
        Assert.That(members, Does.Contain($"{pid}").And.Contain(File.ReadAllText(file)));
        Assert.That(Host.ReadProc($"/proc/{pid}/cgroup"), Does.Contain($"0::/{bundle.Id}\n"));
        Delete(bundle.Id);
        Assert.That(Directory.Exists($"{unified.Point}/{bundle.Id}"), Is.False);
    }

    [Test, Category("Standard")]
    public void Create_DisableOomKiller_IsInItsFile()
    {
        TestBundle bundle = Limited("memory", """{"limit": 67108864, "disableOOMKiller": true}""");
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, "memory", "memory.oom_control"), Does.Contain("oom_kill_disable 1"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase("throttleReadBpsDevice", "read_bps_device")]
    [TestCase("throttleWriteBpsDevice", "write_bps_device")]
    [TestCase("throttleReadIOPSDevice", "read_iops_device")]
    [TestCase("throttleWriteIOPSDevice", "write_iops_device")]
    public void Create_Throttle_IsInItsFile(string property, string file)
    {
        Require.CgroupV1("blkio");
        string disk = Disk();
        string[] numbers = disk.Split(':');
        TestBundle bundle = Limited("blockIO." + property, $$"""[{"major": {{numbers[0]}}, "minor": {{numbers[1]}}, "rate": 123456}]""");
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, "blkio", "blkio.throttle." + file), Is.EqualTo($"{disk} 123456"));
        Delete(bundle.Id);
    }

    // Kernels for clouds are built without: CONFIG_RT_GROUP_SCHED, and CONFIG_BFQ_GROUP_IOSCHED as a module that nobody loads.
    [TestCase("cpu.realtimePeriod", "500000", "cpu", "cpu.rt_period_us", Category = "Standard")]
    [TestCase("blockIO.weight", "300", "blkio", "blkio.bfq.weight blkio.weight")]
    public void Create_WhatOnlySomeKernelsHave_IsInItsFile_OrRefusedByName(string property, string json, string controller, string files)
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        string folder = $"{Require.CgroupV1(controller)}/{bundle.Id}";
        string? file = files.Split(' ').FirstOrDefault(f => File.Exists($"{folder}/{f}"));
        Delete(bundle.Id);
        bundle = Limited(property, json);
        if (file is null)
        {
            Create(bundle).FailedInOneLine(property);
            return;
        }
        Create(bundle).Succeeded();
        Assert.That(CgroupFile(bundle, controller, file), Does.EndWith(json));
        if (controller == "blkio")
        {
            Call("update", "--blkio-weight", "400", bundle.Id).Succeeded();
            Assert.That(CgroupFile(bundle, controller, file), Does.EndWith("400"));
        }
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [TestCase("--memory", "64m", "memory", "memory.limit_in_bytes", "67108864", Category = "Standard")]
    [TestCase("--memory", "67108864", "memory", "memory.limit_in_bytes", "67108864", Category = "Standard")]
    [TestCase("--memory-reservation", "32m", "memory", "memory.soft_limit_in_bytes", "33554432", Category = "Standard")]
    [TestCase("--memory-swap", "512m", "memory", "memory.memsw.limit_in_bytes", "536870912", Category = "Standard")]
    [TestCase("--cpu-share", "333", "cpu", "cpu.shares", "333", Category = "Standard")]
    [TestCase("--cpu-quota", "45000", "cpu", "cpu.cfs_quota_us", "45000", Category = "Standard")]
    [TestCase("--cpu-period", "55000", "cpu", "cpu.cfs_period_us", "55000", Category = "Standard")]
    [TestCase("--cpu-burst", "10000", "cpu", "cpu.cfs_burst_us", "10000")]
    [TestCase("--cpu-idle", "1", "cpu", "cpu.idle", "1")]
    [TestCase("--cpuset-cpus", "0", "cpuset", "cpuset.cpus", "0", Category = "Standard")]
    [TestCase("--cpuset-mems", "0", "cpuset", "cpuset.mems", "0", Category = "Standard")]
    [TestCase("--pids-limit", "55", "pids", "pids.max", "55", Category = "Standard")]
    [TestCase("--pids-limit", "-1", "pids", "pids.max", "max", Category = "Standard")]
    public void Update_ByOption_TheLimitIsInItsFile_AndOthersStay(string option, string value, string controller, string file, string expected)
    {
        Require.CgroupV1(controller);
        TestBundle bundle = Sleeper().Set("linux.resources.memory", new JsonObject { ["limit"] = 128 * Mega, ["swap"] = 256 * Mega })
            .Set("linux.resources.cpu", new JsonObject { ["quota"] = 50000, ["shares"] = 777 }).Set("linux.resources.pids", new JsonObject { ["limit"] = 99 });
        Start(bundle);
        Dictionary<string, string> before = Values();
        Call("update", option, value, bundle.Id).Succeeded();
        Assert.That(CgroupFile(bundle, controller, file), Is.EqualTo(expected));
        Dictionary<string, string> after = Values();
        // An idle cgroup has no shares to speak of: the kernel sets them.
        foreach (string changed in file == "cpu.idle" ? new[] { file, "cpu.shares" } : [file])
        {
            before.Remove(changed);
            after.Remove(changed);
        }
        Assert.That(after, Is.EqualTo(before), "another limit changed");
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);

        Dictionary<string, string> Values() => new[]
        {
            ("memory", "memory.limit_in_bytes"), ("memory", "memory.memsw.limit_in_bytes"), ("cpu", "cpu.shares"), ("cpu", "cpu.cfs_quota_us"), ("pids", "pids.max"),
        }.ToDictionary(f => f.Item2, f => CgroupFile(bundle, f.Item1, f.Item2));
    }

    [Test, Category("Standard")]
    public void Update_FromStandardInput_AllLimitsAreInTheirFiles()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        UpdateFrom(bundle.Id, """
            {"memory": {"limit": 67108864, "reservation": 33554432}, "cpu": {"shares": 444, "quota": 30000, "period": 60000, "cpus": "0", "mems": "0"},
             "pids": {"limit": 66}}
            """).Succeeded();
        Assert.Multiple(() =>
        {
            Assert.That(CgroupFile(bundle, "memory", "memory.limit_in_bytes"), Is.EqualTo("67108864"));
            Assert.That(CgroupFile(bundle, "memory", "memory.soft_limit_in_bytes"), Is.EqualTo("33554432"));
            Assert.That(CgroupFile(bundle, "cpu", "cpu.shares"), Is.EqualTo("444"));
            Assert.That(CgroupFile(bundle, "cpu", "cpu.cfs_quota_us"), Is.EqualTo("30000"));
            Assert.That(CgroupFile(bundle, "cpu", "cpu.cfs_period_us"), Is.EqualTo("60000"));
            Assert.That(CgroupFile(bundle, "cpuset", "cpuset.cpus"), Is.EqualTo("0"));
            Assert.That(CgroupFile(bundle, "pids", "pids.max"), Is.EqualTo("66"));
        });
        Delete(bundle.Id);
    }

    // The kernel holds limit ≤ memsw at every moment: which is written first depends on the direction.
    [Test, Category("Standard")]
    public void Update_MemoryAndSwap_BothUp_BothDown_AndAway()
    {
        TestBundle bundle = Limited("memory", """{"limit": 67108864, "swap": 134217728}""");
        Start(bundle);
        foreach ((string memory, string swap, string limit, string memsw) in new[]
        {
            ("256m", "512m", "268435456", "536870912"), ("64m", "128m", "67108864", "134217728"), ("-1", "-1", "9223372036854771712", "9223372036854771712"),
        })
        {
            Call("update", "--memory", memory, "--memory-swap", swap, bundle.Id).Succeeded();
            Assert.That(CgroupFile(bundle, "memory", "memory.limit_in_bytes"), Is.EqualTo(limit));
            Assert.That(CgroupFile(bundle, "memory", "memory.memsw.limit_in_bytes"), Is.EqualTo(memsw));
        }
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Update_NoMemoryLimit_TakesThatOfSwapAwayToo()
    {
        TestBundle bundle = Limited("memory", """{"limit": 67108864, "swap": 134217728}""");
        Start(bundle);
        Call("update", "--memory", "-1", bundle.Id).Succeeded();
        Assert.That(CgroupFile(bundle, "memory", "memory.limit_in_bytes"), Is.EqualTo("9223372036854771712"));
        Delete(bundle.Id);
    }

    // A quota may be no larger than the kernel's bound for the period that is there at that moment.
    [Test, Category("Standard")]
    public void Update_QuotaAndPeriod_BothUp_BothDown()
    {
        TestBundle bundle = Limited("cpu", """{"quota": 1000, "period": 1000}""");
        Start(bundle);
        foreach ((string quota, string period) in new[] { ("1000000", "1000000"), ("2000", "1000"), ("-1", "100000") })
        {
            Call("update", "--cpu-quota", quota, "--cpu-period", period, bundle.Id).Succeeded();
            Assert.That(CgroupFile(bundle, "cpu", "cpu.cfs_quota_us"), Is.EqualTo(quota));
            Assert.That(CgroupFile(bundle, "cpu", "cpu.cfs_period_us"), Is.EqualTo(period));
        }
        Delete(bundle.Id);
    }

    [TestCase("""{"cpu": {"cpus": "4095"}}""", "linux.resources.cpu.cpus", "cpuset", "cpuset.cpus")]
    [TestCase("""{"cpu": {"quota": 1}}""", "linux.resources.cpu.quota", "cpu", "cpu.cfs_quota_us")]
    [TestCase("""{"memory": {"swappiness": 100000}}""", "linux.resources.memory.swappiness", "memory", "memory.swappiness")]
    public void Update_RefusedByTheKernel_NamesThePropertyAndTheContainerLivesOn(string resources, string property, string controller, string file)
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        string before = CgroupFile(bundle, controller, file);
        UpdateFrom(bundle.Id, resources).FailedInOneLine(property);
        Assert.That(CgroupFile(bundle, controller, file), Is.EqualTo(before));
        Assert.That(Host.IsAlive(pid));
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);
    }

    [Test, Category("Fallback")]
    [TestCase("cpu.cpus", "\"4095\"", "linux.resources.cpu.cpus")]
    [TestCase("cpu.cpus", "\"x\"", "linux.resources.cpu.cpus")]
    [TestCase("cpu.quota", "1", "linux.resources.cpu.quota")]
    [TestCase("memory", """{"limit": 67108864, "swap": 33554432}""", "linux.resources.memory.swap")]
    [TestCase("memory.swappiness", "100000", "linux.resources.memory.swappiness")]
    [TestCase("hugepageLimits", """[{"pageSize": "3MB", "limit": 4194304}]""", "linux.resources.hugepageLimits")]
    [TestCase("blockIO.throttleReadBpsDevice", """[{"major": 999, "minor": 999, "rate": 4096}]""", "linux.resources.blockIO.throttleReadBpsDevice")]
    public void Create_RefusedByTheKernel_NamesThePropertyAndLeavesNothing(string property, string json, string named)
    {
        Create(Limited(property, json)).FailedInOneLine(named);
        AssertNothingLeft();
    }
}
