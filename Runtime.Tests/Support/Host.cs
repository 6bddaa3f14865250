using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>The host as it is seen from outside of containers: mounts, cgroups, processes.</summary>
internal static class Host
{
    /// <summary>The project's folder, found from where the tests were built or from the working directory.</summary>
    public static string ProjectFolder { get; } = FindProject();

    /// <summary>Where a v1 controller is mounted, or null.</summary>
    public static string? CgroupHierarchy(string controller)
    {
        foreach (MountEntry mount in MountsOf("self"))
            if (mount.Type == "cgroup" && mount.SuperOptions.Split(',').Contains(controller))
                return mount.Point;
        return null;
    }

    /// <summary>Whether cgroup v2 is all that there is.</summary>
    public static bool IsUnified { get; } = CgroupHierarchies().Count > 0 && MountsOf("self").All(m => m.Type != "cgroup");

    /// <summary>The folder of a cgroup: of a v1 controller's hierarchy, or on v2 the one.</summary>
    public static string CgroupFolder(string controller, string path) => (IsUnified ? CgroupHierarchies()[0] : Require.CgroupV1(controller)) + path;

    /// <summary>The folders of all cgroup hierarchies.</summary>
    public static IReadOnlyList<string> CgroupHierarchies() =>
        MountsOf("self").Where(m => m.Type is "cgroup" or "cgroup2").Select(m => m.Point).Distinct().ToList();

    /// <summary>The mount table of a process, or of <c>self</c>.</summary>
    public static List<MountEntry> MountsOf(string process) => MountEntry.ParseAll(ReadProc($"/proc/{process}/mountinfo"));

    /// <summary>A file of procfs; it may have any length that its size does not tell.</summary>
    public static string ReadProc(string path) => File.ReadAllText(path);

    /// <summary>A field of <c>/proc/PID/status</c>.</summary>
    public static string Status(int pid, string field) => StatusField(ReadProc($"/proc/{pid}/status"), field);

    /// <summary>A field of the text of a <c>status</c> file.</summary>
    public static string StatusField(string status, string field) =>
        status.Split('\n').First(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..].Trim();

    /// <summary>What <c>/proc/PID/ns/KIND</c> leads to: <c>net:[4026531840]</c>.</summary>
    public static string Namespace(string process, string kind) => Files.ReadLink(null, $"/proc/{process}/ns/{kind}") ?? "";

    /// <summary>The path of a process's cgroup in the hierarchy of a v1 controller, or on v2.</summary>
    public static string CgroupOf(int pid, string controller) =>
        ReadProc($"/proc/{pid}/cgroup").Split('\n').Select(line => line.Split(':', 3))
            .First(parts => parts.Length == 3 && parts[1].Split(',').Contains(IsUnified ? "" : controller))[2];

    /// <summary>
    /// The cgroups of a process, one for each hierarchy that is mounted: <c>memory</c> → <c>/x</c>. The kernel also lists hierarchies that
    /// nothing mounts, since a controller stays bound for a while after its last umount; nobody can join those. The v2 tree of a hybrid host,
    /// which has no name here, holds no controllers.
    /// </summary>
    public static Dictionary<string, string> CgroupsOf(int pid)
    {
        HashSet<string> mounted = MountsOf("self").Where(m => m.Type == "cgroup").SelectMany(m => m.SuperOptions.Split(',')).ToHashSet();
        return ReadProc($"/proc/{pid}/cgroup").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':', 3))
            .Where(parts => IsUnified ? parts[1].Length == 0 : parts[1].Split(',').Any(mounted.Contains))
            .ToDictionary(parts => parts[1], parts => parts[2]);
    }

    /// <summary>Whether a process is there and no zombie.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            string stat = ReadProc($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether a process listens on a TCP port of IPv4.</summary>
    public static bool Listens(int pid, int port)
    {
        // man 5 proc_net: the local address is the second field, the state the fourth (0A: listening), the inode the tenth.
        HashSet<string> sockets = [.. ReadProc("/proc/net/tcp").Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && fields[3] == "0A").Select(fields => $"socket:[{fields[9]}]")];
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(link => sockets.Contains(Native.Safe.Files.ReadLink(null, link) ?? ""));
        }
        catch (IOException)
        {
            // The process has ended.
            return false;
        }
    }

    /// <summary>All processes.</summary>
    public static IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!));

    /// <summary>Waits until something is so.</summary>
    public static bool Eventually(Func<bool> condition, int milliseconds = 10_000)
    {
        for (long end = Environment.TickCount64 + milliseconds; Environment.TickCount64 < end; Thread.Sleep(5))
            if (condition())
                return true;
        return condition();
    }

    /// <summary>statx of a path, its link not followed.</summary>
    public static statx Stat(string path)
    {
        Check.Ok(Files.TryStat(null, path, out statx status, followLinks: false), "stat", path);
        return status;
    }

    private static string FindProject()
    {
        foreach (string start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory, Environment.GetEnvironmentVariable("VESSEL_PROJECT") ?? "/" })
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
                    return folder.FullName;
        throw new InvalidOperationException("the project's folder, which has Runtime.sln, is above neither the tests nor the working directory; VESSEL_PROJECT may name it");
    }
}

/// <summary>One line of a mount table (man 5 proc, "mountinfo").</summary>
internal sealed record MountEntry(string Root, string Point, string Options, string Propagation, string Type, string Source, string SuperOptions)
{
    /// <summary>Whether the mount has an option, such as <c>ro</c>.</summary>
    public bool Has(string option) => Options.Split(',').Contains(option);

    public static List<MountEntry> ParseAll(string mountinfo)
    {
        List<MountEntry> entries = [];
        foreach (string line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", 6);
            entries.Add(new MountEntry(Unescape(fields[3]), Unescape(fields[4]), fields[5], string.Join(' ', fields[6..dash]), fields[dash + 1], Unescape(fields[dash + 2]), fields[^1]));
        }
        return entries;
    }

    private static string Unescape(string text) => text.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\");
}
