using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux</c> (runtime-spec 1.3, config-linux.md).</summary>
public sealed record SpecLinux : ExtensibleRecord
{
    public IReadOnlyList<LinuxIdMapping> UidMappings { get; init; } = [];

    public IReadOnlyList<LinuxIdMapping> GidMappings { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = EmptyMap.Of<string>();

    public LinuxResources? Resources { get; init; }

    public string? CgroupsPath { get; init; }

    public IReadOnlyList<LinuxNamespace> Namespaces { get; init; } = [];

    public IReadOnlyList<LinuxDevice> Devices { get; init; } = [];

    /// <summary>Network devices of the host to move into the container, by their name on the host.</summary>
    public IReadOnlyDictionary<string, LinuxNetDevice> NetDevices { get; init; } = EmptyMap.Of<LinuxNetDevice>();

    public LinuxSeccomp? Seccomp { get; init; }

    /// <summary><c>private</c>, <c>shared</c>, <c>slave</c>, <c>unbindable</c>, or one of these with <c>r</c> before it.</summary>
    public string? RootfsPropagation { get; init; }

    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    public string? MountLabel { get; init; }

    public LinuxIntelRdt? IntelRdt { get; init; }

    public LinuxMemoryPolicy? MemoryPolicy { get; init; }

    public LinuxPersonality? Personality { get; init; }

    /// <summary>By clock: <c>monotonic</c>, <c>boottime</c>.</summary>
    public IReadOnlyDictionary<string, LinuxTimeOffset> TimeOffsets { get; init; } = EmptyMap.Of<LinuxTimeOffset>();
}
