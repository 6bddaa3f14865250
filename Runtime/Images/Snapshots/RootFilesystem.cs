using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Snapshots;

/// <summary>A root filesystem on an image's layers, with an upper folder that takes the changes.</summary>
public static class RootFilesystem
{
    private const uint FolderMode = 0x1ed; // 0755

    /// <summary>Mounts it as an overlay.</summary>
    /// <param name="layers">Where the layers are.</param>
    /// <param name="diffIds">The image's layers, the lowest first.</param>
    /// <param name="target">An empty folder.</param>
    /// <param name="changes">A folder of its own beside it, empty, for what the container writes: <c>upper</c> and <c>work</c> are made in it.</param>
    /// <exception cref="SyscallException">The kernel refuses the mount; nothing is mounted then.</exception>
    public static void Mount(LayerStore layers, IReadOnlyList<Digest> diffIds, string target, string changes)
    {
        string upper = Path.Combine(changes, "upper"), work = Path.Combine(changes, "work"), folders = Path.Combine(changes, "folders");
        Files.MakeDirectories(upper, FolderMode);
        Files.MakeDirectories(work, FolderMode);
        List<Digest> seen = Seen(layers, diffIds);
        List<string> lowers = [.. seen.Select(layers.Open)];
        using (InheritedFolders inherited = new(lowers, [.. seen.Select(layers.ImpliedFoldersOf)]))
        {
            inherited.DescribeRoot(upper);
            if (inherited.Make(folders))
                lowers.Insert(0, folders);
        }
        if (lowers.Count == 0)
        {
            string empty = Path.Combine(changes, "empty");
            Files.MakeDirectories(empty, FolderMode);
            lowers.Add(empty);
        }
        Mounts.MountOverlay(target, lowers, upper, work);
    }

    // The topmost first. A layer may come twice: overlay takes a folder only once, and the upper one hides the lower anyhow. One whose root is opaque
    // hides all below, which overlayfs itself doesn't see.
    private static List<Digest> Seen(LayerStore layers, IReadOnlyList<Digest> diffIds)
    {
        List<Digest> seen = [];
        foreach (Digest diffId in diffIds.Reverse().Distinct())
        {
            seen.Add(diffId);
            if (layers.Read(diffId).IsOpaque)
                break;
        }
        return seen;
    }
}
