using System.Globalization;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Hooks;

/// <summary>A process with all that it started (man 5 proc, "stat").</summary>
internal static class ProcessTree
{
    /// <summary>Kills a process, its process group and session, and its descendants.</summary>
    /// <remarks>A descendant that has left the group and whose parent has ended is not found: it has made itself a daemon.</remarks>
    public static void Kill(ProcessHandle root)
    {
        // Stopped, the process cannot end before its children are counted as its own.
        root.TryKill(Signal.SIGSTOP);
        HashSet<int> tree = [root.Id];
        while (Grow(tree, root.Id))
        {
        }
        foreach (int pid in tree)
            if (pid != root.Id)
                _ = Kernel.Call(SYS.kill, pid, Signal.SIGKILL);
        root.TryKill(Signal.SIGKILL);
    }

    // Members are stopped as they are found, so that they start no others: a round that finds none is the last.
    private static bool Grow(HashSet<int> tree, int root)
    {
        bool grew = false;
        foreach (string name in Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path)))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || tree.Contains(pid) || ParentsOf(pid) is not { } of)
                continue;
            if (of.Group != root && of.Session != root && !tree.Contains(of.Parent))
                continue;
            _ = Kernel.Call(SYS.kill, pid, Signal.SIGSTOP);
            grew |= tree.Add(pid);
        }
        return grew;
    }

    private static (int Parent, int Group, int Session)? ParentsOf(int pid)
    {
        string? stat = Files.TryReadText(null, $"/proc/{pid}/stat");
        // The name, in parentheses, may hold anything.
        string[] fields = stat is null ? [] : stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 3 ? (int.Parse(fields[1]), int.Parse(fields[2]), int.Parse(fields[3])) : null;
    }
}
