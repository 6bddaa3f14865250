using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>The processes of a container that has no cgroup: those of its pid namespace, and those that descend from them, in pid namespaces of their own.</summary>
internal static class NamespaceProcesses
{
    /// <summary>Their numbers, as our pid namespace has them. Where the container has no pid namespace of its own: the first process and what descends from it.</summary>
    /// <param name="init">The container's first process.</param>
    public static List<int> Of(int init)
    {
        string? wanted = NamespaceOf(init.ToString());
        if (wanted == NamespaceOf("self"))
            wanted = null;
        List<(int Pid, int Parent)> all = All();
        HashSet<int> found = [init];
        foreach ((int pid, _) in all)
            if (wanted is not null && NamespaceOf(pid.ToString()) == wanted)
                found.Add(pid);
        // A parent may have a higher number than its child: until nothing is new.
        for (int before = 0; before != found.Count;)
        {
            before = found.Count;
            foreach ((int pid, int parent) in all)
                if (found.Contains(parent))
                    found.Add(pid);
        }
        return [.. found];
    }

    private static string? NamespaceOf(string process) => Files.ReadLink(null, $"/proc/{process}/ns/pid");

    private static List<(int Pid, int Parent)> All()
    {
        List<(int, int)> all = [];
        using FileDescriptor proc = Files.Open(null, "/proc", Native.Raw.Open.O_RDONLY | Native.Raw.Open.O_DIRECTORY);
        foreach (string name in Files.List(proc))
            if (int.TryParse(name, out int pid) && Files.TryReadText(proc, $"{name}/stat", 4096) is { } stat && stat[(stat.LastIndexOf(')') + 1)..].Split(' ', 4) is [_, _, var parent, ..] && int.TryParse(parent, out int number))
                all.Add((pid, number));
        return all;
    }
}
