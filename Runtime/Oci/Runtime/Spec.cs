using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>config.json</c> of a bundle (runtime-spec 1.3, config.md).</summary>
/// <remarks>Absent objects are null, absent lists and maps are empty, absent text is null.</remarks>
public sealed record Spec : ExtensibleRecord
{
    /// <summary>The version of the specification that the bundle follows: <c>1.x.y</c>.</summary>
    public required string OciVersion { get; init; }

    public SpecProcess? Process { get; init; }

    public SpecRoot? Root { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public IReadOnlyList<SpecMount> Mounts { get; init; } = [];

    public SpecHooks? Hooks { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();

    public SpecLinux? Linux { get; init; }

    /// <summary>JSON text of the section for another platform, where present; it is carried, not interpreted.</summary>
    public string? Solaris { get; init; }

    /// <inheritdoc cref="Solaris"/>
    public string? Windows { get; init; }

    /// <inheritdoc cref="Solaris"/>
    public string? Vm { get; init; }

    /// <inheritdoc cref="Solaris"/>
    public string? Zos { get; init; }

    /// <inheritdoc cref="Solaris"/>
    public string? Freebsd { get; init; }
}

/// <summary><c>root</c>: the container's root filesystem.</summary>
public sealed record SpecRoot : ExtensibleRecord
{
    /// <summary>Absolute, or relative to the bundle.</summary>
    public required string Path { get; init; }

    public bool Readonly { get; init; }
}
