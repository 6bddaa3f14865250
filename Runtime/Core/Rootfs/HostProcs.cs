using Vessel.Core.Errors;
using Vessel.Native.Safe;

namespace Vessel.Core.Rootfs;

/// <summary>The parent's part of <see cref="HideHostProcs"/>: reads the child's mount table, and names one action at a time.</summary>
/// <param name="rootfs">The container's root, as the host names it.</param>
internal sealed class HostProcs(string rootfs)
{
    private const int TableLimit = 64 << 20;

    private readonly HashSet<int> separated = [], unmounted = [];

    /// <summary>What the child does next with which mount point; empty when nothing is left to do.</summary>
    /// <returns><see cref="HideHostProcs.Separate"/> or <see cref="HideHostProcs.Unmount"/>, and the path.</returns>
    /// <exception cref="RuntimeException">A whole proc or sysfs cannot be reached, or the host would lose it too.</exception>
    public string Next(FileDescriptor mountinfo, FileDescriptor root)
    {
        List<MountEntry> mounts = MountTable.Parse(ByteText.Decode(Files.ReadAll(mountinfo, "mountinfo", TableLimit)));
        return Next(mounts, Files.MountIdOf(root));
    }

    /// <summary>As <see cref="Next(FileDescriptor, FileDescriptor)"/>, for a table that was read.</summary>
    internal string Next(IReadOnlyList<MountEntry> mounts, int root)
    {
        Dictionary<int, MountEntry> byId = mounts.ToDictionary(mount => mount.Id);
        HashSet<int> aboveRoot = [.. WithAncestors(root, byId)];
        List<MountEntry> outside = [.. mounts.Where(mount => !WithAncestors(mount.Id, byId).Contains(root))];
        // Later entries lie on top of earlier ones.
        foreach (MountEntry proc in Enumerable.Reverse(outside))
        {
            if (proc is not { Type: "proc" or "sysfs", Root: "/" } || outside.Exists(mount => mount.ParentId == proc.Id && mount.Point == proc.Point))
                continue;
            HashSet<int> under = [.. WithAncestors(proc.Id, byId)];
            // What lies over a directory above goes first: the path leads there.
            MountEntry top = outside.LastOrDefault(mount => IsAbove(mount, proc) && !under.Contains(mount.Id) && !aboveRoot.Contains(mount.Id)) ?? proc;
            if (byId.GetValueOrDefault(top.ParentId) is { IsShared: true } parent)
                return separated.Add(parent.Id) ? Action(HideHostProcs.Separate, parent) : throw Remaining(proc, "is on a mount that is shared");
            return unmounted.Add(top.Id) ? Action(HideHostProcs.Unmount, top) : throw Remaining(proc, "is below another mount");
        }
        return "";
    }

    private static RuntimeException Remaining(MountEntry proc, string reason) => new(ErrorKind.Unsupported,
        $"--no-pivot: the host's {proc.Type} on `{proc.Point}` {reason}, and would stay in the container's reach: unmount it before, or leave out --no-pivot");

    private static bool IsAbove(MountEntry mount, MountEntry other) =>
        other.Point.StartsWith(mount.Point == "/" ? "/" : mount.Point + "/", StringComparison.Ordinal);

    // The child stands in the directory that the root covers, to which no path leads.
    private string Action(char action, MountEntry mount) =>
        action + (mount.Point.StartsWith(rootfs + "/", StringComparison.Ordinal) ? mount.Point[(rootfs.Length + 1)..] : mount.Point);

    private static IEnumerable<int> WithAncestors(int id, Dictionary<int, MountEntry> mounts)
    {
        while (mounts.TryGetValue(id, out MountEntry? mount))
        {
            yield return id;
            if (mount.ParentId == id)
                yield break;
            id = mount.ParentId;
        }
    }
}
