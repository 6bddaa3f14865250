using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>Writes one layer into a folder of its own, as overlayfs wants it: a whiteout is a character device 0:0, an opaque directory has an attribute.</summary>
/// <remarks>
/// <para>The folder is empty, and nobody else can get at it until <see cref="Complete"/> returned: the caller keeps it beneath a folder of mode 0700.
/// All calls are relative to descriptors of folders inside; no symbolic link is followed by the kernel, in any part of any path. A path that leads
/// through a link which the layer itself made goes on inside the folder, as if that were the root (<see cref="Enter"/>).</para>
/// </remarks>
public sealed partial class FolderTarget : LayerTarget
{
    private const uint PermissionBits = 0x1ff, SetIdBits = 0xc00, StickyBit = 0x200;
    private const uint OwnersBits = 0x1c0;

    private readonly FolderOptions options;
    private readonly uint umask;
    private readonly uint ourUid, ourGid;
    private readonly NameBuffer name = new(), other = new(), part = new();

    /// <param name="folder">The empty folder; the descriptor stays the caller's.</param>
    /// <param name="options">How; null for root's way.</param>
    /// <param name="features">What the kernel has; null asks it.</param>
    public FolderTarget(FileDescriptor folder, FolderOptions? options = null, KernelFeatures? features = null)
    {
        this.options = options ?? new();
        hasOpenAt2 = (features ?? KernelFeatures.Probe()).OpenAt2;
        umask = ReadUmask();
        ourUid = (uint)Kernel.Call(SYS.geteuid);
        ourGid = (uint)Kernel.Call(SYS.getegid);
        levels.Add(Existing(Files.Open(folder, ".", O_RDONLY | O_DIRECTORY), 0));
        if (this.options.Merges)
            return;
        // Until an entry says otherwise.
        Implied.Add([]);
        (levels[0].Seconds, levels[0].Nanoseconds, levels[0].IsChanged) = (0, 0, true);
    }

    /// <inheritdoc/>
    public override void Add(LayerEntry entry, ILayerData data)
    {
        base.Add(entry, data);
        LeaveGuest();
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        SetInheritedLists();
        LeaveFrom(0);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        guest?.Folder.Dispose();
        levels.ForEach(level => level.Folder.Dispose());
        levels.Clear();
    }

    private protected override void AddFile(LayerEntry entry, ILayerData data)
    {
        Level folder = Enter(entry.Folder);
        name.Set(entry.Name);
        uint mode = Allowed(entry.Mode);
        const int Flags = O_WRONLY | O_CREAT | O_EXCL;
        folder.IsChanged = true;
        nint result = Files.TryOpen(folder.Folder, name.Terminated, Flags | O_NOFOLLOW, mode & PermissionBits);
        if (result == -Errno.EEXIST)
        {
            Remove(folder, entry);
            result = Files.TryOpen(folder.Folder, name.Terminated, Flags | O_NOFOLLOW, mode & PermissionBits);
        }
        Ok(result, "make file", entry);
        using FileDescriptor file = new((int)result);
        if (entry.Sparse is null)
            Write(file, entry, data);
        else
            WriteSparse(file, entry, data);
        if (NeedsOwner(entry, folder))
            Ok(Files.TryChangeOwner(file, entry.Uid, entry.Gid), "change owner of", entry);
        // A change of owner takes the setuid bits away, so the mode comes later; a change of data takes capabilities away, so they come last.
        if ((mode & ~PermissionBits) != 0 || (mode & umask) != 0)
            Ok(Files.TryChangeMode(file, mode), "change mode of", entry);
        SetAttributes(file, entry);
        Ok(Files.TrySetTimes(file, entry.Seconds, entry.Nanoseconds), "set time of", entry);
    }

    private static void Write(FileDescriptor file, LayerEntry entry, ILayerData data)
    {
        ReadOnlySpan<byte> piece;
        while (!(piece = data.BorrowData()).IsEmpty)
            do
                piece = piece[(int)Ok(Files.TryWrite(file, piece), "write", entry)..];
            while (!piece.IsEmpty);
    }

