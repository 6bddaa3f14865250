using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    /// <summary>The mapping of resources, for documents that hold them.</summary>
    public static LinuxResources? Resources(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<LinuxDeviceCgroup> devices = [];
        LinuxMemory? memory = null;
        LinuxCpu? cpu = null;
        LinuxPids? pids = null;
        LinuxBlockIO? blockIO = null;
        IReadOnlyList<LinuxHugepageLimit> hugepageLimits = [];
        LinuxNetwork? network = null;
        IReadOnlyDictionary<string, LinuxRdma> rdma = EmptyMap.Of<LinuxRdma>();
        IReadOnlyDictionary<string, string> unified = EmptyMap.Of<string>();
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "devices": devices = json.List(DeviceCgroup); break;
                case "memory": memory = Memory(json); break;
                case "cpu": cpu = Cpu(json); break;
                case "pids": pids = Pids(json); break;
                case "blockIO": blockIO = BlockIO(json); break;
                case "hugepageLimits": hugepageLimits = json.List(HugepageLimit); break;
                case "network": network = Network(json); break;
                case "rdma": rdma = json.Map(Rdma); break;
                case "unified": unified = json.TextMap(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxResources
        {
            Devices = devices,
            Memory = memory,
            Cpu = cpu,
            Pids = pids,
            BlockIO = blockIO,
            HugepageLimits = hugepageLimits,
            Network = network,
            Rdma = rdma,
            Unified = unified,
            Extensions = others,
        };
    }

    private static LinuxMemory? Memory(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? limit = null, reservation = null, swap = null, kernel = null, kernelTcp = null;
        ulong? swappiness = null;
        bool? disableOomKiller = null, useHierarchy = null, checkBeforeUpdate = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "limit": limit = json.Int64(minimum: -1); break;
                case "reservation": reservation = json.Int64(minimum: -1); break;
                case "swap": swap = json.Int64(minimum: -1); break;
                case "kernel": kernel = json.Int64(minimum: -1); break;
                case "kernelTCP": kernelTcp = json.Int64(minimum: -1); break;
                case "swappiness": swappiness = json.UInt64(); break;
                case "disableOOMKiller": disableOomKiller = json.Boolean(); break;
                case "useHierarchy": useHierarchy = json.Boolean(); break;
                case "checkBeforeUpdate": checkBeforeUpdate = json.Boolean(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxMemory
        {
            Limit = limit,
            Reservation = reservation,
            Swap = swap,
            Kernel = kernel,
            KernelTcp = kernelTcp,
            Swappiness = swappiness,
            DisableOomKiller = disableOomKiller,
            UseHierarchy = useHierarchy,
            CheckBeforeUpdate = checkBeforeUpdate,
            Extensions = others,
        };
    }

    private static LinuxCpu? Cpu(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        ulong? shares = null, burst = null, period = null, realtimePeriod = null;
        long? quota = null, realtimeRuntime = null, idle = null;
        string? cpus = null, mems = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "shares": shares = json.UInt64(); break;
                case "quota": quota = json.Int64(); break;
                case "burst": burst = json.UInt64(); break;
                case "period": period = json.UInt64(); break;
                case "realtimeRuntime": realtimeRuntime = json.Int64(); break;
                case "realtimePeriod": realtimePeriod = json.UInt64(); break;
                case "cpus": cpus = json.Text(); break;
                case "mems": mems = json.Text(); break;
                case "idle": idle = json.Int64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxCpu
        {
            Shares = shares,
            Quota = quota,
            Burst = burst,
            Period = period,
            RealtimeRuntime = realtimeRuntime,
            RealtimePeriod = realtimePeriod,
            Cpus = cpus,
            Mems = mems,
            Idle = idle,
            Extensions = others,
        };
    }

    private static LinuxPids? Pids(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? limit = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "limit": limit = json.Int64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxPids(limit) { Extensions = others };
    }
}
