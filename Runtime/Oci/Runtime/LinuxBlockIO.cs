using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux.resources.blockIO</c>: weights 10 to 1000, rates in bytes or operations a second.</summary>
public sealed record LinuxBlockIO : ExtensibleRecord
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    public IReadOnlyList<LinuxWeightDevice> WeightDevice { get; init; } = [];

    public IReadOnlyList<LinuxThrottleDevice> ThrottleReadBpsDevice { get; init; } = [];

    public IReadOnlyList<LinuxThrottleDevice> ThrottleWriteBpsDevice { get; init; } = [];

    public IReadOnlyList<LinuxThrottleDevice> ThrottleReadIopsDevice { get; init; } = [];

    public IReadOnlyList<LinuxThrottleDevice> ThrottleWriteIopsDevice { get; init; } = [];
}

/// <summary>One of <c>weightDevice</c>.</summary>
public sealed record LinuxWeightDevice(long Major, long Minor, ushort? Weight, ushort? LeafWeight) : ExtensibleRecord;

/// <summary>One of the throttle lists.</summary>
public sealed record LinuxThrottleDevice(long Major, long Minor, ulong Rate) : ExtensibleRecord;
