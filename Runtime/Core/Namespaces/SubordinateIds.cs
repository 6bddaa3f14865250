using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Process;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Namespaces;

/// <summary>Ids that root has given to an ordinary user (man 5 subuid, subgid): the programs of Debian's <c>uidmap</c>, which root installs, map them.</summary>
internal sealed class SubordinateIds
{
    private readonly string kind;
    private readonly string option;

    private SubordinateIds(string kind, string program, string file, string option)
    {
        this.kind = kind;
        Program = program;
        File = file;
        this.option = option;
    }

    /// <summary>What maps them.</summary>
    public string Program { get; }

    /// <summary>Where root writes down who has which.</summary>
    public string File { get; }

    /// <summary>Users: <c>/etc/subuid</c>, newuidmap.</summary>
    public static SubordinateIds Users { get; } = new("users", "newuidmap", "/etc/subuid", "--add-subuids");

    /// <summary>Groups: <c>/etc/subgid</c>, newgidmap.</summary>
    public static SubordinateIds Groups { get; } = new("groups", "newgidmap", "/etc/subgid", "--add-subgids");

    /// <summary>Maps them into the process's user namespace.</summary>
    /// <exception cref="RuntimeException">The program isn't there, or refuses; its own words are in the message.</exception>
    public void Map(int pid, IReadOnlyList<LinuxIdMapping> mappings, Caller caller, KernelFeatures features)
    {
        string path = Programs.FindOnPath(Program) ?? throw new RuntimeException(ErrorKind.PermissionDenied,
            $"map {kind} {MapIds.Text(mappings)}: takes {Program}, which is not installed (Debian: apt-get install uidmap){WhatIsGiven(caller)}");
        List<string> arguments = [Program, pid.ToString()];
        foreach (LinuxIdMapping mapping in mappings)
            arguments.AddRange([mapping.ContainerID.ToString(), mapping.HostID.ToString(), mapping.Size.ToString()]);
        (int code, string errors) = Programs.Run(path, arguments, features);
        if (code != 0)
            throw new RuntimeException(ErrorKind.PermissionDenied, $"map {kind} {MapIds.Text(mappings)}: {(errors.Length > 0 ? errors : $"{path}: exit status {code}")}{WhatIsGiven(caller)}");
    }

    /// <summary>What root has given to a user: the first id of each range, and how many there are.</summary>
    public IReadOnlyList<(ulong First, ulong Count)> RangesOf(Caller caller)
    {
        string name = caller.Name;
        List<(ulong, ulong)> ranges = [];
        foreach (string line in (Files.TryReadText(null, File) ?? "").Split('\n'))
            if (line.Split(':') is [var user, var first, var count] && (user == name || user == caller.Uid.ToString()) && ulong.TryParse(first, out ulong from) && ulong.TryParse(count, out ulong size) && size > 0)
                ranges.Add((from, size));
        return ranges;
    }

    /// <summary>What root types to give a user some.</summary>
    public string HowToGive(Caller caller) => $"usermod {option} 100000-165535 {caller.Name}";

    private string WhatIsGiven(Caller caller)
    {
        string name = caller.Name;
        IReadOnlyList<(ulong First, ulong Count)> ranges = RangesOf(caller);
        return ranges.Count > 0
            ? $"; {File} gives {name} {string.Join(", ", ranges.Select(r => $"{r.First}-{r.First + r.Count - 1}"))}, and nobody needs to be given the own id, {(kind == "users" ? caller.Uid : caller.Gid)}"
            : $"; {File} gives {name} none: as root, `{HowToGive(caller)}` does; without, linux.{(kind == "users" ? "uid" : "gid")}Mappings can hold one id, the own one, {(kind == "users" ? caller.Uid : caller.Gid)}";
    }
}
