using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>Folders: the way to where an entry belongs.</summary>
/// <remarks>
/// Entries come folder by folder, so the folders on the way to the last entry stay open, and for the next one there is mostly nothing to do. A
/// folder's time, and a mode that is less than rwx for its owner, are set when it is left: by then nothing more is written into it. Where a later
/// entry comes back, the time that it has is what it gets again. So nothing is kept for the end, however many folders there are.
/// </remarks>
public sealed partial class FolderTarget
{
    private const int MaximumLevels = 64;

    private readonly bool hasOpenAt2;
    private readonly List<Level> levels = [];

    // The path of the last level; those of the others are the first bytes of it.
    private byte[] path = new byte[4096];

    // A folder that was reached through a symbolic link of the layer. It has no place among the levels: its path is another than what led to it.
    private Level? guest;

    /// <summary>The folder of this path, made with all above it where it is missing. It is valid until the next call.</summary>
    private Level Enter(ReadOnlySpan<byte> folder)
    {
        int common = folder.CommonPrefixLength(path.AsSpan(0, levels[^1].PathLength));
        int kept = levels.Count - 1;
        while (kept > 0 && !(levels[kept].PathLength <= common && (levels[kept].PathLength == folder.Length || folder[levels[kept].PathLength] == '/')))
            kept--;
        LeaveFrom(kept + 1);
        Level last = levels[^1];
        if (last.PathLength == folder.Length)
            return last;
        nint result = OpenBeneath(last.Folder, Rest(folder, last));
        return result >= 0 ? Push(Existing(new FileDescriptor((int)result), folder.Length), folder) : EnterByStep(folder);
    }

    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> folder, Level level) => folder[(level.PathLength == 0 ? 0 : level.PathLength + 1)..];

    // The whole way in one call where no link is on it; a negated errno otherwise.
    private nint OpenBeneath(FileDescriptor from, ReadOnlySpan<byte> rest)
    {
        part.Set(rest);
        if (!rest.Contains((byte)'/'))
            return Files.TryOpen(from, part.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (!hasOpenAt2)
            return -Errno.ENOSYS;
        return Files.TryOpen2(from, part.Terminated, O_RDONLY | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
    }

    private Level EnterByStep(ReadOnlySpan<byte> folder)
    {
        while (levels[^1] is var last && last.PathLength < folder.Length)
        {
            ReadOnlySpan<byte> rest = Rest(folder, last);
            int slash = rest.IndexOf((byte)'/');
            int length = folder.Length - (slash < 0 ? 0 : rest.Length - slash);
            if (Step(last, rest[..(slash < 0 ? rest.Length : slash)], folder, length, folder[..length], makes: true) is not { } next)
                return EnterByLinks(folder);
            Push(next, folder[..length]);
        }
        return levels[^1];
    }

    private Level EnterByLinks(ReadOnlySpan<byte> folder)
    {
        // The way may come by any folder, and each keeps its own time.
        LeaveFrom(1);
        return guest = Walk(folder, makes: true);
    }

    /// <summary>The folder of a hard link's file, by a descriptor of its own.</summary>
    private FileDescriptor OpenExisting(LayerEntry entry, ReadOnlySpan<byte> folder)
    {
        if (folder.IsEmpty)
            return new FileDescriptor(Files.Duplicate(levels[0].Folder.Number));
        nint result = OpenBeneath(levels[0].Folder, folder);
        if (result >= 0)
            return new FileDescriptor((int)result);
        return Walk(folder, makes: false, linked: entry).Folder;
    }

    // One part of a path; null where it is a symbolic link. Its place is the path to it without links.
    private Level? Step(Level from, ReadOnlySpan<byte> component, ReadOnlySpan<byte> whole, int length, ReadOnlySpan<byte> place, bool makes, LayerEntry? linked = null)
    {
        CountStep(whole);
        part.Set(component);
        nint result = Files.TryOpen(from.Folder, part.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (result >= 0)
            return Existing(new FileDescriptor((int)result), length);
        if (result == -Errno.ENOENT && makes)
            return MakeMissing(from, whole, length, place, isOpaque: false);
        if (result == -Errno.ENOENT && linked is not null)
            throw NotInLayer(linked);
        if (result is -Errno.ENOTDIR or -Errno.ELOOP)
        {
            result = Files.TryStat(from.Folder, part.Terminated, out statx status);
            if (result >= 0 && (status.stx_mode & S_IFMT) == S_IFLNK)
                return null;
            if (result >= 0 && IsWhiteout(status) && makes)
            {
                // Taken away below, and made anew: nothing of what was there is to be seen in it.
                result = Files.TryRemove(from.Folder, part.Terminated);
                if (result >= 0)
                    return MakeMissing(from, whole, length, place, isOpaque: true);
            }
            else if (result >= 0)
            {
                throw LeadsThroughNoDirectory(whole, linked);
            }
        }
        throw new SyscallException($"open folder {LayerText.Quote(whole)}", (int)-result);
    }

    // Of nobody's making: the same for every unpacking of the layer, so not of this moment either.
    private Level MakeMissing(Level from, ReadOnlySpan<byte> whole, int length, ReadOnlySpan<byte> place, bool isOpaque)
    {
        from.IsChanged = true;
        Implied.Add(place);
        nint result = Files.TryMakeDirectory(from.Folder, part.Terminated, MissingFolderMode);
        if (result >= 0)
            result = Files.TryOpen(from.Folder, part.Terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (result < 0)
            throw new SyscallException($"make folder {LayerText.Quote(whole)}", (int)-result);
        Level level = new(new FileDescriptor((int)result), length) { Gid = options.KeepsOwner ? 0 : ourGid, IsChanged = true };
        try
        {
            if (options.KeepsOwner && (ourUid != 0 || ourGid != 0 || from.Gid != 0))
                Check.Ok(Files.TryChangeOwner(level.Folder, 0, 0), "change owner of", LayerText.Quote(whole));
            Check.Ok(Files.TryChangeMode(level.Folder, MissingFolderMode), "change mode of", LayerText.Quote(whole));
            if (isOpaque)
                SetOpaque(level.Folder, whole);
            return level;
        }
        catch
        {
            level.Folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Walks a path that has symbolic links in it: each is read, and its text goes on from here or, where it is absolute, from the layer's root. A
    /// <c>..</c> at the root stays there. No call of the kernel's follows a link.
    /// </summary>
    private Level Walk(ReadOnlySpan<byte> folder, bool makes, LayerEntry? linked = null)
    {
        byte[] left = folder.ToArray();
        int at = 0, depth = 0, links = 0;
        Level current = levels[0];
        byte[] place = [];
        try
        {
            while (at < left.Length)
            {
                int slash = left.AsSpan(at).IndexOf((byte)'/');
                int end = slash < 0 ? left.Length : at + slash;
                ReadOnlySpan<byte> component = left.AsSpan(at, end - at);
                at = Math.Min(end + 1, left.Length);
                if (component.IsEmpty || component is [(byte)'.'] || component is [(byte)'.', (byte)'.'] && depth == 0)
                    continue;
                Level? next;
                if (component is [(byte)'.', (byte)'.'])
                {
                    // Where we are was reached from the root through folders only, one for each of depth: above it is the one before.
                    next = depth == 1 ? levels[0] : Step(current, component, folder, 0, place, makes: false);
                    place = LayerPath.Folder(place).ToArray();
                    depth--;
                }
                else
                {
                    byte[] below = LayerPath.Below(place, component);
                    next = Step(current, component, folder, 0, below, makes, linked);
                    depth++;
                    if (next is not null)
                    {
                        place = below;
                    }
                    else
                    {
                        if (++links > MaximumLinks)
                            throw TooManyLinks(folder, linked);
                        byte[] text = ReadLink(current, folder);
                        next = text.Length > 0 && text[0] == '/' ? levels[0] : current;
                        depth = next == current ? depth - 1 : 0;
                        place = depth == 0 ? [] : place;
                        left = [.. text, (byte)'/', .. left.AsSpan(at)];
                        at = 0;
                    }
                }
                if (next != current)
                    LeaveWalked(current);
                current = next!;
            }
            // The root has a level already; here it is wanted by a descriptor that may be closed.
            Level found = current == levels[0] ? Existing(new FileDescriptor(Files.Duplicate(current.Folder.Number)), 0) : current;
            found.Place = place;
            return found;
        }
        catch
        {
            if (current != levels[0])
                current.Folder.Dispose();
            throw;
        }
    }

    private byte[] ReadLink(Level folder, ReadOnlySpan<byte> whole)
    {
        byte[] text = new byte[4096];
        nint length = Files.TryReadLink(folder.Folder, part.Terminated, text);
        if (length < 0)
            throw new SyscallException($"read link in {LayerText.Quote(whole)}", (int)-length);
        return text[..(int)length];
    }

    private void LeaveWalked(Level level)
    {
        if (level != levels[0])
            Leave(level);
    }

    private Level Push(Level level, ReadOnlySpan<byte> folder)
    {
        if (levels.Count == MaximumLevels)
        {
            // Descriptors are few. One in between is not missed: the way to a level begins at the nearest that is there.
            Level oldest = levels[1];
            levels.RemoveAt(1);
            levels.Add(level);
            Leave(oldest);
        }
        else
        {
            levels.Add(level);
        }
        if (path.Length < folder.Length)
            path = new byte[folder.Length];
        folder.CopyTo(path);
        return level;
    }

    private Level Existing(FileDescriptor folder, int length)
    {
        if (Files.TryStat(folder, "", out statx status) is < 0 and var result)
        {
            folder.Dispose();
            throw new SyscallException("stat folder", (int)-result);
        }
        Level level = new(folder, length) { Gid = status.stx_gid, Seconds = status.stx_mtime.tv_sec, Nanoseconds = status.stx_mtime.tv_nsec };
        // An ordinary user comes back to a folder that was closed to its owner.
        uint mode = status.stx_mode & 0xfffu;
        if ((mode & OwnersBits) != OwnersBits && ourUid != 0 && Files.TryChangeMode(folder, mode | OwnersBits) >= 0)
            level.FinalMode = mode;
        return level;
    }

    private void LeaveGuest()
    {
        if (guest is not { } left)
            return;
        guest = null;
        Leave(left);
    }

    private void LeaveFrom(int count)
    {
        while (levels.Count > count)
        {
            Level last = levels[^1];
            levels.RemoveAt(levels.Count - 1);
            Leave(last);
        }
    }

    private static void Leave(Level level)
    {
        using FileDescriptor folder = level.Folder;
        if (level.IsChanged)
            Check.Ok(Files.TrySetTimes(folder, level.Seconds, level.Nanoseconds), "set time of", "folder");
        if (level.FinalMode is { } mode)
            Check.Ok(Files.TryChangeMode(folder, mode), "change mode of", "folder");
    }

    /// <summary>Removes what has the name <see cref="name"/> in a folder, with all that is in it.</summary>
    private void Remove(Level from, LayerEntry entry) => TreeRemoval.Remove(from.Folder, name.Terminated, entry.Path.Span);

    /// <summary>An open folder.</summary>
    private sealed class Level(FileDescriptor folder, int pathLength)
    {
        public FileDescriptor Folder { get; } = folder;

        public int PathLength { get; } = pathLength;

        /// <summary>The path to it without links, where it was reached by links.</summary>
        public byte[] Place { get; set; } = [];

        public uint Gid { get; set; }

        /// <summary>The time that it has at the end.</summary>
        public long Seconds { get; set; }

        public uint Nanoseconds { get; set; }

        /// <summary>Whether its time is to be set.</summary>
        public bool IsChanged { get; set; }

        /// <summary>A mode to be set when it is left.</summary>
        public uint? FinalMode { get; set; }
    }
}
