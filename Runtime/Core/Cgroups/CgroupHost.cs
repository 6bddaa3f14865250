using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups;

/// <summary>A mounted hierarchy of cgroup v1, or the one of v2.</summary>
/// <param name="MountPoint">Where it is mounted: <c>/sys/fs/cgroup/memory</c>.</param>
/// <param name="Controllers">Its controllers: <c>cpu</c>, <c>cpuacct</c>; empty for a named hierarchy.</param>
/// <param name="Name">A named hierarchy's name (<c>systemd</c>), else null.</param>
public sealed record CgroupHierarchy(string MountPoint, IReadOnlyList<string> Controllers, string? Name)
{
    /// <summary>The folder's name, which containers see again: <c>cpu,cpuacct</c>.</summary>
    public string FolderName => MountPoint[(MountPoint.LastIndexOf('/') + 1)..];

    /// <summary>Whether <c>/proc/PID/cgroup</c> calls it so: by its controllers, as <c>name=systemd</c>, or on v2 by
    /// nothing.</summary>
    public bool IsNamed(string text) => Name is not null ? text == "name=" + Name : text == string.Join(',', Controllers);

    /// <summary>Whether it has this controller.</summary>
    public bool Has(string controller)
    {
        foreach (string mine in Controllers)
            if (mine == controller)
                return true;
        return false;
    }
}

/// <summary>The cgroups of this host, as the mount table tells them: not every folder under <c>/sys/fs/cgroup</c> is a hierarchy.</summary>
/// <param name="Version">1 (also hybrid), 2, or 0 where nothing is mounted.</param>
/// <param name="Hierarchies">All v1 hierarchies, or the one of v2.</param>
public sealed record CgroupHost(int Version, IReadOnlyList<CgroupHierarchy> Hierarchies)
{
    private const int MountInfoLimit = 16 << 20;

    /// <summary>On a hybrid host, the v2 tree beside the hierarchies of v1: it has no controllers of its own. Null
    /// elsewhere.</summary>
    public CgroupHierarchy? Unified { get; init; }

    /// <summary>Reads the mount table.</summary>
    public static CgroupHost Read() => Parse(Files.TryReadText(null, "/proc/self/mountinfo", MountInfoLimit) ?? "");

    /// <summary>Reads a mount table's text (man 5 proc, "mountinfo"): fields, " - ", type, source, options of the filesystem.</summary>
    public static CgroupHost Parse(ReadOnlySpan<char> mountInfo)
    {
        List<CgroupHierarchy> v1 = [];
        CgroupHierarchy? v2 = null;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ReadOnlySpan<char> line in mountInfo.EnumerateLines())
        {
            int dash = line.IndexOf(" - cgroup", StringComparison.Ordinal);
            if (dash < 0)
                continue;
            ReadOnlySpan<char> tail = line[(dash + 3)..];
            string mountPoint = Field(line, 4).ToString();
            if (tail.StartsWith("cgroup2 ", StringComparison.Ordinal))
            {
                v2 ??= new CgroupHierarchy(mountPoint, [], null);
                continue;
            }
            string options = tail[(tail.LastIndexOf(' ') + 1)..].ToString();
            // The same hierarchy may be mounted in several places, inside containers for one; the first is the host's.
            if (seen.Add(options))
                v1.Add(FromOptions(mountPoint, options));
        }
        if (v1.Count > 0)
            return new CgroupHost(1, v1) { Unified = v2 };
        return v2 is null ? new CgroupHost(0, []) : new CgroupHost(2, [v2]);
    }

    /// <summary>The hierarchy that has this controller; null where it is not mounted.</summary>
    public CgroupHierarchy? Find(string controller)
    {
        foreach (CgroupHierarchy hierarchy in Hierarchies)
            if (hierarchy.Has(controller))
                return hierarchy;
        return null;
    }

    /// <summary>The folder of a process's cgroup on v2; null where it has none that is seen here.</summary>
    public string? UnifiedFolderOf(int pid) => Version == 2 ? FolderOf(pid, Hierarchies[0]) : null;

    /// <summary>The folder of the cgroup that a process is in now; null where it has none that can be seen from
    /// here.</summary>
    public static string? FolderOf(int pid, CgroupHierarchy hierarchy)
    {
        foreach (string line in (Files.TryReadText(null, $"/proc/{pid}/cgroup") ?? "").Split('\n'))
            if (line.Split(':', 3) is [_, var controllers, var path] && hierarchy.IsNamed(controllers) && path.StartsWith('/') && !path.StartsWith("/../", StringComparison.Ordinal))
                return (hierarchy.MountPoint + path).TrimEnd('/');
        return null;
    }

    private static CgroupHierarchy FromOptions(string mountPoint, string options)
    {
        List<string> controllers = [];
        string? name = null;
        foreach (string option in options.Split(','))
        {
            if (option.StartsWith("name=", StringComparison.Ordinal))
                name = option[5..];
            else if (option is not ("rw" or "ro" or "xattr" or "clone_children" or "noprefix" or "none" or "cpuset_v2_mode" or "favordynmods") && !option.Contains('='))
                controllers.Add(option);
        }
        return new CgroupHierarchy(mountPoint, controllers, name);
    }

    private static ReadOnlySpan<char> Field(ReadOnlySpan<char> line, int index)
    {
        for (; index > 0; index--)
            line = line[(line.IndexOf(' ') + 1)..];
        return line[..line.IndexOf(' ')];
    }
}
