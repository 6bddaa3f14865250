using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux.resources</c>, also the document of <c>update</c>: limits by cgroup.</summary>
public sealed record LinuxResources : ExtensibleRecord
{
    public IReadOnlyList<LinuxDeviceCgroup> Devices { get; init; } = [];

    public LinuxMemory? Memory { get; init; }

    public LinuxCpu? Cpu { get; init; }

    public LinuxPids? Pids { get; init; }

    public LinuxBlockIO? BlockIO { get; init; }

    public IReadOnlyList<LinuxHugepageLimit> HugepageLimits { get; init; } = [];

    public LinuxNetwork? Network { get; init; }

    /// <summary>By the name of the adapter.</summary>
    public IReadOnlyDictionary<string, LinuxRdma> Rdma { get; init; } = EmptyMap.Of<LinuxRdma>();

    /// <summary>Files of cgroup v2 and what is written to them, as they stand.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = EmptyMap.Of<string>();

    /// <summary>The limits as a document of <paramref name="ociVersion"/> means them. Before version 1.3 engines wrote
    /// a
    /// <c>pids.limit</c> of 0 for "no limit"; since then 0 is a limit like any other.</summary>
    public LinuxResources ReadAs(string ociVersion) =>
        Pids is { Limit: 0 } && !OciVersion.IsAtLeast(ociVersion, 3) ? this with { Pids = Pids with { Limit = -1 } } : this;
}

/// <summary><c>memory</c>: bytes; -1 is unlimited.</summary>
public sealed record LinuxMemory : ExtensibleRecord
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together, as cgroup v1 counts.</summary>
    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    public long? KernelTcp { get; init; }

    public ulong? Swappiness { get; init; }

    public bool? DisableOomKiller { get; init; }

    public bool? UseHierarchy { get; init; }

    /// <summary>Whether an update that sets the limit below the usage is refused.</summary>
    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary><c>cpu</c>: times are in microseconds.</summary>
public sealed record LinuxCpu : ExtensibleRecord
{
    public ulong? Shares { get; init; }

    /// <summary>Below zero is unlimited.</summary>
    public long? Quota { get; init; }

    public ulong? Burst { get; init; }

    public ulong? Period { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    /// <summary>A list as of cpuset: <c>0-3,7</c>.</summary>
    public string? Cpus { get; init; }

    /// <inheritdoc cref="Cpus"/>
    public string? Mems { get; init; }

    /// <summary>1: the cgroup runs only where no one else would.</summary>
    public long? Idle { get; init; }
}

/// <summary><c>pids</c>; -1 is unlimited.</summary>
public sealed record LinuxPids(long? Limit) : ExtensibleRecord;

/// <summary>One of <c>hugepageLimits</c>: bytes for pages of <see cref="PageSize"/> (<c>2MB</c>).</summary>
public sealed record LinuxHugepageLimit(string PageSize, ulong Limit) : ExtensibleRecord;

/// <summary>One of <c>rdma</c>.</summary>
public sealed record LinuxRdma(uint? HcaHandles, uint? HcaObjects) : ExtensibleRecord;

/// <summary><c>network</c>: only cgroup v1 has it.</summary>
public sealed record LinuxNetwork : ExtensibleRecord
{
    public uint? ClassID { get; init; }

    public IReadOnlyList<LinuxInterfacePriority> Priorities { get; init; } = [];
}

/// <summary>One of <c>network.priorities</c>.</summary>
public sealed record LinuxInterfacePriority(string Name, uint Priority) : ExtensibleRecord;
