namespace Vessel.Tests.Support;

/// <summary>What a test may not leave behind: mounts, cgroups, processes, state.</summary>
internal static class Leftovers
{
    /// <summary>All that is left of a test, a line each.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="prefix">What the names of its cgroups begin with.</param>
    public static IReadOnlyList<string> Of(string folder, string prefix)
    {
        List<string> left = [];
        foreach (MountEntry mount in Host.MountsOf("self"))
            if (mount.Point.StartsWith(folder + "/", StringComparison.Ordinal))
                left.Add($"mount on {mount.Point}");
        foreach (string cgroup in Cgroups(prefix))
            left.Add($"cgroup {cgroup}");
        foreach (int pid in Processes(folder, prefix))
            left.Add($"process {pid}: {CommandLine(pid)}");
        return left;
    }

    /// <summary>Cgroups in all hierarchies, at the top, whose names begin so.</summary>
    public static IEnumerable<string> Cgroups(string prefix) =>
        Host.CgroupHierarchies().SelectMany(top => Directory.GetDirectories(top, prefix + "*"));

    /// <summary>Processes in such cgroups, or with such a name in their command line.</summary>
    public static List<int> Processes(string folder, string prefix)
    {
        List<int> found = [];
        foreach (int pid in Host.Processes())
        {
            if (pid == Environment.ProcessId || !Host.IsAlive(pid))
                continue;
            try
            {
                if (Host.ReadProc($"/proc/{pid}/cgroup").Contains($":/{prefix}", StringComparison.Ordinal)
                    || CommandLine(pid).Split(' ').Any(word => word.StartsWith(prefix, StringComparison.Ordinal) || word.StartsWith(folder + "/", StringComparison.Ordinal)))
                    found.Add(pid);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }
        return found;
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return Host.ReadProc($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
