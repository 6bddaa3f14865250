using NUnit.Framework;
using Vessel.Core.Cgroups;
using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Cgroups;

/// <summary>Which value lands in which file, on cgroup v1 and v2, with runc's conversions.</summary>
public sealed class CgroupPlanTests
{
    private static readonly CgroupHost V1 = CgroupHost.Parse(string.Join('\n', new[] { "memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "devices", "freezer", "hugetlb" }
        .Select((name, i) => $"{30 + i} 25 0:{30 + i} / /sys/fs/cgroup/{name} rw - cgroup cgroup rw,{name}")));

    private static readonly CgroupHost V2 = CgroupHost.Parse("30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate");

    private static Dictionary<string, string> Writes(CgroupHost host, LinuxResources resources) =>
        CgroupPlan.Create(host, CgroupPath.Parse("/docker/x", "x"), resources).Writes
            .Where(w => !w.File.Contains("devices.")).ToDictionary(w => w.File["/sys/fs/cgroup/".Length..], w => w.Value);

    private static readonly LinuxResources Limits = new()
    {
        Memory = new LinuxMemory { Limit = 64 << 20, Swap = 96 << 20, Reservation = 32 << 20 },
        Cpu = new LinuxCpu { Shares = 1024, Quota = 50000, Period = 100000, Cpus = "0", Mems = "0" },
        Pids = new LinuxPids(100),
        HugepageLimits = [new LinuxHugepageLimit("2MB", 4 << 20)],
    };

    [Test]
    public void V1_EachLimitInItsFile() => Assert.That(Writes(V1, Limits), Is.EquivalentTo(new Dictionary<string, string>
    {
        ["cpuset/docker/x/cpuset.cpus"] = "0",
        ["cpuset/docker/x/cpuset.mems"] = "0",
        ["cpu,cpuacct/docker/x/cpu.shares"] = "1024",
        ["cpu,cpuacct/docker/x/cpu.cfs_period_us"] = "100000",
        ["cpu,cpuacct/docker/x/cpu.cfs_quota_us"] = "50000",
        ["memory/docker/x/memory.limit_in_bytes"] = "67108864",
        ["memory/docker/x/memory.memsw.limit_in_bytes"] = "100663296",
        ["memory/docker/x/memory.soft_limit_in_bytes"] = "33554432",
        ["pids/docker/x/pids.max"] = "100",
        ["hugetlb/docker/x/hugetlb.2MB.limit_in_bytes"] = "4194304",
        ["hugetlb/docker/x/hugetlb.2MB.rsvd.limit_in_bytes"] = "4194304",
    }));

    [Test]
    public void V2_ConvertsSwapAndShares() => Assert.That(Writes(V2, Limits), Is.EquivalentTo(new Dictionary<string, string>
    {
        ["docker/x/memory.swap.max"] = "33554432",
        ["docker/x/memory.max"] = "67108864",
        ["docker/x/memory.low"] = "33554432",
        ["docker/x/cpu.weight"] = "39",
        ["docker/x/cpu.max"] = "50000 100000",
        ["docker/x/cpuset.cpus"] = "0",
        ["docker/x/cpuset.mems"] = "0",
        ["docker/x/pids.max"] = "100",
        ["docker/x/hugetlb.2MB.max"] = "4194304",
        ["docker/x/hugetlb.2MB.rsvd.max"] = "4194304",
    }));

    [Test]
    public void Unlimited_IsMax()
    {
        LinuxResources unlimited = new() { Memory = new LinuxMemory { Limit = -1, Swap = -1 }, Pids = new LinuxPids(-1) };
        Assert.That(Writes(V2, unlimited).Values, Is.All.EqualTo("max"));
        Assert.That(Writes(V1, unlimited)["pids/docker/x/pids.max"], Is.EqualTo("max"));
    }

    [Test]
    public void Unified_NamesAFileOfTheCgroup_AndNoPath()
    {
        Dictionary<string, string> unified = new() { ["memory.high"] = "1000" };
        Assert.That(Writes(V2, new LinuxResources { Unified = unified }), Does.ContainKey("docker/x/memory.high"));
        unified["../../x"] = "1";
        Assert.That(() => Writes(V2, new LinuxResources { Unified = unified }), Throws.TypeOf<RuntimeException>());
        Assert.That(() => Writes(V1, new LinuxResources { Unified = unified }), Throws.TypeOf<RuntimeException>().With.Message.Contains("needs cgroup v2"));
    }

    [Test]
    public void MissingController_IsNamed()
    {
        CgroupHost small = CgroupHost.Parse("30 25 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
        RuntimeException error = Assert.Throws<RuntimeException>(() => Writes(small, Limits))!;
        Assert.That(error.Message, Is.EqualTo("linux.resources.cpu.cpus: the cpuset cgroup controller is not mounted on this host"));
    }

    [TestCase("1.0.2-dev", "max")]
    [TestCase("1.2.0", "max")]
    [TestCase("1.3.0", "0")]
    public void PidsLimitOfZero_IsNoLimit_BeforeVersion1_3(string version, string expected)
    {
        LinuxResources resources = new LinuxResources { Pids = new LinuxPids(0) }.ReadAs(version);
        Assert.That(Writes(V1, resources)["pids/docker/x/pids.max"], Is.EqualTo(expected));
        Assert.That(Writes(V2, resources)["docker/x/pids.max"], Is.EqualTo(expected));
    }

    // With v2 too a burst may not exceed the quota in force: which is written first depends on the direction.
    [Test]
    public void QuotaAndBurst_AreOneGroup()
    {
        LinuxResources resources = new() { Cpu = new LinuxCpu { Quota = 1000, Period = 10000, Burst = 100 } };
        foreach (CgroupHost host in new[] { V1, V2 })
            Assert.That(CgroupPlan.Create(host, CgroupPath.Parse("/x", "x"), resources).Writes.Where(w => w.Property.StartsWith("linux.resources.cpu.")).Select(w => w.Group).Distinct().Single(), Is.Not.Null);
    }

    [TestCase(null, "/web1")]
    [TestCase("", "/web1")]
    [TestCase("/a/b", "/a/b")]
    [TestCase("a//b/./c/", "/a/b/c")]
    public void Path_IsAbsoluteAndClean(string? text, string expected) => Assert.That(CgroupPath.Parse(text, "web1").Value, Is.EqualTo(expected));

    [TestCase("/a/../../b")]
    [TestCase("..")]
    [TestCase("/")]
    [TestCase("//")]
    public void Path_NeverLeadsUp(string text) => Assert.That(() => CgroupPath.Parse(text, "web1"), Throws.TypeOf<RuntimeException>());

    [Test]
    public void Host_TrustsTheMountTable_NotTheFolders()
    {
        CgroupHost hybrid = CgroupHost.Parse("""
            31 25 0:25 / /sys/fs/cgroup rw - tmpfs tmpfs rw
            32 31 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            33 31 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
            34 31 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
            90 80 0:28 /x /var/lib/c/rootfs/sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
            """);
        Assert.That(hybrid.Version, Is.EqualTo(1));
        Assert.That(hybrid.Hierarchies.Select(h => h.FolderName), Is.EqualTo(new[] { "systemd", "cpu,cpuacct" }));
        Assert.That(hybrid.Unified!.MountPoint, Is.EqualTo("/sys/fs/cgroup/unified"));
        Assert.That(CgroupPlan.Create(hybrid, CgroupPath.Parse("/x", "x"), null).AllPaths, Does.Contain("/sys/fs/cgroup/unified/x"));
        Assert.That(hybrid.Find("cpuacct")!.MountPoint, Is.EqualTo("/sys/fs/cgroup/cpu,cpuacct"));
        Assert.That(CgroupHost.Parse("").Version, Is.Zero);
    }

    [Test]
    public void Devices_NothingSaidAllowsOnlyTheUsualOnes()
    {
        DeviceRules rules = DeviceRules.From([]);
        Assert.That(rules.AllowByDefault, Is.False);
        Assert.That(rules.Exceptions.Select(r => r.ToString()), Does.Contain("c 1:3 rwm").And.Contain("c 136:* rwm").And.Contain("c *:* m").And.Not.Contain("b *:* rwm"));
    }

    [Test]
    public void Devices_ARuleForAll_ForgetsWhatCameBefore()
    {
        DeviceRules rules = DeviceRules.From([new LinuxDeviceCgroup { Allow = true, Type = "c", Major = 10, Minor = 200, Access = "rw" }, new LinuxDeviceCgroup { Allow = true, Type = "a" }]);
        Assert.That(rules.AllowByDefault, Is.True);
        Assert.That(rules.Exceptions, Is.Empty);
    }
}
