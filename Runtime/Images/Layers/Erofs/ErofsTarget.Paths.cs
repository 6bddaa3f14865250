using System.Buffers.Binary;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Images.Layers.Erofs.ErofsFormat;

namespace Vessel.Images.Layers.Erofs;

/// <summary>Paths: the way to where an entry belongs, by names and the layer's own links.</summary>
public sealed partial class ErofsTarget
{
    private const int MaximumFolders = 1_000_000;
    private const int MaximumName = 255;

    // Entries come folder by folder.
    private byte[]? enteredPath;
    private int entered;

    /// <summary>The folder of this path, made with all above it where it is missing.</summary>
    private int Enter(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return ErofsNames.Root;
        if (path.SequenceEqual(enteredPath))
            return entered;
        int node = ErofsNames.Root;
        for (int at = 0; at < path.Length;)
        {
            int slash = path[at..].IndexOf((byte)'/');
            int end = slash < 0 ? path.Length : at + slash;
            int next = names.Find(node, path[at..end]);
            if (next == ErofsNames.None || !names[next].IsDirectory)
            {
                next = Step(node, path[at..end], path, makes: true, null);
                if (names[next].IsLink)
                    return Walk(path, makes: true, null);
            }
            node = next;
            at = end + 1;
        }
        (enteredPath, entered) = (path.ToArray(), node);
        return node;
    }

    /// <summary>The folder of a hard link's file.</summary>
    private int EnterExisting(LayerEntry linked, ReadOnlySpan<byte> path)
    {
        int node = ErofsNames.Root;
        for (int at = 0; at < path.Length;)
        {
            int slash = path[at..].IndexOf((byte)'/');
            int end = slash < 0 ? path.Length : at + slash;
            node = names.Find(node, path[at..end]);
            if (node == ErofsNames.None || !names[node].IsDirectory)
                return Walk(path, makes: false, linked);
            at = end + 1;
        }
        return node;
    }

    // One part of a path: a folder, or a symbolic link.
    private int Step(int from, ReadOnlySpan<byte> component, ReadOnlySpan<byte> whole, bool makes, LayerEntry? linked)
    {
        CountStep(whole);
        if (component.Length > MaximumName)
            throw new SyscallException($"open folder {LayerText.Quote(whole)}", Errno.ENAMETOOLONG);
        int node = names.Find(from, component);
        if (node == ErofsNames.None && makes)
            return AddFolder(from, component, new ErofsFolder { Mode = MissingFolderMode, IsImplied = true });
        if (node == ErofsNames.None)
            throw NotInLayer(linked!);
        if (names[node].IsDirectory || names[node].IsLink)
            return node;
        if (!names[node].IsWhiteout || !makes)
            throw LeadsThroughNoDirectory(whole, linked);
        // Taken away below, and made anew: nothing of what was there is to be seen in it.
        Remove(node);
        node = AddFolder(from, component, new ErofsFolder { Mode = MissingFolderMode, IsImplied = true });
        SetOpaque(node);
        return node;
    }

    /// <summary>
    /// Walks a path that has symbolic links in it: the text of each goes on from where it is or, where it is absolute, from the layer's root. A
    /// <c>..</c> at the root stays there.
    /// </summary>
    private int Walk(ReadOnlySpan<byte> path, bool makes, LayerEntry? linked)
    {
        byte[] left = path.ToArray();
        int at = 0, links = 0;
        int node = ErofsNames.Root;
        while (at < left.Length)
        {
            int slash = left.AsSpan(at).IndexOf((byte)'/');
            int end = slash < 0 ? left.Length : at + slash;
            ReadOnlySpan<byte> component = left.AsSpan(at, end - at);
            at = Math.Min(end + 1, left.Length);
            if (component.IsEmpty || component is [(byte)'.'])
                continue;
            if (component is [(byte)'.', (byte)'.'])
            {
                CountStep(path);
                node = names[node].Parent;
                continue;
            }
            int next = Step(node, component, path, makes, linked);
            if (!names[next].IsLink)
            {
                node = next;
                continue;
            }
            if (++links > MaximumLinks)
                throw TooManyLinks(path, linked);
            byte[] text = ReadLink(names[next].Value);
            if (text[0] == '/')
                node = ErofsNames.Root;
            left = [.. text, (byte)'/', .. left.AsSpan(at)];
            at = 0;
        }
        return node;
    }

    // Texts of links are not kept, only where they are.
    private byte[] ReadLink(long number)
    {
        long position = number << InodeSlotBits;
        Span<byte> inode = stackalloc byte[InodeSize];
        file.ReadAt(inode, position);
        byte[] text = new byte[BinaryPrimitives.ReadInt64LittleEndian(inode[InodeSizeAt..])];
        uint block = BinaryPrimitives.ReadUInt32LittleEndian(inode[InodeUnionAt..]);
        file.ReadAt(text, block == 0 ? position + InodeSize + AttributeBytesOf(inode) : (long)block << BlockBits);
        return text;
    }
}
