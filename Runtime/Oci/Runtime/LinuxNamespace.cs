using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>
/// One of <c>linux.namespaces</c>: a new namespace of <see cref="Type"/> (<c>pid network mount ipc uts user cgroup time</c>),
/// or the existing one at <see cref="Path"/>.
/// </summary>
public sealed record LinuxNamespace : ExtensibleRecord
{
    public required string Type { get; init; }

    public string? Path { get; init; }
}

/// <summary>A range of ids: <see cref="Size"/> of them, from <see cref="ContainerID"/> inside, from <see cref="HostID"/> outside.</summary>
public sealed record LinuxIdMapping(uint ContainerID, uint HostID, uint Size) : ExtensibleRecord;

/// <summary>Offset of a clock in a time namespace.</summary>
public sealed record LinuxTimeOffset(long Secs, uint Nanosecs) : ExtensibleRecord;
