using Vessel.Native.Safe;
using static Vessel.Images.Layers.Erofs.ErofsFormat;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers.Erofs;

/// <summary>Writes one layer as one erofs image, while its tar arrives. What an entry means is what it means to a <see cref="FolderTarget"/>.</summary>
/// <remarks>
/// <para>An image is made in one go. The data of a file is written where it is to stay as it arrives, its last part of a block behind the file's
/// inode. Of all that only the names are kept, with the number of each inode; folders are written at the end, when all is known that is in them.
/// The same layer gives the same bytes.</para>
/// <para>Nothing of it is seen by the kernel before it is mounted: paths and links are followed here, among the names, and never lead out.</para>
/// </remarks>
public sealed partial class ErofsTarget : LayerTarget
{
    /// <summary>How long an identity is.</summary>
    public const int IdentityBytes = 16;

    private const uint LinkMode = 0x1ff;

    private readonly ErofsFile file;
    private readonly ErofsNames names = new();
    private readonly NativeList<ErofsFolder> folders = new();
    private readonly byte[] identity;
    private readonly byte[] tail = new byte[BlockSize];
    private uint inodes;

    /// <param name="image">An empty file, to be read and written; the descriptor stays the caller's.</param>
    /// <param name="identity"><see cref="IdentityBytes"/> bytes that tell the layer from others: the image's UUID.</param>
    public ErofsTarget(FileDescriptor image, ReadOnlySpan<byte> identity)
    {
        this.identity = identity.ToArray();
        file = new ErofsFile(image);
        attributes = new ErofsAttributes(file);
        names[ErofsNames.Root].Type = TypeOf(S_IFDIR);
        names[ErofsNames.Root].Value = folders.Add(new ErofsFolder { Mode = MissingFolderMode, IsImplied = true });
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // The image itself is the caller's.
        names.Dispose();
        folders.Dispose();
    }

    private protected override void AddFile(LayerEntry entry, ILayerData data)
    {
        int folder = Enter(entry.Folder);
        RemoveNamed(folder, entry.Name);
        uint mode = S_IFREG | entry.Mode;
        byte[] behind = Encode(entry, ref mode, out int behindLength);
        long start = file.Position;
        int tailLength = entry.Sparse is null ? WriteData(entry, data, InodeSize + behindLength) : WriteSparse(entry, data);
        ErofsInode inode = Describe(entry, mode, entry.Size);
        uint place = file.Position == start ? 0 : (uint)(start >> BlockBits);
        long number = WriteInode(inode, tailLength > 0 ? FlatInline : FlatPlain, place, behind.AsSpan(0, behindLength), tail.AsSpan(0, tailLength));
        Name(folder, entry, S_IFREG, number);
    }

    /// <summary>Writes a file's data up to its last whole block.</summary>
    /// <returns>How much is left in <see cref="tail"/>, to be put behind the inode. Where there is no room for it it is written as well.</returns>
    private int WriteData(LayerEntry entry, ILayerData data, int inodeLength)
    {
        long whole = entry.Size & -BlockSize;
        int tailLength = 0;
        ReadOnlySpan<byte> piece;
        while (!(piece = data.BorrowData()).IsEmpty)
        {
            int count = (int)Math.Min(whole, piece.Length);
            file.Append(piece[..count]);
            whole -= count;
            piece[count..].CopyTo(tail.AsSpan(tailLength));
            tailLength += piece.Length - count;
        }
        if (inodeLength + tailLength <= BlockSize)
            return tailLength;
        file.Append(tail.AsSpan(0, tailLength));
        file.FillBlock();
        return 0;
    }

    // What is in no segment is a hole in the image as well, so that no other form of data is needed for it.
    private int WriteSparse(LayerEntry entry, ILayerData data)
    {
        long at = 0;
        foreach (SparseSegment segment in entry.Sparse!)
        {
            file.AppendZeros(segment.Offset - at);
            for (long left = segment.Length; left > 0;)
            {
                ReadOnlySpan<byte> piece = data.BorrowData((int)Math.Min(left, int.MaxValue));
                if (piece.IsEmpty)
                    throw new LayerException(entry.Path.Span, "less data than its sparse map says");
                file.Append(piece);
                left -= piece.Length;
            }
            at = segment.Offset + segment.Length;
        }
        file.AppendZeros(entry.Size - at);
        file.FillBlock();
        return 0;
    }

    private protected override void AddDirectory(LayerEntry entry)
    {
        if (entry.Path.IsEmpty)
        {
            Describe(ErofsNames.Root, entry);
            return;
        }
        int parent = Enter(entry.Folder);
        int node = names.Find(parent, entry.Name);
        bool replaces = false;
        if (node == ErofsNames.None || !names[node].IsDirectory)
        {
            replaces = node != ErofsNames.None;
            if (replaces)
                Remove(node);
            node = AddFolder(parent, entry.Name, default);
        }
        Describe(node, entry);
        // What is in it is not to be seen together with what a layer below has: that went with what this layer had in its place before.
        if (replaces)
            SetOpaque(node);
    }

    private void Describe(int node, LayerEntry entry)
    {
        uint mode = entry.Mode;
        Keep((int)names[node].Value, entry, ref mode);
        ref ErofsFolder folder = ref FolderOf(node);
        (folder.Mode, folder.Uid, folder.Gid, folder.Seconds, folder.Nanoseconds) = (mode, entry.Uid, entry.Gid, entry.Seconds, entry.Nanoseconds);
        folder.IsImplied = false;
    }

