using System.Text;
using Vessel.Native.Safe;

namespace Vessel.Core.Rootfs;

/// <summary>The parent's part of <see cref="HideHostProcs"/>: reads the child's mount table, and names one mount at a time.</summary>
internal sealed class HostProcs(string rootfs)
{
    private const int TableLimit = 64 << 20;

    private readonly HashSet<int> named = [];

    /// <summary>The mount point of the next whole proc or sysfs outside of the new root, the ones that cover others first; empty where none is left.</summary>
    public string Next(FileDescriptor mountinfo, FileDescriptor root)
    {
        List<MountEntry> mounts = MountTable.Parse(Encoding.UTF8.GetString(Files.ReadAll(mountinfo, "mountinfo", TableLimit)));
        int rootMount = Files.MountIdOf(root);
        Dictionary<int, MountEntry> byId = mounts.ToDictionary(mount => mount.Id);
        // Later entries lie on top of earlier ones.
        for (int i = mounts.Count - 1; i >= 0; i--)
        {
            MountEntry mount = mounts[i];
            if (mount.Type is not ("proc" or "sysfs") || mount.Root != "/" || IsBelow(mount, rootMount, byId) || !named.Add(mount.Id))
                continue;
            bool isCovered = mount.Point.StartsWith(rootfs + "/", StringComparison.Ordinal);
            return isCovered ? mount.Point[(rootfs.Length + 1)..] : mount.Point;
        }
        return "";
    }

    private static bool IsBelow(MountEntry mount, int ancestor, Dictionary<int, MountEntry> mounts)
    {
        for (MountEntry? at = mount; at is not null; at = mounts.GetValueOrDefault(at.ParentId) is { } parent && parent.Id != at.Id ? parent : null)
            if (at.Id == ancestor)
                return true;
        return false;
    }
}
