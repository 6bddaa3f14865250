using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecWriter
{
    /// <summary>The members of resources, for documents that hold them.</summary>
    public static void Resources(JsonMapWriter json, LinuxResources resources)
    {
        json.List("devices", resources.Devices, DeviceCgroup);
        json.Object("memory", resources.Memory, Memory);
        json.Object("cpu", resources.Cpu, Cpu);
        json.Object("pids", resources.Pids, static (json, pids) => json.Member("limit", pids.Limit));
        json.Object("blockIO", resources.BlockIO, BlockIO);
        json.List("hugepageLimits", resources.HugepageLimits, HugepageLimit);
        json.Object("network", resources.Network, Network);
        json.Map("rdma", resources.Rdma, Rdma);
        json.Map("unified", resources.Unified);
    }

    private static void DeviceCgroup(JsonMapWriter json, LinuxDeviceCgroup device)
    {
        json.Always("allow", device.Allow);
        json.Member("type", device.Type);
        json.Member("major", device.Major);
        json.Member("minor", device.Minor);
        json.Member("access", device.Access);
    }

    private static void Memory(JsonMapWriter json, LinuxMemory memory)
    {
        json.Member("limit", memory.Limit);
        json.Member("reservation", memory.Reservation);
        json.Member("swap", memory.Swap);
        json.Member("kernel", memory.Kernel);
        json.Member("kernelTCP", memory.KernelTcp);
        json.Member("swappiness", memory.Swappiness);
        json.Member("disableOOMKiller", memory.DisableOomKiller);
        json.Member("useHierarchy", memory.UseHierarchy);
        json.Member("checkBeforeUpdate", memory.CheckBeforeUpdate);
    }

    private static void Cpu(JsonMapWriter json, LinuxCpu cpu)
    {
        json.Member("shares", cpu.Shares);
        json.Member("quota", cpu.Quota);
        json.Member("burst", cpu.Burst);
        json.Member("period", cpu.Period);
        json.Member("realtimeRuntime", cpu.RealtimeRuntime);
        json.Member("realtimePeriod", cpu.RealtimePeriod);
        json.Member("cpus", cpu.Cpus);
        json.Member("mems", cpu.Mems);
        json.Member("idle", cpu.Idle);
    }

    private static void BlockIO(JsonMapWriter json, LinuxBlockIO blockIO)
    {
        json.Member("weight", blockIO.Weight);
        json.Member("leafWeight", blockIO.LeafWeight);
        json.List("weightDevice", blockIO.WeightDevice, WeightDevice);
        json.List("throttleReadBpsDevice", blockIO.ThrottleReadBpsDevice, ThrottleDevice);
        json.List("throttleWriteBpsDevice", blockIO.ThrottleWriteBpsDevice, ThrottleDevice);
        json.List("throttleReadIOPSDevice", blockIO.ThrottleReadIopsDevice, ThrottleDevice);
        json.List("throttleWriteIOPSDevice", blockIO.ThrottleWriteIopsDevice, ThrottleDevice);
    }

    private static void WeightDevice(JsonMapWriter json, LinuxWeightDevice device)
    {
        json.Always("major", device.Major);
        json.Always("minor", device.Minor);
        json.Member("weight", device.Weight);
        json.Member("leafWeight", device.LeafWeight);
    }

    private static void ThrottleDevice(JsonMapWriter json, LinuxThrottleDevice device)
    {
        json.Always("major", device.Major);
        json.Always("minor", device.Minor);
        json.Always("rate", device.Rate);
    }

    private static void HugepageLimit(JsonMapWriter json, LinuxHugepageLimit limit)
    {
        json.Always("pageSize", limit.PageSize);
        json.Always("limit", limit.Limit);
    }

    private static void Network(JsonMapWriter json, LinuxNetwork network)
    {
        json.Member("classID", network.ClassID);
        json.List("priorities", network.Priorities, InterfacePriority);
    }

    private static void InterfacePriority(JsonMapWriter json, LinuxInterfacePriority priority)
    {
        json.Always("name", priority.Name);
        json.Always("priority", priority.Priority);
    }

    private static void Rdma(JsonMapWriter json, LinuxRdma rdma)
    {
        json.Member("hcaHandles", rdma.HcaHandles);
        json.Member("hcaObjects", rdma.HcaObjects);
    }
}
