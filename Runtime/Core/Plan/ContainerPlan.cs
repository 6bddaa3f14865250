using Vessel.Core.Rootfs;

namespace Vessel.Core.Plan;

/// <summary>All that will be done to the kernel to make a container, or a further process in one: decided before anything is done.</summary>
public sealed record ContainerPlan
{
    /// <summary>CLONE_NEW… of the clone itself.</summary>
    public required ulong CloneFlags { get; init; }

    /// <summary>What the child does, in order.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>Places in the container's tree that steps act on, by their index.</summary>
    public required IReadOnlyList<MountTarget> Targets { get; init; }

    /// <summary>Descriptors that the child keeps at its first execve, beside the standard streams and the preserved ones.</summary>
    public IReadOnlyList<int> Inherited { get; init; } = [];

    /// <summary>How many descriptors from 3 on the caller passes to the container.</summary>
    public int PreservedCount { get; init; }
}
