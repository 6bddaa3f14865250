using System.Text;
using Vessel.Images.Layers;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>The folders that a layer has only because something is in them, and that a layer below says more of.</summary>
/// <remarks>
/// Whoever unpacks one layer over the other leaves such a folder as it is. Layers that are unpacked by themselves, side by side, must make it: root's,
/// 0755. Overlayfs shows the topmost, so that a layer with <c>tmp/x</c> and without <c>tmp/</c> would take 01777 from <c>/tmp</c>. So on top of all
/// layers comes a folder with nothing but these folders, as the topmost layer that has an entry for them describes them.
/// </remarks>
internal sealed class InheritedFolders : IDisposable
{
    private const uint FolderMode = 0x1ed; // 0755
    private const uint PermissionBits = 0xfff;
    private const int MaximumLooks = 1_000_000;

    private readonly List<FileDescriptor> layers = [];
    private readonly List<HashSet<string>> implied = [];

    /// <param name="layers">Where the layers' files are, the topmost first.</param>
    /// <param name="implied">The paths of the folders that each implies.</param>
    public InheritedFolders(IReadOnlyList<string> layers, IReadOnlyList<IEnumerable<byte[]>> implied)
    {
        // Each of them is looked for in each layer. Images have a few dozen; where somebody has made far too many, the rest are as their layers made them.
        int left = MaximumLooks / Math.Max(layers.Count, 1);
        foreach (IEnumerable<byte[]> paths in implied)
        {
            this.implied.Add([.. paths.Take(left).Select(Encoding.Latin1.GetString)]);
            left -= this.implied[^1].Count;
        }
        // Mostly there is nothing to do.
        if (this.implied.All(paths => paths.Count == 0) && layers.Count > 1)
            layers = [layers[0]];
        foreach (string layer in layers)
            this.layers.Add(Files.Open(null, layer, O_PATH | O_DIRECTORY));
    }

    /// <summary>Makes them.</summary>
    /// <param name="folder">Where; it is made if it is needed.</param>
    /// <returns>Whether it is.</returns>
    public bool Make(string folder)
    {
        // Latin 1 keeps the order of bytes: each comes after the folder that it is in.
        List<string> paths = [.. implied.SelectMany(p => p).Where(p => p.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        SortedSet<string> wanted = new(StringComparer.Ordinal);
        string? alone = null;
        foreach (string path in paths)
        {
            // What is in a folder that only one layer has is in that layer alone as well.
            if (alone is not null && path.StartsWith(alone, StringComparison.Ordinal))
                continue;
            (int source, int top, bool isAlone) = Find(path);
            if (isAlone)
                alone = path + "/";
            if (source > top)
                wanted.Add(path);
        }
        if (wanted.Count == 0)
            return false;
        foreach (string path in wanted.ToList())
            for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
                wanted.Add(path[..slash]);
        Files.MakeDirectories(folder, FolderMode);
        using FileDescriptor root = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        foreach (string path in wanted)
            Check.Ok(Files.TryMakeDirectory(root, Terminated(path), FolderMode), "make folder", path);
        // The innermost first: to make something in a folder changes its time.
        foreach (string path in wanted.Reverse())
            using (FileDescriptor made = new((int)Check.Ok(Files.TryOpen(root, Terminated(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open", path)))
                Copy(path, made);
        return true;
    }

    /// <summary>Gives the folder that a container's changes go to what the image says of its root: overlayfs shows that one's.</summary>
    public void DescribeRoot(string upper)
    {
        for (int layer = 0; layer < layers.Count; layer++)
            if (!implied[layer].Contains(""))
            {
                using FileDescriptor made = Files.Open(null, upper, O_RDONLY | O_DIRECTORY);
                Copy(layers[layer], made);
                return;
            }
    }

    /// <inheritdoc/>
    public void Dispose() => layers.ForEach(l => l.Dispose());

    /// <summary>Which layer describes a folder, which is the topmost to have it, and whether it is known that no other has it, so far as they are seen.</summary>
    private (int Source, int Top, bool IsAlone) Find(string path)
    {
        int top = -1, count = 0;
        for (int layer = 0; layer < layers.Count; layer++)
        {
            using FileDescriptor? folder = Open(layer, path, out bool hidesBelow);
            if (folder is not null)
            {
                count++;
                top = top < 0 ? layer : top;
                if (!implied[layer].Contains(path))
                    return (layer, top, false);
            }
            if (hidesBelow)
                break;
        }
        return (top, top, count == 1);
    }

    // Part by part, as overlayfs goes: what is no folder, and what is in a folder marked as opaque, hides what the layers below have there. The mark of
    // the folder itself is about what is in it.
    private FileDescriptor? Open(int layer, string path, out bool hidesBelow)
    {
        hidesBelow = false;
        FileDescriptor current = layers[layer];
        string[] components = path.Split('/');
        for (int i = 0; i < components.Length; i++)
        {
            byte[] name = Terminated(components[i]);
            nint result = Files.TryOpen(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            if (result is -Errno.ENOTDIR or -Errno.ELOOP)
                hidesBelow = true;
            else if (result >= 0 && i < components.Length - 1)
                hidesBelow |= Files.TryGetAttribute(current, name, LayerMarks.OverlayTrusted + LayerMarks.OpaqueAttribute, new byte[8]) > 0;
            if (current != layers[layer])
                current.Dispose();
            if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
                return null;
            current = new FileDescriptor((int)Check.Ok(result, "open", path));
        }
        return current;
    }

    private void Copy(string path, FileDescriptor made)
    {
        using FileDescriptor? source = Open(Find(path).Source, path, out _);
        if (source is not null)
            Copy(source, made);
    }

    private static void Copy(FileDescriptor from, FileDescriptor to)
    {
        statx status = Files.Stat(from);
        Check.Ok(Files.TryChangeOwner(to, status.stx_uid, status.stx_gid), "change owner of", "folder");
        Check.Ok(Files.TryChangeMode(to, status.stx_mode & PermissionBits), "change mode of", "folder");
        byte[] self = ".\0"u8.ToArray(), value = new byte[1 << 16];
        foreach (string name in Files.AttributeNames(from, self))
            // best effort: a filesystem that doesn't know a family of attributes has folders without them, as when a layer is unpacked.
            if (!name.StartsWith(LayerMarks.OverlayTrusted, StringComparison.Ordinal) && Files.TryGetAttribute(from, self, name, value) is >= 0 and var size)
                Files.TrySetAttribute(to, name, value.AsSpan(0, (int)size));
        Check.Ok(Files.TrySetTimes(to, status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec), "set time of", "folder");
    }

    private static byte[] Terminated(string path) => Encoding.Latin1.GetBytes(path + "\0");
}
