using Vessel.Images.Layers;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>A root filesystem on an image's layers that takes changes and leaves the layers as they are.</summary>
/// <param name="Kind">How it was made.</param>
/// <param name="Refusal">Why it is not the kernel's overlay; null where it is, and where a copy was asked for.</param>
/// <param name="CopiedBytes">The sizes of all files that were copied.</param>
public sealed record RootFilesystem(RootKind Kind, string? Refusal = null, long CopiedBytes = 0)
{
    private const uint FolderMode = 0x1ed; // 0755
    private const uint PrivateFolder = 0x1c0; // 0700

    /// <summary>Makes it an overlay; where the kernel refuses that, one of fuse-overlayfs; where there is none, a copy.</summary>
    /// <param name="layers">Where the layers are.</param>
    /// <param name="diffIds">The image's layers, the lowest first.</param>
    /// <param name="target">An empty folder.</param>
    /// <param name="changes">A folder of its own beside it, empty or not there, for what the container writes. A copy needs none, and has none.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <exception cref="SyscallException">It cannot be made; nothing is mounted then.</exception>
    public static RootFilesystem Make(LayerStore layers, IReadOnlyList<Digest> diffIds, string target, string changes, CancellationToken cancellation = default)
    {
        string refusal;
        if (layers.HaveNamedMarks(diffIds))
        {
            // Which fuse-overlayfs doesn't understand either where something of the layer is in the place.
            refusal = NamedMarks(target).Message;
        }
        else
        {
            Files.MakeDirectories(changes, PrivateFolder);
            (List<string> lowers, string upper, string work) = Prepare(layers, diffIds, changes);
            try
            {
                Mounts.MountOverlay(target, lowers, upper, work);
                return new RootFilesystem(RootKind.Overlay);
            }
            catch (SyscallException e) when (IsRefusal(e.Errno))
            {
                refusal = e.Message;
            }
            if (FuseOverlay.TryMount(target, lowers, upper, work) is not { } reason)
                return new RootFilesystem(RootKind.FuseOverlay, refusal);
            refusal += $"; {reason}";
            TreeRemoval.Remove(changes);
        }
        return Copy(layers, diffIds, target, cancellation) with { Refusal = refusal };
    }

    /// <summary>Mounts it as an overlay of the kernel's.</summary>
    /// <param name="layers">Where the layers are.</param>
    /// <param name="diffIds">The image's layers, the lowest first.</param>
    /// <param name="target">An empty folder.</param>
    /// <param name="changes">A folder of its own beside it, empty, for what the container writes: <c>upper</c> and <c>work</c> are made in it.</param>
    /// <exception cref="SyscallException">The kernel refuses the mount; nothing is mounted then.</exception>
    public static void Mount(LayerStore layers, IReadOnlyList<Digest> diffIds, string target, string changes)
    {
        if (layers.HaveNamedMarks(diffIds))
            throw NamedMarks(target);
        (List<string> lowers, string upper, string work) = Prepare(layers, diffIds, changes);
        Mounts.MountOverlay(target, lowers, upper, work);
    }

    /// <summary>Copies all that the layers show together.</summary>
    /// <exception cref="SyscallException">A file could not be made; what was is still there.</exception>
    public static RootFilesystem Copy(LayerStore layers, IReadOnlyList<Digest> diffIds, string target, CancellationToken cancellation = default)
    {
        using FileDescriptor root = Files.Open(null, target, O_RDONLY | O_DIRECTORY);
        FolderOptions options = new() { Merges = true, KeepsOwner = Kernel.Call(SYS.geteuid) == 0 };
        long bytes = 0;
        foreach (Digest diffId in Enumerable.Reverse(Seen(layers, diffIds)))
        {
            LayerRecord record = layers.Read(diffId);
            using FileDescriptor layer = Files.Open(null, layers.Open(diffId), O_RDONLY | O_DIRECTORY);
            using FolderTarget merged = new(root, options);
            FolderReader.Read(layer, merged, new FolderReadOptions { Implied = layers.ImpliedFoldersOf(diffId), HasNamedMarks = record.HasNamedMarks }, cancellation);
            bytes += record.Bytes;
        }
        return new RootFilesystem(RootKind.Copy, CopiedBytes: bytes);
    }

    private static SyscallException NamedMarks(string target) =>
        new($"mount overlay on {target}: its layers were unpacked where overlayfs's marks could not be made", Errno.EINVAL);

    // By who we are, where the store is, or which kernel it is; not because something is full or broken.
    private static bool IsRefusal(int errno) => errno is Errno.EINVAL or Errno.EPERM or Errno.EACCES or Errno.ENODEV or Errno.EOPNOTSUPP or Errno.E2BIG;

    // What an overlay consists of.
    private static (List<string> Lowers, string Upper, string Work) Prepare(LayerStore layers, IReadOnlyList<Digest> diffIds, string changes)
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
        return (lowers, upper, work);
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
