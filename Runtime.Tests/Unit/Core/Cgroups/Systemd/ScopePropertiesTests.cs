using NUnit.Framework;
using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Oci.Runtime;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>Which limit becomes which property, on both cgroup versions and with systemd's ages.</summary>
public sealed class ScopePropertiesTests
{
    private const int Recent = 255;

    private static readonly CgroupHost V1 = CgroupHost.Parse(string.Join('\n', new[] { "memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "devices" }
        .Select((name, i) => $"{30 + i} 25 0:{30 + i} / /sys/fs/cgroup/{name} rw - cgroup cgroup rw,{name}")));

    private static readonly CgroupHost V2 = CgroupHost.Parse("30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate");

    private static IReadOnlyList<CgroupWrite> Writes(CgroupHost host, LinuxResources resources) =>
        CgroupPlan.Create(host, CgroupPath.Parse(ScopeName.Parse(null, "x", user: false).Path, "x"), resources).Writes;

    private static string[] Properties(CgroupHost host, LinuxResources resources, int version = Recent) =>
        [.. ScopeProperties.ForNew(Writes(host, resources), host.Version, version).Select(p => p.ToString())];

    private static string[] Unified(int version, params (string File, string Value)[] files) =>
        Properties(V2, new LinuxResources { Unified = files.ToDictionary(f => f.File, f => f.Value) }, version);

    private static readonly LinuxResources Limits = new()
    {
        Memory = new LinuxMemory { Limit = 64 << 20, Swap = 96 << 20, Reservation = 32 << 20 },
        Cpu = new LinuxCpu { Shares = 262144, Quota = 50000, Period = 100000, Cpus = "0-1,9", Mems = "0" },
        Pids = new LinuxPids(100),
        BlockIO = new LinuxBlockIO { Weight = 500 },
        HugepageLimits = [],
    };

    [Test]
    public void Limits_OnV2() => Assert.That(Properties(V2, Limits), Is.EquivalentTo(new[]
    {
        "MemoryMax=67108864", "MemorySwapMax=33554432", "MemoryLow=33554432", "CPUWeight=10000", "CPUQuotaPeriodUSec=100000", "CPUQuotaPerSecUSec=500000",
        "AllowedCPUs=0x0302", "AllowedMemoryNodes=0x01", "TasksMax=100", "IOWeight=4500",
    }));

    [Test]
    public void Limits_OnV1_HaveOlderNames() => Assert.That(Properties(V1, Limits), Is.EquivalentTo(new[]
    {
        "MemoryLimit=67108864", "CPUShares=262144", "CPUQuotaPeriodUSec=100000", "CPUQuotaPerSecUSec=500000",
        "AllowedCPUs=0x0302", "AllowedMemoryNodes=0x01", "TasksMax=100", "BlockIOWeight=500",
    }));

    [Test]
    public void OldSystemd_IsNotToldWhatItDoesNotKnow()
    {
        Assert.That(Properties(V2, Limits, 243), Does.Contain("CPUQuotaPeriodUSec=100000").And.No.Member("AllowedCPUs=0x0302"));
        Assert.That(Properties(V2, Limits, 241), Does.Contain("CPUQuotaPerSecUSec=500000").And.No.Member("CPUQuotaPeriodUSec=100000"));
    }

    [Test]
    public void Unlimited_IsInfinity()
    {
        LinuxResources unlimited = new() { Memory = new LinuxMemory { Limit = -1, Swap = -1 }, Pids = new LinuxPids(-1), Cpu = new LinuxCpu { Quota = -1, Period = 50000 } };
        Assert.That(Properties(V2, unlimited), Is.EquivalentTo(new[] { "MemoryMax=infinity", "MemorySwapMax=infinity", "TasksMax=infinity", "CPUQuotaPeriodUSec=50000", "CPUQuotaPerSecUSec=infinity" }));
        Assert.That(Properties(V1, unlimited), Is.EquivalentTo(new[] { "MemoryLimit=infinity", "TasksMax=infinity", "CPUQuotaPeriodUSec=50000", "CPUQuotaPerSecUSec=infinity" }));
    }

    [Test]
    public void NoProcesses_AreOneForSystemd() => Assert.That(Unified(Recent, ("pids.max", "0")), Is.EqualTo(new[] { "TasksMax=1" }));

    [TestCase("memory.high", "12345", "MemoryHigh=12345")]
    [TestCase("memory.high", "10M\n", "MemoryHigh=10485760")]
    [TestCase("memory.min", "1k", "MemoryMin=1024")]
    [TestCase("memory.low", "max", "MemoryLow=infinity")]
    [TestCase("memory.max", "1G", "MemoryMax=1073741824")]
    [TestCase("memory.swap.max", "0", "MemorySwapMax=0")]
    [TestCase("memory.zswap.max", "0", "MemoryZSwapMax=0")]
    [TestCase("memory.oom.group", "1", "OOMPolicy=kill")]
    [TestCase("memory.oom.group", "0", "OOMPolicy=continue")]
    [TestCase("pids.max", "max", "TasksMax=infinity")]
    [TestCase("cpu.weight", "77", "CPUWeight=77")]
    [TestCase("cpu.idle", "1", "CPUWeight=0")]
    [TestCase("cpu.max", "max", "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=infinity")]
    [TestCase("cpu.max", "25000", "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=250000")]
    [TestCase("cpu.max", "1000 50000", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=20000")]
    [TestCase("cpuset.cpus", "0-7", "AllowedCPUs=0xff")]
    [TestCase("cpuset.mems", "1", "AllowedMemoryNodes=0x02")]
    [TestCase("io.weight", "default 200", "IOWeight=200")]
    [TestCase("io.weight", "8:0 200", "")]
    [TestCase("io.bfq.weight", "50", "IOWeight=50")]
    [TestCase("io.max", "8:0 rbps=1000", "")]
    [TestCase("hugetlb.2MB.max", "0", "")]
    [TestCase("cpu.idle", "0", "")]
    public void Unified_FilesThatSystemdWritesToo(string file, string value, string expected) =>
        Assert.That(string.Join(' ', Unified(Recent, (file, value))), Is.EqualTo(expected));

    [Test]
    public void Unified_Idle_OverridesWeight()
    {
        Assert.That(Unified(Recent, ("cpu.idle", "1"), ("cpu.weight", "5")), Is.EqualTo(new[] { "CPUWeight=0" }));
        Assert.That(Unified(251, ("cpu.idle", "1"), ("cpu.weight", "5")), Is.EqualTo(new[] { "CPUWeight=5" }));
    }

    [Test]
    public void Unified_OverridesALimit_AsInTheFile()
    {
        LinuxResources both = new() { Memory = new LinuxMemory { Limit = 1 << 20 }, Unified = new Dictionary<string, string> { ["memory.max"] = "2097152" } };
        Assert.That(Properties(V2, both), Is.EqualTo(new[] { "MemoryMax=2097152" }));
    }

    [TestCase("memory.high", "lots")]
    [TestCase("memory.high", "-1")]
    [TestCase("memory.high", "")]
    [TestCase("memory.high", "99999999999E")]
    [TestCase("cpu.max", "1 2 3")]
    [TestCase("cpu.max", "")]
    [TestCase("cpu.weight", "x")]
    public void Unified_Nonsense_NamesTheProperty(string file, string value) => Assert.That(() => Unified(Recent, (file, value)),
        Throws.TypeOf<RuntimeException>().With.Message.EqualTo($"linux.resources.unified[\"{file}\"]: \"{value}\" is no value of {file}"));

    [Test]
    public void Update_LeavesOutWhatCannotChange() => Assert.That(
        ScopeProperties.ForUpdate(Writes(V2, new LinuxResources { Unified = new Dictionary<string, string> { ["memory.oom.group"] = "1" } }), 2, Recent, CpuBandwidth.Default), Is.Empty);

    [TestCase("cpu.max", "10000", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=200000", "10000 50000")]
    [TestCase("cpu.max", "10001", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=210000", "10500 50000")]
    [TestCase("cpu.max", "max", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=infinity", "max 50000")]
    [TestCase("cpu.max", "10000 20000", "CPUQuotaPeriodUSec=20000 CPUQuotaPerSecUSec=500000", "10000 20000")]
    [TestCase("cpu.cfs_quota_us", "10000", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=200000", "10000")]
    [TestCase("cpu.cfs_quota_us", "-1", "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=infinity", "-1")]
    [TestCase("cpu.cfs_period_us", "100000", "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=250000", "100000")]
    public void Update_OfQuotaOrPeriod_KeepsTheOther(string file, string value, string properties, string written)
    {
        CpuBandwidth current = new(25000, 50000);
        CgroupWrite[] writes = [new($"/sys/fs/cgroup/x/{file}", value, "linux.resources.cpu.quota")];
        Assert.That(string.Join(' ', ScopeProperties.ForUpdate(writes, file == "cpu.max" ? 2 : 1, Recent, current)), Is.EqualTo(properties));
        Assert.That(ScopeProperties.AsKept(writes, current)[0].Value, Is.EqualTo(written));
    }

    [TestCase(50000, 100000, 500000)]
    [TestCase(33333, 100000, 340000)]
    [TestCase(1, 1_000_000, 10000)]
    [TestCase(150000, 100000, 1500000)]
    public void Quota_IsRoundedUpToAPercent(int quota, int period, int expected) => Assert.That(new CpuBandwidth((ulong)quota, (ulong)period).PerSecond, Is.EqualTo(expected));

    [Test]
    public void Bandwidth_IsShown() => Assert.That(new CpuBandwidth(1, 2).ToString(), Does.StartWith("CpuBandwidth { Quota = 1, Period = 2"));

    [Test]
    public void Quota_BeyondCounting_IsInfinity() => Assert.That(new CpuBandwidth(long.MaxValue, 100000).PerSecond, Is.EqualTo(UnitProperty.Infinity));

    [TestCase("33333 100000\n", "", "", 33333, 100000)]
    [TestCase("max 50000\n", "", "", null, 50000)]
    [TestCase("", "-1\n", "100000\n", null, 100000)]
    [TestCase("", "2000\n", "10000\n", 2000, 10000)]
    public void Bandwidth_IsReadFromTheFiles(string max, string legacyQuota, string legacyPeriod, int? quota, int period)
    {
        string mount = Directory.CreateDirectory($"{TestRun.Folder}/cgroup{TestRun.NextBox()}/x").Parent!.FullName;
        File.WriteAllText(mount + "/x/cpu.max", max);
        File.WriteAllText(mount + "/x/cpu.cfs_quota_us", legacyQuota);
        File.WriteAllText(mount + "/x/cpu.cfs_period_us", legacyPeriod);
        CgroupFolder folder = new(new CgroupHierarchy(mount, ["cpu"], null), CgroupPath.Parse("/x", ""));
        CpuBandwidth read = CpuBandwidth.Of(new CgroupPlan { Version = max.Length > 0 ? 2 : 1, Folders = [folder], Writes = [] });
        Assert.That(read, Is.EqualTo(new CpuBandwidth((ulong?)quota, (ulong)period)));
        Assert.That(CpuBandwidth.Of(CgroupPlan.None), Is.EqualTo(CpuBandwidth.Default));
    }

    [Test]
    public void Files_GetTheRoundedQuotaToo()
    {
        LinuxResources odd = new() { Cpu = new LinuxCpu { Quota = 33333, Period = 100000 }, Pids = new LinuxPids(7) };
        Assert.That(Kept(V2, odd), Is.EqualTo(new[] { "cpu.max 34000 100000", "pids.max 7" }));
        Assert.That(Kept(V1, odd), Does.Contain("cpu.cfs_quota_us 34000"));
        LinuxResources unlimited = new() { Cpu = new LinuxCpu { Quota = -1, Period = 100000 } };
        Assert.That(Kept(V2, unlimited), Is.EqualTo(new[] { "cpu.max max 100000" }));
        Assert.That(Kept(V1, unlimited), Does.Contain("cpu.cfs_quota_us -1"));

        static string[] Kept(CgroupHost host, LinuxResources resources) =>
            [.. ScopeProperties.AsKept(Writes(host, resources), CpuBandwidth.Default).Select(w => $"{w.File[(w.File.LastIndexOf('/') + 1)..]} {w.Value}")];
    }

    [Test]
    public void Start_HasWhatEachScopeHas() => Assert.That(
        ScopeProperties.ForStart(ScopeName.Parse("a-b.slice:c:d", "d", user: false), "vrun container d", [42], Recent).Select(p => $"{p.Signature} {p}"),
        Is.EqualTo(new[]
        {
            "s Description=vrun container d", "s Slice=a-b.slice", "b Delegate=yes", "au PIDs=42", "b MemoryAccounting=yes", "b CPUAccounting=yes",
            "b IOAccounting=yes", "b TasksAccounting=yes", "b DefaultDependencies=no", "s CollectMode=inactive-or-failed",
        }));

    [TestCase("0", "01")]
    [TestCase("0-3,7", "8f")]
    [TestCase(" 1 , 8-9,", "0203")]
    [TestCase("63", "0000000000000080")]
    public void Masks(string list, string expected) => Assert.That(Convert.ToHexStringLower(NumberMask.Parse(list, "p")), Is.EqualTo(expected));

    [TestCase("", "p: \"\" names no number")]
    [TestCase(",", "p: \",\" names no number")]
    [TestCase("3-1", "p: the range 3-1 goes backwards")]
    [TestCase("a", "p: \"a\" is no list of numbers up to 65535 and ranges of them")]
    [TestCase("-1", "p: \"-1\" is no list of numbers up to 65535 and ranges of them")]
    [TestCase("0-4294967295", "p: \"0-4294967295\" is no list of numbers up to 65535 and ranges of them")]
    [TestCase("1-2-3", "p: \"1-2-3\" is no list of numbers up to 65535 and ranges of them")]
    public void Masks_OfNonsense(string list, string error) => Assert.That(() => NumberMask.Parse(list, "p"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(error));

    [TestCase("252.38-1~deb12u1", 252)]
    [TestCase("v255", 255)]
    [TestCase("245-rc1", 245)]
    [TestCase("v258~rc2-1.fc43", 258)]
    public void Versions(string text, int expected) => Assert.That(SystemdVersion.Parse(text), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("systemd 252")]
    [TestCase("v")]
    [TestCase("99999999999")]
    public void Versions_WithoutNumber(string text) => Assert.That(() => SystemdVersion.Parse(text), Throws.TypeOf<RuntimeException>());

    [Test]
    public void Annotations_ThatSetNoProperty_AreFound()
    {
        Dictionary<string, string> annotations = new() { ["org.example.a"] = "b", ["org.systemd.property.ExecStopPost"] = "['/bin/sh']" };
        Assert.That(SystemdAnnotations.Find(annotations), Is.EqualTo(new[] { "org.systemd.property.ExecStopPost" }));
    }
}
