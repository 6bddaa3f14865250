using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>One of <c>mounts</c>, in the order in which they are made.</summary>
public sealed record SpecMount : ExtensibleRecord
{
    /// <summary>Path inside the container; older tools write relative ones, which mean the same beneath <c>/</c>.</summary>
    public required string Destination { get; init; }

    public string? Type { get; init; }

    public string? Source { get; init; }

    public IReadOnlyList<string> Options { get; init; } = [];

    public IReadOnlyList<LinuxIdMapping> UidMappings { get; init; } = [];

    public IReadOnlyList<LinuxIdMapping> GidMappings { get; init; } = [];
}
