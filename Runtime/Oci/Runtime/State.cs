using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>The state document (runtime-spec 1.3, runtime.md, "State"): what <c>state</c> prints and what hooks read.</summary>
public sealed record State : ExtensibleRecord
{
    public required string OciVersion { get; init; }

    public required string Id { get; init; }

    /// <summary><c>creating</c>, <c>created</c>, <c>running</c>, <c>stopped</c>; runtimes add <c>paused</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Of the container's process, in the runtime's PID namespace; 0 where there is none.</summary>
    public int Pid { get; init; }

    public required string Bundle { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();
}
