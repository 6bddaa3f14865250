using System.Text.RegularExpressions;

namespace Vessel.Tests.Support;

/// <summary>What a test may not leave behind: mounts, cgroups, processes, state.</summary>
internal static class Leftovers
{
    /// <summary>All that is left of a test, a line each.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="name">What the names of its containers and cgroups begin with; <see cref="NameOf"/> makes it.</param>
    public static IReadOnlyList<string> Of(string folder, Regex name)
    {
        List<string> left = [];
        foreach (MountEntry mount in Host.MountsOf("self"))
            if (mount.Point.StartsWith(folder + "/", StringComparison.Ordinal))
                left.Add($"mount on {mount.Point}");
        foreach (string cgroup in Cgroups(name))
            left.Add($"cgroup {cgroup}");
        foreach (int pid in Processes(folder, name))
            left.Add($"process {pid}: {CommandLine(pid)}");
        return left;
    }

    /// <summary>The names of one test's things: a longer number is another test's.</summary>
    public static Regex NameOf(string test) => new($"(?<![A-Za-z0-9]){Regex.Escape(test)}(?![0-9])");

    /// <summary>Cgroups in all hierarchies, at the top, of such names.</summary>
    public static IEnumerable<string> Cgroups(Regex name) =>
        Host.CgroupHierarchies().SelectMany(Directory.GetDirectories).Where(path => name.IsMatch(Path.GetFileName(path)));

    /// <summary>Processes in such cgroups, or with such a name in their command line.</summary>
    public static List<int> Processes(string folder, Regex name)
    {
        List<int> found = [];
        foreach (int pid in Host.Processes())
        {
            if (pid == Environment.ProcessId || !Host.IsAlive(pid))
                continue;
            try
            {
                if (name.IsMatch(Host.ReadProc($"/proc/{pid}/cgroup"))
                    || CommandLine(pid).Split(' ').Any(word => name.IsMatch(word) || word.StartsWith(folder + "/", StringComparison.Ordinal)))
                    found.Add(pid);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }
        return found;
    }

    /// <summary>The words that a process was called with, by blanks; empty where it is gone.</summary>
    public static string CommandLine(int pid)
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
