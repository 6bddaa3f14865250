using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>One of <c>linux.devices</c>: a node to make.</summary>
public sealed record LinuxDevice : ExtensibleRecord
{
    public required string Path { get; init; }

    /// <summary><c>c</c> or <c>u</c> (character), <c>b</c> (block), <c>p</c> (FIFO).</summary>
    public required string Type { get; init; }

    public long Major { get; init; }

    public long Minor { get; init; }

    /// <summary>Permission bits; some tools leave the type bits in.</summary>
    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}

/// <summary>One of <c>linux.netDevices</c>.</summary>
public sealed record LinuxNetDevice : ExtensibleRecord
{
    /// <summary>Name inside the container; null keeps the host's.</summary>
    public string? Name { get; init; }
}

/// <summary>One of <c>linux.resources.devices</c>: the rules apply in order, the last match decides.</summary>
public sealed record LinuxDeviceCgroup : ExtensibleRecord
{
    public bool Allow { get; init; }

    /// <summary><c>a</c> (all; also where the document has none), <c>c</c>, <c>b</c>, <c>u</c> or <c>p</c>.</summary>
    public string Type { get; init; } = "a";

    /// <summary>Null is every number.</summary>
    public long? Major { get; init; }

    /// <inheritdoc cref="Major"/>
    public long? Minor { get; init; }

    /// <summary>Letters of <c>rwm</c>.</summary>
    public string? Access { get; init; }
}
