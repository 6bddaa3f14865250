using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>process.capabilities</c>: names with <c>CAP_</c>. A name that this host does not know is no error of the document.</summary>
public sealed record LinuxCapabilities : ExtensibleRecord
{
    public IReadOnlyList<string> Bounding { get; init; } = [];

    public IReadOnlyList<string> Effective { get; init; } = [];

    public IReadOnlyList<string> Inheritable { get; init; } = [];

    public IReadOnlyList<string> Permitted { get; init; } = [];

    public IReadOnlyList<string> Ambient { get; init; } = [];
}

/// <summary>One of <c>process.rlimits</c>: <c>RLIMIT_…</c>; <see cref="ulong.MaxValue"/> is "unlimited".</summary>
public sealed record PosixRlimit(string Type, ulong Hard, ulong Soft) : ExtensibleRecord;

/// <summary><c>process.scheduler</c> (sched_setattr(2)).</summary>
public sealed record Scheduler : ExtensibleRecord
{
    /// <summary><c>SCHED_…</c>.</summary>
    public required string Policy { get; init; }

    public int? Nice { get; init; }

    public int? Priority { get; init; }

    /// <summary><c>SCHED_FLAG_…</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Nanoseconds; <c>SCHED_DEADLINE</c> only, as are <see cref="Deadline"/> and <see cref="Period"/>.</summary>
    public ulong? Runtime { get; init; }

    public ulong? Deadline { get; init; }

    public ulong? Period { get; init; }
}

/// <summary><c>process.ioPriority</c> (ioprio_set(2)): <c>IOPRIO_CLASS_…</c>, and 0 (highest) to 7.</summary>
public sealed record LinuxIOPriority(string Class, int Priority) : ExtensibleRecord;
