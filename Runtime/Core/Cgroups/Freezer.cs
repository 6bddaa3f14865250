using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups;

/// <summary>Stops and continues all processes of a cgroup at once (v1 freezer, v2 <c>cgroup.freeze</c>).</summary>
/// <param name="Folder">The container's folder in the freezer's hierarchy, or on v2 its only one.</param>
/// <param name="Version">1 or 2.</param>
public sealed record Freezer(string Folder, int Version)
{
    private const int Attempts = 1000;

    /// <summary>Stops them; returns when all of them stand.</summary>
    public void Freeze()
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Write(frozen: true);
            if (IsFrozen)
                return;
            // v1 may hang in FREEZING when a task is born meanwhile: thawed and frozen again it gets on (runc does the same).
            if (Version == 1 && attempt % 50 == 49)
                Write(frozen: false);
            Thread.Sleep(1);
        }
        Write(frozen: false);
        throw new RuntimeException(ErrorKind.Internal, $"freeze {Folder}: its processes do not stop");
    }

    /// <summary>Continues them.</summary>
    public void Thaw() => Write(frozen: false);

    /// <summary>Continues the processes of this cgroup and of all below, which the container may have frozen itself. A
    /// process that is frozen on v1 does not end at SIGKILL before it is thawed; on v2 it does.</summary>
    public void ThawToEnd()
    {
        if (Version == 1)
            ThawTree(Folder);
    }

    /// <summary>On v1, the nearest cgroup above that is frozen: what is below it cannot be thawed, nor ended. Null
    /// where there is none, and on v2.</summary>
    public string? FrozenAbove
    {
        get
        {
            if (Version != 1 || !Flag(Folder, "freezer.parent_freezing"))
                return null;
            string above = Folder;
            do
                above = above[..above.LastIndexOf('/')];
            while (above.Length > 1 && !Flag(above, "freezer.self_freezing"));
            return above;
        }
    }

    /// <summary>Whether a process that joins now goes on: neither this cgroup nor one above is frozen, or about to
    /// be.</summary>
    public bool IsThawed => Version == 1
        ? Files.TryReadText(null, Folder + "/freezer.state") is null or "THAWED\n"
        : !IsFrozen && (Files.TryReadText(null, Folder + "/cgroup.freeze") is null or "0\n");

    /// <summary>Whether all of them stand.</summary>
    public bool IsFrozen => Version == 1
        ? Files.TryReadText(null, Folder + "/freezer.state")?.StartsWith("FROZEN", StringComparison.Ordinal) == true
        : Files.TryReadText(null, Folder + "/cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true;

    private static void ThawTree(string folder)
    {
        // best effort: where a cgroup above is frozen this changes nothing, and the folder may be gone.
        Files.TryWriteText(null, folder + "/freezer.state", "THAWED");
        foreach (string below in CgroupExecutor.Folders(folder))
            ThawTree(below);
    }

    private static bool Flag(string folder, string file) => Files.TryReadText(null, $"{folder}/{file}") == "1\n";

    private void Write(bool frozen)
    {
        (string file, string value) = Version == 1 ? ("freezer.state", frozen ? "FROZEN" : "THAWED") : ("cgroup.freeze", frozen ? "1" : "0");
        nint result = Files.TryWriteText(null, $"{Folder}/{file}", value);
        if (result == -Errno.ENOENT)
            throw new RuntimeException(ErrorKind.Unsupported, $"freeze {Folder}: no freezer cgroup controller on this host");
        Check.Ok(result, frozen ? "freeze" : "thaw", Folder);
    }
}
