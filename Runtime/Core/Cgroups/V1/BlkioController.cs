using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>blkio: weights, and limits a device in bytes or operations a second.</summary>
internal static class BlkioController
{
    public static void Write(LegacyControllers controllers, LinuxBlockIO? io)
    {
        if (io is null)
            return;
        if (io.Weight is > 0)
            // The BFQ scheduler, the only one with weights since Linux 5.0, has names of its own.
            controllers.AddEither("blkio", "blkio.weight", "blkio.bfq.weight", io.Weight.ToString()!, "blockIO.weight");
        if (io.LeafWeight is > 0)
            controllers.Add("blkio", "blkio.leaf_weight", io.LeafWeight, "blockIO.leafWeight");
        foreach (LinuxWeightDevice device in io.WeightDevice)
        {
            if (device.Weight is { } weight)
                controllers.AddEither("blkio", "blkio.weight_device", "blkio.bfq.weight_device", $"{device.Major}:{device.Minor} {weight}", "blockIO.weightDevice");
            if (device.LeafWeight is { } leaf)
                controllers.Add("blkio", "blkio.leaf_weight_device", $"{device.Major}:{device.Minor} {leaf}", "blockIO.weightDevice");
        }
        Throttle(controllers, "blkio.throttle.read_bps_device", io.ThrottleReadBpsDevice, "blockIO.throttleReadBpsDevice");
        Throttle(controllers, "blkio.throttle.write_bps_device", io.ThrottleWriteBpsDevice, "blockIO.throttleWriteBpsDevice");
        Throttle(controllers, "blkio.throttle.read_iops_device", io.ThrottleReadIopsDevice, "blockIO.throttleReadIOPSDevice");
        Throttle(controllers, "blkio.throttle.write_iops_device", io.ThrottleWriteIopsDevice, "blockIO.throttleWriteIOPSDevice");
    }

    private static void Throttle(LegacyControllers controllers, string file, IReadOnlyList<LinuxThrottleDevice> devices, string property)
    {
        foreach (LinuxThrottleDevice device in devices)
            controllers.Add("blkio", file, $"{device.Major}:{device.Minor} {device.Rate}", property);
    }
}
