using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Cgroups.V2;
using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups;

/// <summary>One value written to one file of a cgroup.</summary>
/// <param name="File">The file, as a path of the host.</param>
/// <param name="Value">What is written.</param>
/// <param name="Property">The property of config.json that asks for it: <c>linux.resources.memory.limit</c>.</param>
/// <param name="Otherwise">What is written in its place where the kernel has no such file; null for nothing.</param>
public sealed record CgroupWrite(string File, string Value, string Property, CgroupWrite? Otherwise = null)
{
    /// <summary>Skip the write where the kernel has no such file.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The group of values that bound one another, such as a CPU quota and its period; null for a value that
    /// stands alone.
    /// Which order the kernel accepts depends on the values in force, also on those of cgroups above.</summary>
    public string? Group { get; init; }

    /// <summary>As <c>explain</c> shows it.</summary>
    public override string ToString() => $"write {Value} to {File}";
}

/// <summary>The cgroups of one container: its folders, and what is written to them before the container runs.</summary>
public sealed record CgroupPlan
{
    /// <summary>1 or 2; 0 where the host has no cgroups.</summary>
    public required int Version { get; init; }

    /// <summary>The container's folder in each hierarchy.</summary>
    public required IReadOnlyList<CgroupFolder> Folders { get; init; }

    /// <summary>On a hybrid host, the container's folder in the v2 tree, which has no controllers there; null
    /// elsewhere.</summary>
    public CgroupFolder? Unified { get; init; }

    /// <summary>All folders that are made, and removed afterwards.</summary>
    public IEnumerable<string> AllPaths => Folders.Select(folder => folder.HostPath).Concat(Unified is null ? [] : [Unified.HostPath]);

    /// <summary>Limits, in the order in which they are written.</summary>
    public required IReadOnlyList<CgroupWrite> Writes { get; init; }

    /// <summary>On v2, the devices that the container may use: a program decides there, no file.</summary>
    public DeviceRules? DeviceProgram { get; init; }

    /// <summary>On v2, who may make cgroups of its own in the container's: the root of its user namespace. Null for the host's root.</summary>
    public CgroupOwner? Owner { get; init; }

    /// <summary>With systemd, the unit that is made in place of the folder; null without.</summary>
    public ScopePlan? Scope { get; init; }

    /// <summary>A host without cgroups, or <c>--cgroup-manager=disabled</c>.</summary>
    public static CgroupPlan None { get; } = new() { Version = 0, Folders = [], Writes = [] };

    /// <summary>Decides where the container's cgroups are and what they hold.</summary>
    /// <param name="host">The host's hierarchies.</param>
    /// <param name="path">The cgroup below each hierarchy's root: <c>/docker/3f…</c>.</param>
    /// <param name="resources"><c>linux.resources</c>, or null.</param>
    /// <param name="owner">Whom a v2 cgroup is delegated to, or null.</param>
    /// <exception cref="RuntimeException">A limit that this host has no controller for.</exception>
    public static CgroupPlan Create(CgroupHost host, CgroupPath path, LinuxResources? resources, CgroupOwner? owner = null)
    {
        if (host.Version == 0)
            return None;
        List<CgroupFolder> folders = new(host.Hierarchies.Count);
        foreach (CgroupHierarchy hierarchy in host.Hierarchies)
            folders.Add(new CgroupFolder(hierarchy, path));
        if (host.Version == 2)
            return new CgroupPlan
            {
                Version = 2,
                Folders = folders,
                Writes = UnifiedController.Write(folders[0], resources ?? new LinuxResources(), CgroupValues.Defaults),
                DeviceProgram = DeviceRules.From(resources?.Devices ?? []),
                Owner = owner,
            };
        return new CgroupPlan
        {
            Version = 1,
            Folders = folders,
            Unified = host.Unified is { } unified ? new CgroupFolder(unified, path) : null,
            Writes = V1.LegacyControllers.Write(folders, resources ?? new LinuxResources(), includeDevices: true),
        };
    }

