using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux.intelRdt</c>: cache and memory bandwidth by resctrl.</summary>
public sealed record LinuxIntelRdt : ExtensibleRecord
{
    public string? ClosID { get; init; }

    /// <summary>Lines for the schemata file.</summary>
    public IReadOnlyList<string> Schemata { get; init; } = [];

    public string? L3CacheSchema { get; init; }

    public string? MemBwSchema { get; init; }

    public bool EnableMonitoring { get; init; }
}
