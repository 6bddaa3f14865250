using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>
/// Reads a folder in overlayfs's form, a container's changes or an unpacked layer, as the entries of a layer: what <see cref="FolderTarget"/> does, the
/// other way round.
/// </summary>
/// <remarks>
/// <para>The same folder gives the same entries in the same order: a folder before what is in it, names by their bytes, and of a file with several
/// names the first as the file. A mark comes before what could hide it.</para>
/// <para>A container may still be writing: all is read by descriptors, nothing is followed, what is gone when it is looked at is left out, and a file
/// has the length that it had when it was opened. Sockets are left out: they are of processes.</para>
/// </remarks>
public sealed class FolderReader : ILayerData
{
    private const int BufferSize = 1 << 17, AttributeSize = 1 << 16;
    private const uint PermissionBits = 0xfff;
    private const int BytesPerBlock = 512;
    private const int MaximumPathBytes = 4096, MaximumSegments = 1 << 20;
    private const int SeekData = 3, SeekHole = 4;

    private readonly ILayerTarget target;
    private readonly FolderReadOptions options;
    private readonly CancellationToken cancellation;
    private readonly string overlay;
    private readonly HashSet<byte[]> implied;
    private readonly Dictionary<(uint, uint, ulong), byte[]> named = [];
    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize), attributeValue = new byte[AttributeSize];
    private readonly List<byte[]> part = [];

    private FileDescriptor? file;
    private IReadOnlyList<SparseSegment> segments = [];
    private int segment;
    private long position;

    private FolderReader(ILayerTarget target, FolderReadOptions options, CancellationToken cancellation)
    {
        (this.target, this.options, this.cancellation) = (target, options, cancellation);
        implied = new(options.Implied, BytesComparer.Instance);
        overlay = options.UsesUserAttributes ? LayerMarks.OverlayUser : LayerMarks.OverlayTrusted;
    }

    /// <summary>Gives all that is in <paramref name="folder"/> to <paramref name="target"/>, and completes it.</summary>
    /// <exception cref="LayerException">The folder has what no layer can say: a path of more than 4096 bytes, what overlayfs moved without its files.</exception>
    /// <exception cref="SyscallException">The kernel lets us not read it.</exception>
    public static void Read(FileDescriptor folder, ILayerTarget target, FolderReadOptions options, CancellationToken cancellation)
    {
        FolderReader reader = new(target, options, cancellation);
        reader.ReadRoot(folder);
        target.Complete();
    }

    ReadOnlySpan<byte> ILayerData.BorrowData(int maximum)
    {
        while (segment < segments.Count && position == segments[segment].Offset + segments[segment].Length)
            if (++segment < segments.Count)
                position = segments[segment].Offset;
        if (segment == segments.Count)
            return default;
        cancellation.ThrowIfCancellationRequested();
        long left = segments[segment].Offset + segments[segment].Length - position;
        Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(Math.Min(left, maximum), BufferSize));
        int count = (int)Check.Ok(Files.TryReadAt(file!, piece, position), "read", "file");
        // It was cut short meanwhile: the entry has said how long it is.
        if (count == 0)
            piece.Clear();
        else
            piece = piece[..count];
        position += piece.Length;
        return piece;
    }

    private void ReadRoot(FileDescriptor folder)
    {
        Stack<Level> levels = new();
        try
        {
            levels.Push(Enter(Files.Open(folder, ".", O_RDONLY | O_DIRECTORY), folder, ".\0"u8.ToArray(), []));
            while (levels.TryPeek(out Level? level))
            {
                cancellation.ThrowIfCancellationRequested();
                if (level.Next == level.Names.Count)
                    levels.Pop().Folder.Dispose();
                else if (Visit(level, level.Names[level.Next++]) is { } inner)
                    levels.Push(inner);
            }
        }
        finally
        {
            foreach (Level level in levels)
                level.Folder.Dispose();
        }
    }

    // A folder's own entry, its mark, and the names in it. The descriptor is the level's from here on.
    private Level Enter(FileDescriptor folder, FileDescriptor parent, byte[] name, byte[] path, bool isReplaced = false)
    {
        try
        {
            statx status = Files.Stat(folder);
            bool isImplied = implied.Contains(path);
            List<KeyValuePair<string, byte[]>> attributes = AttributesOf(parent, name, path, out bool isOpaque);
            isOpaque |= isReplaced;
            if (!(isImplied && path.Length == 0))
                target.Add(Describe(path, LayerEntryKind.Directory, status, attributes, isImplied: isImplied), this);
            List<byte[]> names = [];
            while (Files.ListNext(folder, part))
                names.AddRange(part);
            if (options.HasNamedMarks)
                isOpaque |= names.RemoveAll(n => LayerMarks.Opaque.SequenceEqual(n.AsSpan()[..^1])) > 0;
            if (isOpaque)
                target.Add(new LayerEntry { Path = path, Kind = LayerEntryKind.OpaqueMark, Seconds = status.stx_mtime.tv_sec, Nanoseconds = status.stx_mtime.tv_nsec }, this);
            names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
            return new Level(folder, path, names) { Replaced = options.HasNamedMarks ? TakeReplaced(names) : [] };
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    // A mark that the layer has something to put in its place for: nothing of what was there is to be seen in that.
    private static HashSet<byte[]> TakeReplaced(List<byte[]> names)
    {
        HashSet<byte[]> replaced = new(BytesComparer.Instance), there = new(names, BytesComparer.Instance);
        names.RemoveAll(n => n.AsSpan().StartsWith(LayerMarks.Whiteout) && n[LayerMarks.Whiteout.Length..] is var hidden && there.Contains(hidden) && replaced.Add(hidden));
        return replaced;
    }

    private Level? Visit(Level level, byte[] name)
    {
        if (!IsThere(Files.TryStat(level.Folder, name, out statx status), level, name))
            return null;
        byte[] path = LayerPath.Below(level.Path, name.AsSpan()[..^1]);
        if (path.Length > MaximumPathBytes)
            throw new LayerException(path, $"a path of more than {MaximumPathBytes} bytes, which no layer may have");
        if (name.AsSpan().StartsWith(LayerMarks.Whiteout))
        {
            if (options.HasNamedMarks)
                target.Add(Describe(LayerPath.Below(level.Path, name.AsSpan()[LayerMarks.Whiteout.Length..^1]), LayerEntryKind.Whiteout, status), this);
            return null;
        }
        switch (status.stx_mode & S_IFMT)
        {
            case S_IFDIR:
                nint opened = Files.TryOpen(level.Folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
                return IsThere(opened, level, name) ? Enter(new FileDescriptor((int)opened), level.Folder, name, path, level.Replaced.Contains(name)) : null;
            case S_IFREG:
                ReadFile(level, name, path, status);
                break;
            case S_IFLNK:
                byte[] text = new byte[4097];
                nint length = Files.TryReadLink(level.Folder, name, text);
                if (IsThere(length, level, name))
                    Add(level, name, path, LayerEntryKind.SymbolicLink, status, text.AsMemory(0, (int)length));
                break;
            case S_IFCHR when status is { stx_rdev_major: 0, stx_rdev_minor: 0 }:
                target.Add(Describe(path, LayerEntryKind.Whiteout, status), this);
                break;
            case S_IFCHR:
                Add(level, name, path, LayerEntryKind.CharacterDevice, status);
                break;
            case S_IFBLK:
                Add(level, name, path, LayerEntryKind.BlockDevice, status);
                break;
            case S_IFIFO:
                Add(level, name, path, LayerEntryKind.Fifo, status);
                break;
        }
        return null;
    }

    private void ReadFile(Level level, byte[] name, byte[] path, in statx before)
    {
        if (AddLink(path, before))
            return;
        nint opened = Files.TryOpen(level.Folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!IsThere(opened, level, name))
            return;
        using FileDescriptor data = new((int)opened);
        statx status = Files.Stat(data);
        if ((status.stx_mode & S_IFMT) != S_IFREG)
            return;
        List<KeyValuePair<string, byte[]>> attributes = AttributesOf(level.Folder, name, path, out _);
        List<SparseSegment>? sparse = (long)status.stx_blocks * BytesPerBlock < (long)status.stx_size ? SegmentsOf(data, (long)status.stx_size) : null;
        (file, segments, segment) = (data, sparse ?? [new SparseSegment(0, (long)status.stx_size)], 0);
        position = segments.Count > 0 ? segments[0].Offset : 0;
        target.Add(Describe(path, LayerEntryKind.File, status, attributes, size: (long)status.stx_size, sparse: sparse), this);
        (file, segments) = (null, []);
    }

    private void Add(Level level, byte[] name, byte[] path, LayerEntryKind kind, in statx status, ReadOnlyMemory<byte> link = default)
    {
        if (!AddLink(path, status))
            target.Add(Describe(path, kind, status, AttributesOf(level.Folder, name, path, out _), link), this);
    }

    // Another name of what came before.
    private bool AddLink(byte[] path, in statx status)
    {
        if (status.stx_nlink < 2)
            return false;
        (uint, uint, ulong) inode = (status.stx_dev_major, status.stx_dev_minor, status.stx_ino);
        if (named.TryAdd(inode, path))
            return false;
        target.Add(new LayerEntry { Path = path, Kind = LayerEntryKind.HardLink, LinkTarget = named[inode] }, this);
        return true;
    }

    private static LayerEntry Describe(
        byte[] path, LayerEntryKind kind, in statx status, IReadOnlyList<KeyValuePair<string, byte[]>>? attributes = null, ReadOnlyMemory<byte> link = default, long size = 0,
        IReadOnlyList<SparseSegment>? sparse = null, bool isImplied = false)
    {
        bool isMark = kind == LayerEntryKind.Whiteout;
        return new LayerEntry
        {
            Path = path,
            Kind = kind,
            Mode = isMark ? 0 : status.stx_mode & PermissionBits,
            Uid = isMark ? 0 : status.stx_uid,
            Gid = isMark ? 0 : status.stx_gid,
            Seconds = status.stx_mtime.tv_sec,
            Nanoseconds = status.stx_mtime.tv_nsec,
            LinkTarget = link,
            DeviceMajor = isMark ? 0 : status.stx_rdev_major,
            DeviceMinor = isMark ? 0 : status.stx_rdev_minor,
            Size = size,
            ExtendedAttributes = attributes ?? [],
            IsImplied = isImplied,
            Sparse = sparse,
        };
    }

    private List<KeyValuePair<string, byte[]>> AttributesOf(FileDescriptor folder, byte[] name, byte[] path, out bool isOpaque)
    {
        isOpaque = false;
        List<KeyValuePair<string, byte[]>> attributes = [];
        foreach (string attribute in Files.AttributeNames(folder, name))
        {
            nint size = Files.TryGetAttribute(folder, name, attribute, attributeValue);
            if (size < 0)
                continue;
            if (attribute == overlay + LayerMarks.OpaqueAttribute)
                isOpaque = size == 1 && attributeValue[0] == 'y';
            else if (attribute == overlay + "redirect" || attribute == overlay + "metacopy")
                throw new LayerException(path, $"overlayfs keeps only a part of it here ({attribute}): its mount had redirect_dir or metacopy");
            if (!LayerMarks.IsForeign(attribute))
                attributes.Add(new(attribute, attributeValue[..(int)size]));
        }
        attributes.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return attributes;
    }

    // Null where there are so many that it is no hole any more.
    private static List<SparseSegment>? SegmentsOf(FileDescriptor data, long size)
    {
        List<SparseSegment> found = [];
        for (long at = 0; at < size;)
        {
            nint start = Files.TrySeek(data, at, SeekData);
            if (start == -Errno.ENXIO)
                break;
            nint end = start < 0 ? start : Files.TrySeek(data, start, SeekHole);
            if (end < 0 || found.Count == MaximumSegments)
                return null;
            if (start < size)
                found.Add(new SparseSegment(start, Math.Min(end, size) - start));
            at = end;
        }
        return found;
    }

    // Whatever is gone, or has become something else, was not there.
    private static bool IsThere(nint result, Level level, byte[] name)
    {
        if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP or -Errno.EINVAL)
            return false;
        if (result < 0)
            throw new SyscallException($"read {LayerText.Quote(LayerPath.Below(level.Path, name.AsSpan()[..^1]))}", (int)-result);
        return true;
    }

    private sealed class Level(FileDescriptor folder, byte[] path, List<byte[]> names)
    {
        public FileDescriptor Folder { get; } = folder;

        public byte[] Path { get; } = path;

        public List<byte[]> Names { get; } = names;

        /// <summary>Names that a mark takes away below, and that are here as well.</summary>
        public HashSet<byte[]> Replaced { get; init; } = [];

        public int Next { get; set; }
    }
}
