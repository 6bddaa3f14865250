using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static Vessel.Images.Layers.Erofs.ErofsFormat;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers.Erofs;

/// <summary>The end of an image: folders, links counted, the superblock.</summary>
public sealed partial class ErofsTarget
{
    // In place of a node.
    private const int Self = -2, Parent = -3;

    private byte[] folderInode = new byte[BlockSize];

    /// <inheritdoc/>
    public override void Complete()
    {
        int present = MarkGone();
        (int[] starts, int[] children) = Group();
        SetPlaces(starts, children);
        WriteFolders(starts, children);
        file.End();
        int names = CorrectLinks();
        WriteFirstBlock(starts, children, present - names);
    }

    // What is in a folder that is gone is so too. A folder has a smaller number than what is in it. The count of those that are there.
    private int MarkGone()
    {
        int present = 1;
        for (int node = 1; node < names.Count; node++)
        {
            ref ErofsNames.Node each = ref names[node];
            each.IsGone |= names[each.Parent].IsGone;
            if (each.IsGone)
                continue;
            present++;
            if (each.IsDirectory)
            {
                FolderOf(each.Parent).Folders++;
                if (FolderOf(node).IsImplied && !Implied.IsFull)
                    Implied.Add(names.PathOf(node));
            }
        }
        if (FolderOf(ErofsNames.Root).IsImplied)
            Implied.Add([]);
        return present;
    }

    /// <summary>All that is in folders, folder by folder, and there sorted by the bytes of its names.</summary>
    private (int[] Starts, int[] Children) Group()
    {
        int[] starts = new int[folders.Count + 1];
        for (int node = 0; node < names.Count; node++)
            if (!names[node].IsGone)
            {
                if (node != ErofsNames.Root)
                    starts[names[names[node].Parent].Value + 1]++;
                if (names[node].IsDirectory)
                    starts[names[node].Value + 1] += 2;
            }
        for (int folder = 0; folder < folders.Count; folder++)
            starts[folder + 1] += starts[folder];
        int[] children = new int[starts[^1]], next = starts[..^1];
        for (int node = 0; node < names.Count; node++)
            if (!names[node].IsGone)
            {
                if (node != ErofsNames.Root)
                    children[next[(int)names[names[node].Parent].Value]++] = node;
                if (names[node].IsDirectory)
                {
                    children[next[(int)names[node].Value]++] = Self;
                    children[next[(int)names[node].Value]++] = Parent;
                }
            }
        for (int folder = 0; folder < folders.Count; folder++)
            children.AsSpan(starts[folder]..starts[folder + 1]).Sort((a, b) => NameIn(a).SequenceCompareTo(NameIn(b)));
        return (starts, children);
    }

    private ReadOnlySpan<byte> NameIn(int child) => child switch { Self => "."u8, Parent => ".."u8, _ => names.NameOf(child) };

    /// <summary>
    /// Says where each folder will be, before any is written: they name each other. First all whole blocks of entries, then the inodes with their
    /// attributes and last entries.
    /// </summary>
    private void SetPlaces(int[] starts, int[] children)
    {
        file.Flush();
        for (int folder = 0; folder < folders.Count; folder++)
        {
            ref ErofsFolder each = ref folders[folder];
            int tailBytes = 0;
            for (ReadOnlySpan<int> rest = ChildrenOf(folder, starts, children); !rest.IsEmpty; rest = rest[Fitting(rest, out tailBytes)..])
                each.FullBlocks++;
            each.TailBytes = tailBytes;
            _ = EncodeFolder(folder, out int length);
            // The last block is a short one behind the inode, if there is room; of the root always, if at all.
            int room = folder == 0 ? BlockSize - RootAt : BlockSize;
            if (folder == 0 && InodeSize + length > room)
                throw new Native.Safe.SyscallException("set attributes of `.`", Native.Raw.Errno.ENOSPC);
            if (each.FullBlocks > 0 && tailBytes < BlockSize && InodeSize + length + tailBytes <= room)
                each.FullBlocks--;
            else
                each.TailBytes = 0;
        }
        // Encoding may have found new attributes to share, which have their places now.
        file.Flush();
        long at = file.Position;
        for (int folder = 0; folder < folders.Count; folder++)
        {
            folders[folder].BlocksAt = at;
            at += (long)folders[folder].FullBlocks << BlockBits;
        }
        folders[0].Position = RootAt;
        for (int node = 1; node < names.Count; node++)
            if (names[node] is { IsDirectory: true, IsGone: false })
            {
                _ = EncodeFolder((int)names[node].Value, out int length);
                at = NextPlace(at, InodeSize + length + FolderOf(node).TailBytes);
                FolderOf(node).Position = at;
                at += InodeSize + length + FolderOf(node).TailBytes;
            }
    }

    private void WriteFolders(int[] starts, int[] children)
    {
        for (int folder = 0; folder < folders.Count; folder++)
        {
            ReadOnlySpan<int> rest = ChildrenOf(folder, starts, children);
            for (int block = 0; block < folders[folder].FullBlocks; block++)
            {
                WriteEntries(rest, folder, tail, out int count);
                file.Append(tail);
                rest = rest[count..];
            }
        }
        for (int node = 1; node < names.Count; node++)
            if (names[node] is { IsDirectory: true, IsGone: false })
            {
                int folder = (int)names[node].Value;
                file.AppendZeros(folders[folder].Position - file.Position);
                file.Append(FolderInode(node, starts, children));
            }
    }

