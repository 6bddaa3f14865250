using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V2;

/// <summary>Writes of one container on cgroup v2 (kernel: Documentation/admin-guide/cgroup-v2.rst), with runc's conversions from v1's units.</summary>
internal sealed class UnifiedController(CgroupFolder folder, CgroupValues current)
{
    // A burst may not exceed the quota.
    private const string Bandwidth = "CPU bandwidth";

    private readonly List<CgroupWrite> writes = [];

    /// <summary>All writes that <paramref name="resources"/> ask for.</summary>
    public static IReadOnlyList<CgroupWrite> Write(CgroupFolder folder, LinuxResources resources, CgroupValues current)
    {
        UnifiedController controller = new(folder, current);
        controller.Memory(resources.Memory);
        controller.Cpu(resources.Cpu);
        controller.Io(resources.BlockIO);
        if (resources.Pids?.Limit is { } pids)
            controller.Add("pids.max", pids < 0 ? "max" : pids.ToString(), "pids.limit");
        foreach (LinuxHugepageLimit limit in resources.HugepageLimits)
        {
            controller.Add($"hugetlb.{limit.PageSize}.max", limit.Limit.ToString(), "hugepageLimits");
            // Pages that are reserved and not yet touched; Linux 5.7 and later.
            controller.writes.Add(new CgroupWrite(folder.File($"hugetlb.{limit.PageSize}.rsvd.max"), limit.Limit.ToString(), "linux.resources.hugepageLimits") { IsOptional = true });
        }
        foreach ((string device, LinuxRdma limit) in resources.Rdma)
            controller.Add("rdma.max", V1.RdmaController.LimitText(device, limit), "rdma");
        if (resources.Network is { } network && (network.ClassID is not null || network.Priorities.Count > 0))
            throw new RuntimeException(ErrorKind.Unsupported, "linux.resources.network: needs cgroup v1, and this host has v2");
        foreach ((string file, string value) in resources.Unified)
            controller.Add(CheckedFile(file), value, $"unified[\"{file}\"]");
        return controller.writes;
    }

    /// <summary>What <paramref name="resources"/> ask for that v1 alone can do; runc leaves it out without a word, and engines write some of it always.</summary>
    public static IReadOnlyList<string> Without(LinuxResources resources)
    {
        List<string> properties = [];
        if (resources.Memory is { } memory)
        {
            if (memory.Swappiness is not null)
                properties.Add("memory.swappiness");
            if (memory.KernelTcp is not (null or 0))
                properties.Add("memory.kernelTCP");
            if (memory.DisableOomKiller is true)
                properties.Add("memory.disableOOMKiller");
        }
        if (resources.Cpu?.RealtimeRuntime is not (null or 0) || resources.Cpu?.RealtimePeriod is > 0)
            properties.Add("cpu.realtimeRuntime");
        if (resources.BlockIO?.LeafWeight is > 0)
            properties.Add("blockIO.leafWeight");
        return properties;
    }

    /// <summary>v1's cpu.shares (2 to 262144) as v2's cpu.weight (1 to 10000).</summary>
    internal static ulong WeightOfShares(ulong shares) => shares == 0 ? 0 : 1 + (Math.Clamp(shares, 2, 262144) - 2) * 9999 / 262142;

    private void Memory(LinuxMemory? memory)
    {
        if (memory is null)
            return;
        // Without a limit of memory there is none of swap either.
        if ((memory.Swap ?? (memory.Limit < 0 ? -1 : 0)) is not 0 and var swap)
        {
            // v1 counts memory and swap together, v2 swap alone.
            long limitThen = memory.Limit is not (null or 0) ? memory.Limit.Value : current.MemoryLimit;
            if (swap > 0 && limitThen < 0)
                throw new RuntimeException(ErrorKind.InvalidSpec, "linux.resources.memory.swap: needs a memory.limit to be told apart from");
            if (swap > 0 && swap < limitThen)
                throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.resources.memory.swap: {swap} is below memory.limit, {limitThen}");
            Add("memory.swap.max", swap < 0 ? "max" : (swap - limitThen).ToString(), "memory.swap");
        }
        if (memory.Limit is { } limit && limit != 0)
            Add("memory.max", limit < 0 ? "max" : limit.ToString(), "memory.limit");
        if (memory.Reservation is { } reservation && reservation != 0)
            Add("memory.low", reservation < 0 ? "max" : reservation.ToString(), "memory.reservation");
    }

    private void Cpu(LinuxCpu? cpu)
    {
        if (cpu is null)
            return;
        if (cpu.Idle is { } idle)
            Add("cpu.idle", idle.ToString(), "cpu.idle");
        if (cpu.Shares is > 0 and { } shares && cpu.Idle is not 1)
            Add("cpu.weight", WeightOfShares(shares).ToString(), "cpu.shares");
        // What isn't named stays as it is.
        if (cpu.Quota is not (null or 0) || cpu.Period is > 0)
            Add("cpu.max", $"{(cpu.Quota switch { > 0 => cpu.Quota.ToString(), < 0 => "max", _ => current.CpuQuota })}{(cpu.Period is > 0 ? $" {cpu.Period}" : "")}", "cpu.quota", Bandwidth);
        if (cpu.Burst is { } burst)
            Add("cpu.max.burst", burst.ToString(), "cpu.burst", Bandwidth);
        if (!string.IsNullOrEmpty(cpu.Cpus))
            Add("cpuset.cpus", cpu.Cpus, "cpu.cpus");
        if (!string.IsNullOrEmpty(cpu.Mems))
            Add("cpuset.mems", cpu.Mems, "cpu.mems");
    }

    private void Io(LinuxBlockIO? io)
    {
        if (io is null)
            return;
        if (io.Weight is > 0 and { } weight)
            // BFQ takes v1's range as it is; io.weight has another.
            writes.Add(new CgroupWrite(folder.File("io.bfq.weight"), weight.ToString(), "linux.resources.blockIO.weight",
                new CgroupWrite(folder.File("io.weight"), (1 + (weight - 10) * 9999 / 990).ToString(), "linux.resources.blockIO.weight")));
        foreach (LinuxWeightDevice device in io.WeightDevice)
            if (device.Weight is { } deviceWeight)
                Add("io.bfq.weight", $"{device.Major}:{device.Minor} {deviceWeight}", "blockIO.weightDevice");
        Throttle("rbps", io.ThrottleReadBpsDevice, "blockIO.throttleReadBpsDevice");
        Throttle("wbps", io.ThrottleWriteBpsDevice, "blockIO.throttleWriteBpsDevice");
        Throttle("riops", io.ThrottleReadIopsDevice, "blockIO.throttleReadIOPSDevice");
        Throttle("wiops", io.ThrottleWriteIopsDevice, "blockIO.throttleWriteIOPSDevice");
    }

    private void Throttle(string key, IReadOnlyList<LinuxThrottleDevice> devices, string property)
    {
        foreach (LinuxThrottleDevice device in devices)
            Add("io.max", $"{device.Major}:{device.Minor} {key}={device.Rate}", property);
    }

    private void Add(string file, string value, string property, string? group = null) =>
        writes.Add(new CgroupWrite(folder.File(file), value, $"linux.resources.{property}") { Group = group });

    // A key is the name of a file of this cgroup, never a path to another one's.
    private static string CheckedFile(string file) => file.Contains('/') || file is "" or "." or ".."
        ? throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.resources.unified[\"{file}\"]: is no file of a cgroup")
        : file;
}