    /// <summary>As <see cref="Create"/>, in a scope of systemd.</summary>
    public static CgroupPlan CreateInScope(CgroupHost host, ScopePlan scope, LinuxResources? resources, CgroupOwner? owner = null)
    {
        CgroupPlan plan = Create(host, scope.Path, resources, owner);
        return plan.Version == 0
            ? throw new RuntimeException(ErrorKind.Unsupported, "--systemd-cgroup: no cgroups are mounted on this host")
            : plan with { Scope = scope, Writes = ScopeProperties.AsKept(plan.Writes, CpuBandwidth.Default) };
    }

    /// <summary>Decides what changes in a running container's cgroups: the writes and the device program, where one is named.</summary>
    /// <param name="host">The host's hierarchies.</param>
    /// <param name="path">The container's cgroup below each.</param>
    /// <param name="folders">Those that the container was given.</param>
    /// <param name="resources">What changes.</param>
    public static CgroupPlan Update(CgroupHost host, string path, IReadOnlyList<string> folders, LinuxResources resources)
    {
        List<CgroupFolder> known = [];
        foreach (CgroupHierarchy hierarchy in host.Hierarchies)
            if (folders.Contains(hierarchy.MountPoint + path))
                known.Add(new CgroupFolder(hierarchy, CgroupPath.Parse(path, "")));
        if (known.Count == 0)
            throw new RuntimeException(ErrorKind.Unsupported, "the container has no cgroups");
        bool namesDevices = resources.Devices.Count > 0;
        return new CgroupPlan
        {
            Version = host.Version,
            Folders = known,
            Writes = host.Version == 2
                ? UnifiedController.Write(known[0], resources, CgroupValues.Of(known[0]))
                : V1.LegacyControllers.Write(known, resources, includeDevices: namesDevices),
            DeviceProgram = host.Version == 2 && namesDevices ? DeviceRules.From(resources.Devices) : null,
        };
    }

    /// <summary>The folder whose hierarchy has this controller; null where there is none. On v2 it is always the one.</summary>
    public CgroupFolder? Find(string controller)
    {
        foreach (CgroupFolder folder in Folders)
            if (Version == 2 || folder.Hierarchy.Has(controller))
                return folder;
        return null;
    }
}

/// <summary>The user and group of the host that own a delegated cgroup.</summary>
public sealed record CgroupOwner(uint Uid, uint Gid);

/// <summary>A container's folder in one hierarchy.</summary>
public sealed record CgroupFolder(CgroupHierarchy Hierarchy, CgroupPath Path)
{
    /// <summary>The folder as a path of the host.</summary>
    public string HostPath => Hierarchy.MountPoint + Path.Value;

    /// <summary>A file in it.</summary>
    public string File(string name) => $"{Hierarchy.MountPoint}{Path.Value}/{name}";
}

/// <summary>A cgroup below the root of a hierarchy: absolute, without <c>..</c>, never the root itself.</summary>
public sealed record CgroupPath
{
    private CgroupPath(string value) => Value = value;

    /// <summary>Begins with a slash, ends without one.</summary>
    public string Value { get; }

    /// <summary>Reads <c>linux.cgroupsPath</c>; a relative path begins at the root as well.</summary>
    /// <param name="text">The text of config.json; null or empty for the default.</param>
    /// <param name="id">The container's id, which is the default's name.</param>
    public static CgroupPath Parse(string? text, string id)
    {
        if (string.IsNullOrEmpty(text))
            return new CgroupPath("/" + id);
        if (text.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.cgroupsPath: \"{text}\" has a control character");
        string clean = Plan.TargetList.Clean(text.StartsWith('/') ? text : "/" + text);
        foreach (string name in clean.Split('/'))
            if (name == "..")
                throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.cgroupsPath: \"{text}\" leads up by `..`");
        if (clean is "/" or "")
            throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.cgroupsPath: \"{text}\" is the root of all cgroups");
        return new CgroupPath(clean);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