    // Inode, attributes, and the entries that lie behind. Valid until the next call.
    private ReadOnlySpan<byte> FolderInode(int node, int[] starts, int[] children)
    {
        int index = (int)names[node].Value;
        ErofsFolder folder = folders[index];
        byte[] behind = EncodeFolder(index, out int behindLength);
        int length = InodeSize + behindLength + folder.TailBytes;
        if (folderInode.Length < length)
            folderInode = new byte[length];
        Span<byte> whole = folderInode.AsSpan(0, length);
        whole[..InodeSize].Clear();
        long size = ((long)folder.FullBlocks << BlockBits) + folder.TailBytes;
        ReadOnlySpan<int> rest = ChildrenOf(index, starts, children);
        for (int block = 0; block < folder.FullBlocks; block++)
        {
            int fitting = Fitting(rest, out int bytes);
            rest = rest[fitting..];
            // A last block of its own ends where its names do.
            if (rest.IsEmpty)
                size += bytes - BlockSize;
        }
        ErofsInode inode = new(S_IFDIR | folder.Mode, folder.Uid, folder.Gid, folder.Seconds, folder.Nanoseconds, size, (uint)(2 + folder.Folders));
        ErofsFormat.WriteInode(whole, inode, folder.TailBytes > 0 ? FlatInline : FlatPlain, folder.FullBlocks > 0 ? (uint)(folder.BlocksAt >> BlockBits) : 0, ++inodes, behindLength);
        behind.AsSpan(0, behindLength).CopyTo(whole[InodeSize..]);
        if (folder.TailBytes > 0)
        {
            WriteEntries(rest, index, tail, out _);
            tail.AsSpan(0, folder.TailBytes).CopyTo(whole[(InodeSize + behindLength)..]);
        }
        return whole;
    }

    // What lies in one block together does; what is larger than a block begins with one.
    private static long NextPlace(long at, int length)
    {
        at = at + InodeSlot - 1 & -InodeSlot;
        long within = at & (BlockSize - 1);
        return within + length > BlockSize && within != 0 ? at - within + BlockSize : at;
    }

    private byte[] EncodeFolder(int folder, out int length)
    {
        byte[]? bytes = attributes.Encode(ofFolders.TryGetValue(folder, out List<KeyValuePair<string, byte[]>>? own) ? own : [], out length);
        return bytes ?? throw new Native.Safe.SyscallException("set attributes of a folder", Native.Raw.Errno.ENOSPC);
    }

    private static ReadOnlySpan<int> ChildrenOf(int folder, int[] starts, int[] children) => children.AsSpan(starts[folder]..starts[folder + 1]);

    /// <summary>How many of these entries go into one block, and how many bytes of it they take.</summary>
    private int Fitting(ReadOnlySpan<int> entries, out int bytes)
    {
        int count = 0;
        bytes = 0;
        while (count < entries.Length && DirectoryEntrySize + NameIn(entries[count]).Length is var size && bytes + size <= BlockSize)
        {
            bytes += size;
            count++;
        }
        return count;
    }

    // All entries of a block, then all their names.
    private void WriteEntries(ReadOnlySpan<int> entries, int folder, Span<byte> block, out int count)
    {
        count = Fitting(entries, out _);
        block.Clear();
        int nameAt = count * DirectoryEntrySize;
        for (int i = 0; i < count; i++)
        {
            Span<byte> entry = block[(i * DirectoryEntrySize)..];
            ReadOnlySpan<byte> name = NameIn(entries[i]);
            BinaryPrimitives.WriteInt64LittleEndian(entry, NumberOf(entries[i], folder));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], (ushort)nameAt);
            entry[10] = entries[i] < 0 ? TypeOf(S_IFDIR) : names[entries[i]].Type;
            name.CopyTo(block[nameAt..]);
            nameAt += name.Length;
        }
    }

    private long NumberOf(int child, int folder) => child switch
    {
        Self => folders[folder].Position >> InodeSlotBits,
        Parent => folders[folders[folder].Above].Position >> InodeSlotBits,
        _ when names[child].IsDirectory => FolderOf(child).Position >> InodeSlotBits,
        _ => names[child].Value,
    };

    // An inode was written with one name. How many more names than inodes there are.
    private int CorrectLinks()
    {
        Dictionary<long, uint> links = [];
        for (int node = 1; node < names.Count; node++)
            if (names[node] is { IsShared: true, IsGone: false })
                CollectionsMarshal.GetValueRefOrAddDefault(links, names[node].Value, out _)++;
        int more = 0;
        Span<byte> count = stackalloc byte[sizeof(uint)];
        foreach ((long number, uint own) in links)
        {
            if (own == 1)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(count, own);
            file.WriteAt(count, (number << InodeSlotBits) + InodeLinksAt);
            more += (int)own - 1;
        }
        return more;
    }

    private void WriteFirstBlock(int[] starts, int[] children, long inodeCount)
    {
        byte[] block = new byte[BlockSize];
        FolderInode(ErofsNames.Root, starts, children).CopyTo(block.AsSpan(RootAt));
        WriteSuperBlock(block, identity, inodeCount, file.Position >> BlockBits);
        file.WriteAt(block, 0);
    }
}
