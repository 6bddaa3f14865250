using Vessel.Core.Cgroups;
using Vessel.Core.Namespaces;
using Vessel.Core.Process;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Plan;

/// <summary>All that a plan depends on: the document, and the facts about host and caller that were gathered before.</summary>
public sealed record PlanRequest
{
    public required Spec Spec { get; init; }

    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>The bundle's folder, absolute: relative sources of mounts begin there.</summary>
    public required string Bundle { get; init; }

    /// <summary>The bundle's root filesystem, as an absolute path of the host.</summary>
    public required string Rootfs { get; init; }

    /// <summary>Where the root becomes a mount of the container's own: on its directory, or on the bundle's where the root is a mount already.</summary>
    public string RootPlace => RootMount is null ? Rootfs : Bundle;

    public required CgroupPlan Cgroups { get; init; }

    public required KernelFeatures Features { get; init; }

    /// <summary>The caller is no root.</summary>
    public bool ByOrdinaryUser { get; init; }

    /// <summary>The version of the host's cgroups, whatever <see cref="Cgroups"/> could be made of them.</summary>
    public int HostCgroupVersion { get; init; }

    /// <summary>Namespaces to join, opened.</summary>
    public IReadOnlyDictionary<NamespaceKind, int> JoinedNamespaces { get; init; } = new Dictionary<NamespaceKind, int>();

    /// <summary>Idmapped mounts, made and not yet attached, by the mount's index.</summary>
    public IReadOnlyDictionary<int, int> IdMaps { get; init; } = new Dictionary<int, int>();

    /// <summary>The listening socket that the container waits on until <c>start</c>; null for <c>run</c>.</summary>
    public int? StartListener { get; init; }

    /// <summary>The process's standard streams; null for our own.</summary>
    public StandardStreams? Streams { get; init; }

    /// <summary>The root filesystem as a mount that is attached nowhere; null where <see cref="Rootfs"/> is a directory.</summary>
    public int? RootMount { get; init; }

    /// <summary>Standard streams that belong to another user than the process's.</summary>
    public IReadOnlyList<int> ForeignStdio { get; init; } = [];

    /// <summary>Resource limits that are above the caller's own, to be raised before a user namespace is
    /// entered.</summary>
    public IReadOnlyList<Process.SetRlimit> RaisedLimits { get; init; } = [];

    /// <summary>How many descriptors from 3 on are passed to the container.</summary>
    public int PreservedCount { get; init; }

    /// <summary>The mount point that holds the root; null where rootfsPropagation makes it private or a slave anyway.</summary>
    public string? RootfsParentMount { get; init; }

    /// <summary><c>--no-pivot</c>.</summary>
    public bool NoPivot { get; init; }

    /// <summary><c>--no-new-keyring</c>.</summary>
    public bool NoNewKeyring { get; init; }
}
