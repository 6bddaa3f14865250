using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux.memoryPolicy</c> (set_mempolicy(2)).</summary>
public sealed record LinuxMemoryPolicy : ExtensibleRecord
{
    /// <summary><c>MPOL_…</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>A list as of cpuset: <c>0-1</c>.</summary>
    public string? Nodes { get; init; }

    /// <summary><c>MPOL_F_…</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}

/// <summary><c>linux.personality</c> (personality(2)): <c>LINUX</c> or <c>LINUX32</c>.</summary>
public sealed record LinuxPersonality : ExtensibleRecord
{
    public required string Domain { get; init; }

    /// <summary>The specification defines none yet.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
