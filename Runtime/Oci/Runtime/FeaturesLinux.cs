namespace Vessel.Oci.Runtime;

/// <summary><c>linux</c> of the features document (features-linux.md).</summary>
public sealed record FeaturesLinux
{
    public IReadOnlyList<string>? Namespaces { get; init; }

    public IReadOnlyList<string>? Capabilities { get; init; }

    public FeaturesCgroup? Cgroup { get; init; }

    public FeaturesSeccomp? Seccomp { get; init; }

    /// <summary><c>apparmor.enabled</c>.</summary>
    public bool? Apparmor { get; init; }

    /// <summary><c>selinux.enabled</c>.</summary>
    public bool? Selinux { get; init; }

    public FeaturesIntelRdt? IntelRdt { get; init; }

    public FeaturesMemoryPolicy? MemoryPolicy { get; init; }

    /// <summary><c>mountExtensions.idmap.enabled</c>.</summary>
    public bool? IdmapMounts { get; init; }

    /// <summary><c>netDevices.enabled</c>.</summary>
    public bool? NetDevices { get; init; }
}

/// <summary><c>linux.cgroup</c>.</summary>
public sealed record FeaturesCgroup
{
    public bool? V1 { get; init; }

    public bool? V2 { get; init; }

    public bool? Systemd { get; init; }

    public bool? SystemdUser { get; init; }

    public bool? Rdma { get; init; }
}

/// <summary><c>linux.seccomp</c>.</summary>
public sealed record FeaturesSeccomp
{
    public bool? Enabled { get; init; }

    public IReadOnlyList<string>? Actions { get; init; }

    public IReadOnlyList<string>? Operators { get; init; }

    public IReadOnlyList<string>? Archs { get; init; }

    public IReadOnlyList<string>? KnownFlags { get; init; }

    public IReadOnlyList<string>? SupportedFlags { get; init; }
}

/// <summary><c>linux.intelRdt</c>.</summary>
public sealed record FeaturesIntelRdt
{
    public bool? Enabled { get; init; }

    public bool? Schemata { get; init; }

    public bool? Monitoring { get; init; }
}

/// <summary><c>linux.memoryPolicy</c>.</summary>
public sealed record FeaturesMemoryPolicy
{
    public IReadOnlyList<string>? Modes { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }
}