    private protected override void AddSymbolicLink(LayerEntry entry)
    {
        int folder = Enter(entry.Folder);
        RemoveNamed(folder, entry.Name);
        uint mode = S_IFLNK | LinkMode;
        byte[] behind = Encode(entry, ref mode, out int behindLength);
        ReadOnlySpan<byte> text = entry.LinkTarget.Span, inline = text;
        long start = file.Position;
        if (InodeSize + behindLength + text.Length > BlockSize)
        {
            file.Append(text);
            file.FillBlock();
            inline = default;
        }
        ErofsInode inode = Describe(entry, mode, text.Length);
        long number = WriteInode(inode, inline.IsEmpty ? FlatPlain : FlatInline, inline.IsEmpty ? (uint)(start >> BlockBits) : 0, behind.AsSpan(0, behindLength), inline);
        names[Name(folder, entry, S_IFLNK, number)].IsLink = true;
    }

    private protected override void AddNode(LayerEntry entry, uint type)
    {
        int folder = Enter(entry.Folder);
        RemoveNamed(folder, entry.Name);
        uint mode = type | entry.Mode;
        byte[] behind = Encode(entry, ref mode, out int behindLength);
        uint device = (entry.DeviceMinor & 0xff) | (entry.DeviceMajor << 8) | ((entry.DeviceMinor & ~0xffu) << 12);
        Name(folder, entry, type, WriteInode(Describe(entry, mode, 0), FlatPlain, device, behind.AsSpan(0, behindLength), default));
    }

    private protected override void AddHardLink(LayerEntry entry)
    {
        int folder = Enter(entry.Folder);
        ReadOnlySpan<byte> target = entry.LinkTarget.Span;
        int existing = names.Find(EnterExisting(entry, LayerPath.Folder(target)), LayerPath.Name(target));
        if (existing == ErofsNames.None || names[existing].IsWhiteout)
            throw NotInLayer(entry);
        if (names[existing].IsDirectory)
            throw new LayerException(entry.Path.Span, $"a hard link to a directory, {LayerText.Quote(target)}");
        int there = names.Find(folder, entry.Name);
        if (there != ErofsNames.None)
        {
            if (!names[there].IsDirectory && names[there].Value == names[existing].Value)
                return;
            // A folder that is in the way may have the target in it, which then is gone too.
            Remove(there);
            if (!names.IsThere(existing))
                throw NotInLayer(entry);
        }
        names[existing].IsShared = true;
        names.Add(folder, entry.Name, names[existing]);
    }

    // Layers are about those below: what this layer itself has under the name stays (image-spec, "Whiteouts").
    private protected override void AddWhiteout(LayerEntry entry)
    {
        int folder = Enter(entry.Folder);
        int there = names.Find(folder, entry.Name);
        if (there == ErofsNames.None)
            names[Name(folder, entry, S_IFCHR, WriteInode(Describe(entry, S_IFCHR, 0), FlatPlain, 0, default, default))].IsWhiteout = true;
        else if (names[there].IsDirectory)
            SetOpaque(there);
    }

    private protected override void AddOpaqueMark(ReadOnlySpan<byte> folder) => SetOpaque(Enter(folder));

    private protected override void Remove(LayerEntry entry) => RemoveNamed(ErofsNames.Root, entry.Name);

    private static ErofsInode Describe(LayerEntry entry, uint mode, long size) => new(mode, entry.Uid, entry.Gid, entry.Seconds, entry.Nanoseconds, size);

    /// <summary>Writes an inode with its attributes and, where it has one, the tail of its data.</summary>
    /// <returns>Its number.</returns>
    private long WriteInode(in ErofsInode inode, int layout, uint place, ReadOnlySpan<byte> behind, ReadOnlySpan<byte> inline)
    {
        int length = InodeSize + behind.Length + inline.Length;
        long position;
        if (length <= BlockSize)
        {
            Span<byte> room = file.Place(length, InodeSlot, out position);
            ErofsFormat.WriteInode(room, inode, layout, place, ++inodes, behind.Length);
            behind.CopyTo(room[InodeSize..]);
            inline.CopyTo(room[(InodeSize + behind.Length)..]);
        }
        else
        {
            // With so many attributes it has blocks of its own. Never with a tail, which must lie within one block.
            Span<byte> room = stackalloc byte[InodeSize];
            room.Clear();
            position = file.Position;
            ErofsFormat.WriteInode(room, inode, layout, place, ++inodes, behind.Length);
            file.Append(room);
            file.Append(behind);
            file.FillBlock();
        }
        return position >> InodeSlotBits;
    }

    private int Name(int folder, LayerEntry entry, uint type, long number) => names.Add(folder, entry.Name, new ErofsNames.Node { Type = TypeOf(type), Value = number });

    private int AddFolder(int parent, ReadOnlySpan<byte> name, in ErofsFolder folder)
    {
        if (folders.Count >= MaximumFolders)
            throw new LayerException($"more than {MaximumFolders} folders");
        int index = folders.Add(folder);
        folders[index].Above = (int)names[parent].Value;
        return names.Add(parent, name, new ErofsNames.Node { Type = TypeOf(S_IFDIR), IsDirectory = true, Value = index });
    }

    private ref ErofsFolder FolderOf(int node) => ref folders[(int)names[node].Value];

    private void RemoveNamed(int folder, ReadOnlySpan<byte> name)
    {
        int node = names.Find(folder, name);
        if (node != ErofsNames.None)
            Remove(node);
    }

    private void Remove(int node)
    {
        names.Remove(node);
        enteredPath = null;
    }
}
