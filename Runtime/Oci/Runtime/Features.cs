using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>The features document (runtime-spec 1.3, features.md): what the runtime knows, whatever the host.</summary>
/// <remarks>As in the specification, an absent (null) list or flag is "unknown", an empty list is "none".</remarks>
public sealed record Features
{
    public required string OciVersionMin { get; init; }

    public required string OciVersionMax { get; init; }

    public IReadOnlyList<string>? Hooks { get; init; }

    public IReadOnlyList<string>? MountOptions { get; init; }

    public FeaturesLinux? Linux { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();

    /// <summary>Annotations of config.json that change what the runtime does; a name ending in <c>.</c> is a prefix.</summary>
    public IReadOnlyList<string>? PotentiallyUnsafeConfigAnnotations { get; init; }
}