    private static void WriteSparse(FileDescriptor file, LayerEntry entry, ILayerData data)
    {
        foreach (SparseSegment segment in entry.Sparse!)
            for (long done = 0; done < segment.Length;)
            {
                ReadOnlySpan<byte> piece = data.BorrowData((int)Math.Min(segment.Length - done, int.MaxValue));
                if (piece.IsEmpty)
                    throw new LayerException(entry.Path.Span, "less data than its sparse map says");
                while (!piece.IsEmpty)
                {
                    int written = (int)Ok(Files.TryWriteAt(file, piece, segment.Offset + done), "write", entry);
                    piece = piece[written..];
                    done += written;
                }
            }
        Ok(Files.TrySetLength(file, entry.Size), "set length of", entry);
    }

    private protected override void AddDirectory(LayerEntry entry)
    {
        if (entry.Path.IsEmpty)
        {
            LeaveFrom(1);
            Implied.Remove([]);
            Describe(levels[0], entry, isNew: false, parent: null);
            return;
        }
        Level parent = Enter(entry.Folder);
        name.Set(entry.Name);
        uint mode = (entry.Mode | OwnersBits) & PermissionBits;
        bool isNew = true, replaces = false;
        nint result = Files.TryMakeDirectory(parent.Folder, name.Terminated, mode);
        if (result == -Errno.EEXIST)
        {
            Ok(Files.TryStat(parent.Folder, name.Terminated, out statx status), "stat", entry);
            isNew = (status.stx_mode & S_IFMT) != S_IFDIR;
            result = 0;
            if (isNew)
            {
                replaces = true;
                Remove(parent, entry);
                result = Files.TryMakeDirectory(parent.Folder, name.Terminated, mode);
            }
        }
        Ok(result, "make folder", entry);
        parent.IsChanged |= isNew;
        result = Ok(Files.TryOpen(parent.Folder, name.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open", entry);
        bool stays = entry.IsImplied && !isNew;
        Level level = stays ? Existing(new FileDescriptor((int)result), entry.Path.Length) : new(new FileDescriptor((int)result), entry.Path.Length);
        bool isOnStack = parent != guest;
        Implied.Remove(isOnStack ? entry.Path.Span : LayerPath.Below(parent.Place, entry.Name));
        if (isOnStack)
            Push(level, entry.Path.Span);
        try
        {
            if (!stays)
                Describe(level, entry, isNew, parent);
            // What is in it is not to be seen together with what a layer below has: that went with what this layer had in its place before.
            if (replaces && !options.Merges)
                SetOpaque(level.Folder, entry.Path.Span);
            if (!isOnStack)
                Leave(level);
        }
        finally
        {
            if (!isOnStack)
                level.Folder.Dispose();
        }
    }

    // What can be set now is; the rest when the folder is left: to write into it changes its time, and its mode may forbid it to us.
    private void Describe(Level level, LayerEntry entry, bool isNew, Level? parent)
    {
        uint mode = Allowed(entry.Mode);
        if (options.KeepsOwner && (!isNew || NeedsOwner(entry, parent!)))
            Ok(Files.TryChangeOwner(level.Folder, entry.Uid, entry.Gid), "change owner of", entry);
        Ok(Files.TryChangeMode(level.Folder, mode | OwnersBits), "change mode of", entry);
        level.FinalMode = (mode & OwnersBits) == OwnersBits ? null : mode;
        level.Gid = options.KeepsOwner ? entry.Gid : ourGid;
        level.Seconds = entry.Seconds;
        level.Nanoseconds = entry.Nanoseconds;
        level.IsChanged = true;
        if (options.Merges && !isNew)
            RemoveOtherAttributes(level.Folder, entry);
        SetAttributes(level.Folder, entry);
    }

    private protected override void AddSymbolicLink(LayerEntry entry)
    {
        Level folder = Enter(entry.Folder);
        name.Set(entry.Name);
        other.Set(entry.LinkTarget.Span);
        folder.IsChanged = true;
        nint result = Files.TryMakeLink(other.Terminated, folder.Folder, name.Terminated);
        if (result == -Errno.EEXIST)
        {
            Remove(folder, entry);
            result = Files.TryMakeLink(other.Terminated, folder.Folder, name.Terminated);
        }
        Ok(result, "make link", entry);
        // The mode of a link is always the same, and to set it would change what it leads to (CVE-2021-32760).
        DescribeName(folder, entry, mode: null);
    }

    private protected override void AddNode(LayerEntry entry, uint type)
    {
        Level folder = Enter(entry.Folder);
        name.Set(entry.Name);
        uint mode = Allowed(entry.Mode);
        folder.IsChanged = true;
        nint result = MakeNode(folder, type | mode & PermissionBits, entry);
        if (result == -Errno.EEXIST)
        {
            Remove(folder, entry);
            result = MakeNode(folder, type | mode & PermissionBits, entry);
        }
        if (result == -Errno.EPERM && options.SkipsRefused)
        {
            leftOut.Add(entry, "no device may be made here");
            return;
        }
        if (result == -Errno.EPERM)
            throw new LayerException(entry.Path.Span, "the kernel lets us make no devices here", new SyscallException("mknod", Errno.EPERM));
        Ok(result, "make node", entry);
        DescribeName(folder, entry, mode);
    }

    private nint MakeNode(Level folder, uint mode, LayerEntry entry) =>
        Files.TryMakeNode(folder.Folder, name.Terminated, mode, (entry.DeviceMinor & 0xff) | (entry.DeviceMajor << 8) | ((entry.DeviceMinor & ~0xffu) << 12));

    private void DescribeName(Level folder, LayerEntry entry, uint? mode)
    {
        if (NeedsOwner(entry, folder))
            Ok(Files.TryChangeOwner(folder.Folder, name.Terminated, entry.Uid, entry.Gid), "change owner of", entry);
        if (mode is { } m)
            Ok(Files.TryChangeMode(folder.Folder, name.Terminated, m), "change mode of", entry);
        foreach (KeyValuePair<string, byte[]> attribute in entry.ExtendedAttributes)
            Accept(Files.TrySetAttribute(folder.Folder, name.Terminated, attribute.Key, attribute.Value), attribute.Key, entry);
        Ok(Files.TrySetTimes(folder.Folder, name.Terminated, entry.Seconds, entry.Nanoseconds), "set time of", entry);
    }

    private protected override void AddHardLink(LayerEntry entry)
    {
        Level folder = Enter(entry.Folder);
        ReadOnlySpan<byte> target = entry.LinkTarget.Span;
        bool isNeighbour = folder != guest && LayerPath.Folder(target).SequenceEqual(entry.Folder);
        FileDescriptor from = isNeighbour ? folder.Folder : OpenExisting(entry, LayerPath.Folder(target));
        try
        {
            name.Set(entry.Name);
            other.Set(LayerPath.Name(target));
            nint result = Files.TryStat(from, other.Terminated, out statx status);
            if (result == -Errno.ENOENT)
                throw NotInLayer(entry);
            Ok(result, "stat the target of", entry);
            if ((status.stx_mode & S_IFMT) == S_IFDIR)
                throw new LayerException(entry.Path.Span, $"a hard link to a directory, {LayerText.Quote(target)}");
            if (IsWhiteout(status))
                throw NotInLayer(entry);
            result = Files.TryMakeHardLink(from, other.Terminated, folder.Folder, name.Terminated);
            if (result == -Errno.EEXIST)
            {
                Ok(Files.TryStat(folder.Folder, name.Terminated, out statx there), "stat", entry);
                if (there.stx_ino == status.stx_ino)
                    return;
                // A folder that is in the way may have the target in it, which then is gone too.
                Remove(folder, entry);
                result = Files.TryMakeHardLink(from, other.Terminated, folder.Folder, name.Terminated);
            }
            if (result == -Errno.ENOENT)
                throw NotInLayer(entry);
            Ok(result, "link", entry);
            folder.IsChanged = true;
        }
        finally
        {
            if (!isNeighbour)
                from.Dispose();
        }
    }

    // Layers are about those below: what this layer itself has under the name stays (image-spec, "Whiteouts").
    private protected override void AddWhiteout(LayerEntry entry)
    {
        Level folder = Enter(entry.Folder);
        name.Set(entry.Name);
        if (options.Merges)
        {
            folder.IsChanged = true;
            if (Files.TryStat(folder.Folder, name.Terminated, out _) >= 0)
                Remove(folder, entry);
            return;
        }
        if (options.NamesMarks)
        {
            MakeMark(folder.Folder, [.. LayerMarks.Whiteout, .. entry.Name], entry.Path.Span);
            folder.IsChanged = true;
            return;
        }
        nint result = Files.TryMakeNode(folder.Folder, name.Terminated, S_IFCHR, 0);
        if (result == -Errno.EEXIST)
        {
            nint open = Files.TryOpen(folder.Folder, name.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            if (open is -Errno.ENOTDIR or -Errno.ELOOP)
                return;
            using FileDescriptor existing = new((int)Ok(open, "open", entry));
            SetOpaque(existing, entry.Path.Span);
            return;
        }
        // Before Linux 5.8 even this device needs the right to make devices.
        if (result == -Errno.EPERM)
            throw new LayerException(entry.Path.Span, "the kernel lets us make no whiteouts here", new SyscallException("mknod", Errno.EPERM));
        Ok(result, "make whiteout", entry);
        folder.IsChanged = true;
        Ok(Files.TrySetTimes(folder.Folder, name.Terminated, entry.Seconds, entry.Nanoseconds), "set time of", entry);
    }

    private protected override void AddOpaqueMark(ReadOnlySpan<byte> folder)
    {
        Level level = Enter(folder);
        if (!options.Merges)
        {
            SetOpaque(level.Folder, folder);
            level.IsChanged |= options.NamesMarks;
            return;
        }
        level.IsChanged = true;
        TreeRemoval.Empty(level.Folder, ".\0"u8, folder);
    }

    private protected override void Remove(LayerEntry entry)
    {
        Level root = Enter([]);
        name.Set(entry.Name);
        root.IsChanged = true;
        Remove(root, entry);
        Implied.Remove(entry.Path.Span);
    }

    // On the root it is for others to see: overlayfs doesn't look there (LayerResult.IsOpaque).
    private void SetOpaque(FileDescriptor folder, ReadOnlySpan<byte> path)
    {
        if (options.NamesMarks)
        {
            MakeMark(folder, LayerMarks.Opaque, path);
            return;
        }
        nint result = Files.TrySetAttribute(folder, (options.UsesUserAttributes ? LayerMarks.OverlayUser : LayerMarks.OverlayTrusted) + LayerMarks.OpaqueAttribute, "y"u8);
        if (result < 0)
            throw new SyscallException($"mark as opaque {LayerText.Quote(path)}", (int)-result);
    }

    private void MakeMark(FileDescriptor folder, ReadOnlySpan<byte> mark, ReadOnlySpan<byte> path)
    {
        other.Set(mark);
        nint result = Files.TryOpen(folder, other.Terminated, O_WRONLY | O_CREAT | O_NOFOLLOW, 0);
        if (result < 0)
            throw new SyscallException($"make the mark for {LayerText.Quote(path)}", (int)-result);
        using FileDescriptor made = new((int)result);
    }

    private uint Allowed(uint mode) => options.KeepsOwner ? mode : mode & (PermissionBits | StickyBit);

    // A file is made with our user, and our group or, where the mount or the folder's mode says so, the folder's.
    private bool NeedsOwner(LayerEntry entry, Level folder) =>
        options.KeepsOwner && (entry.Uid != ourUid || entry.Gid != ourGid || folder.Gid != ourGid);

    private static bool IsWhiteout(in statx status) => (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 0 && status.stx_rdev_minor == 0;

    private static nint Ok(nint result, string call, LayerEntry entry)
    {
        if (result < 0)
            Throw((int)-result, call, entry);
        return result;
    }

    // Apart, so that the check itself is inlined, and a name is made text only when it is to be read.
    private static void Throw(int errno, string call, LayerEntry entry) =>
        throw new SyscallException($"{call} {LayerText.Quote(entry.Path.Span)}", errno);

    private static uint ReadUmask()
    {
        // There is no call that only asks for it.
        const string Field = "\nUmask:";
        string? status = Files.TryReadText(null, "/proc/self/status");
        if (status is null || status.IndexOf(Field, StringComparison.Ordinal) is not (>= 0 and var at))
            return PermissionBits;
        return Convert.ToUInt32(status[(at + Field.Length)..status.IndexOf('\n', at + 1)].Trim(), 8);
    }

    private sealed class NameBuffer
    {
        private byte[] bytes = new byte[1024];
        private int length;

        public ReadOnlySpan<byte> Terminated => bytes.AsSpan(0, length + 1);

        public void Set(ReadOnlySpan<byte> text)
        {
            if (bytes.Length <= text.Length)
                bytes = new byte[text.Length + 1];
            text.CopyTo(bytes);
            length = text.Length;
            bytes[length] = 0;
        }
    }
}
