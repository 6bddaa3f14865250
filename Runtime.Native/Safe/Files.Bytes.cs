using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Native.Safe;

/// <summary>The calls for names that are bytes of any value, as a tree that others made has them.</summary>
/// <remarks>
/// A name here ends with its NUL: <c>"etc/passwd\0"u8</c>. Whoever calls in a loop has a buffer for it, so nothing is copied or allocated; a
/// name without one, or with another before, is a mistake of the caller's and throws <see cref="ArgumentException"/> before the kernel sees it.
/// </remarks>
public static unsafe partial class Files
{
    /// <summary>openat(2); a negated errno on failure.</summary>
    public static nint TryOpen(FileDescriptor directory, ReadOnlySpan<byte> name, int flags, uint mode = 0)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.CallRetrying(SYS.openat, directory.Number, (nint)p, flags | O_CLOEXEC, (nint)mode);
    }

    /// <summary>openat2(2) under the rules of <paramref name="resolve"/>; a negated errno on failure.</summary>
    public static nint TryOpen2(FileDescriptor directory, ReadOnlySpan<byte> path, int flags, ulong resolve, uint mode = 0)
    {
        CheckName(path);
        open_how how = new() { flags = (ulong)(flags | O_CLOEXEC), mode = mode, resolve = resolve };
        fixed (byte* p = path)
            return Kernel.CallRetrying(SYS.openat2, directory.Number, (nint)p, (nint)(&how), sizeof(open_how));
    }

    /// <summary>mkdirat(2); a negated errno on failure.</summary>
    public static nint TryMakeDirectory(FileDescriptor directory, ReadOnlySpan<byte> name, uint mode)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.Call(SYS.mkdirat, directory.Number, (nint)p, (nint)mode);
    }

    /// <summary>mknodat(2); a negated errno on failure.</summary>
    public static nint TryMakeNode(FileDescriptor directory, ReadOnlySpan<byte> name, uint mode, uint device)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.Call(SYS.mknodat, directory.Number, (nint)p, (nint)mode, (nint)device);
    }

    /// <summary>symlinkat(2); a negated errno on failure.</summary>
    public static nint TryMakeLink(ReadOnlySpan<byte> text, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        CheckName(text);
        CheckName(name);
        fixed (byte* t = text)
        fixed (byte* p = name)
            return Kernel.Call(SYS.symlinkat, (nint)t, directory.Number, (nint)p);
    }

    /// <summary>linkat(2): one more name for a file. A symbolic link is not followed, it gets the name itself. A negated errno on failure.</summary>
    public static nint TryMakeHardLink(FileDescriptor from, ReadOnlySpan<byte> existing, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        CheckName(existing);
        CheckName(name);
        fixed (byte* e = existing)
        fixed (byte* p = name)
            return Kernel.Call(SYS.linkat, from.Number, (nint)e, directory.Number, (nint)p, 0);
    }

    /// <summary>unlinkat(2), for a folder with <see cref="AT_REMOVEDIR"/>; a negated errno on failure.</summary>
    public static nint TryRemove(FileDescriptor directory, ReadOnlySpan<byte> name, int flags = 0)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.Call(SYS.unlinkat, directory.Number, (nint)p, flags);
    }

    /// <summary>statx(2) without following a link; a negated errno on failure.</summary>
    public static nint TryStat(FileDescriptor directory, ReadOnlySpan<byte> name, out statx status)
    {
        CheckName(name);
        fixed (byte* p = name)
        fixed (statx* s = &status)
            return Kernel.Call(SYS.statx, directory.Number, (nint)p, AT_SYMLINK_NOFOLLOW, (nint)statx.STATX_BASIC_STATS, (nint)s);
    }

    /// <summary>readlinkat(2) into <paramref name="buffer"/>: the length, which is that of the buffer where the text may be longer; a negated errno on failure.</summary>
    public static nint TryReadLink(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        CheckName(name);
        fixed (byte* p = name)
        fixed (byte* b = buffer)
            return Kernel.Call(SYS.readlinkat, directory.Number, (nint)p, (nint)b, buffer.Length);
    }

    /// <summary>fchown(2); a negated errno on failure.</summary>
    public static nint TryChangeOwner(FileDescriptor file, uint uid, uint gid) => Kernel.Call(SYS.fchown, file.Number, (nint)uid, (nint)gid);

    /// <summary>fchownat(2) without following a link; a negated errno on failure.</summary>
    public static nint TryChangeOwner(FileDescriptor directory, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.Call(SYS.fchownat, directory.Number, (nint)p, (nint)uid, (nint)gid, AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>fchmod(2); a negated errno on failure.</summary>
    public static nint TryChangeMode(FileDescriptor file, uint mode) => Kernel.Call(SYS.fchmod, file.Number, (nint)mode);

    /// <summary>fchmodat(2); a negated errno on failure. The name must be no link: this call would follow it.</summary>
    public static nint TryChangeMode(FileDescriptor directory, ReadOnlySpan<byte> name, uint mode)
    {
        CheckName(name);
        fixed (byte* p = name)
            return Kernel.Call(SYS.fchmodat, directory.Number, (nint)p, (nint)mode);
    }

    /// <summary>utimensat(2) of an open file, both times; a negated errno on failure.</summary>
    public static nint TrySetTimes(FileDescriptor file, long seconds, uint nanoseconds)
    {
        long* times = stackalloc long[] { seconds, nanoseconds, seconds, nanoseconds };
        return Kernel.Call(SYS.utimensat, file.Number, 0, (nint)times, 0);
    }

    /// <summary>utimensat(2) without following a link, both times; a negated errno on failure.</summary>
    public static nint TrySetTimes(FileDescriptor directory, ReadOnlySpan<byte> name, long seconds, uint nanoseconds)
    {
        CheckName(name);
        long* times = stackalloc long[] { seconds, nanoseconds, seconds, nanoseconds };
        fixed (byte* p = name)
            return Kernel.Call(SYS.utimensat, directory.Number, (nint)p, (nint)times, AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>fsetxattr(2); a negated errno on failure.</summary>
    public static nint TrySetAttribute(FileDescriptor file, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* a = Utf8(attribute))
        fixed (byte* v = value)
            return Kernel.Call(SYS.fsetxattr, file.Number, (nint)a, (nint)v, value.Length, 0);
    }

    /// <summary>lsetxattr(2) of a name in a folder: for links and nodes, which cannot be opened for it. A negated errno on failure.</summary>
    /// <remarks>By way of <c>/proc/self/fd</c>: before Linux 6.13 the call has no form that is relative to a descriptor, and no descriptor of a link will do.</remarks>
    public static nint TrySetAttribute(FileDescriptor directory, ReadOnlySpan<byte> name, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = Through(directory, name))
        fixed (byte* a = Utf8(attribute))
        fixed (byte* v = value)
            return Kernel.Call(SYS.lsetxattr, (nint)p, (nint)a, (nint)v, value.Length, 0);
    }

    /// <summary>lgetxattr(2) of a name in a folder into <paramref name="buffer"/>: the length; a negated errno on failure.</summary>
    public static nint TryGetAttribute(FileDescriptor directory, ReadOnlySpan<byte> name, string attribute, Span<byte> buffer)
    {
        fixed (byte* p = Through(directory, name))
        fixed (byte* a = Utf8(attribute))
        fixed (byte* b = buffer)
            return Kernel.Call(SYS.lgetxattr, (nint)p, (nint)a, (nint)b, buffer.Length);
    }

    /// <summary>llistxattr(2) of a name in a folder into <paramref name="buffer"/>, names with a NUL after each: the length; a negated errno on failure.</summary>
    public static nint TryListAttributes(FileDescriptor directory, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        fixed (byte* p = Through(directory, name))
        fixed (byte* b = buffer)
            return Kernel.Call(SYS.llistxattr, (nint)p, (nint)b, buffer.Length);
    }

    /// <summary>pwrite(2), once; a negated errno on failure.</summary>
    public static nint TryWriteAt(FileDescriptor file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* p = bytes)
            return Kernel.CallRetrying(SYS.pwrite64, file.Number, (nint)p, bytes.Length, (nint)offset);
    }

    /// <summary>pread(2), once; a negated errno on failure.</summary>
    public static nint TryReadAt(FileDescriptor file, Span<byte> bytes, long offset)
    {
        fixed (byte* p = bytes)
            return Kernel.CallRetrying(SYS.pread64, file.Number, (nint)p, bytes.Length, (nint)offset);
    }

    /// <summary>The names of all extended attributes of a name in a folder; none where there are none, or no such families on the filesystem.</summary>
    public static string[] AttributeNames(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        // The longest list that the kernel gives (XATTR_LIST_MAX).
        byte[] names = ArrayPool<byte>.Shared.Rent(1 << 16);
        nint length = TryListAttributes(directory, name, names);
        string[] list = length > 0 ? Encoding.UTF8.GetString(names, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        ArrayPool<byte>.Shared.Return(names);
        return list;
    }

    /// <summary>fremovexattr(2); a negated errno on failure.</summary>
    public static nint TryRemoveAttribute(FileDescriptor file, string attribute)
    {
        fixed (byte* a = Utf8(attribute))
            return Kernel.Call(SYS.fremovexattr, file.Number, (nint)a);
    }

    /// <summary>Where the next data, or the next hole, is: lseek(2) with SEEK_DATA, SEEK_HOLE. The offset, or a negated errno: ENXIO behind the last data.</summary>
    public static nint TrySeek(FileDescriptor file, long offset, int whence) => Kernel.Call(SYS.lseek, file.Number, (nint)offset, whence);

    /// <summary>ftruncate(2); a negated errno on failure.</summary>
    public static nint TrySetLength(FileDescriptor file, long length) => Kernel.CallRetrying(SYS.ftruncate, file.Number, (nint)length);

    /// <summary>The next names in an open folder, each with its NUL, without <c>.</c> and <c>..</c>, from where the descriptor stands.</summary>
    /// <returns>False at the end of the folder. A part may be without names and not the last.</returns>
    public static bool ListNext(FileDescriptor directory, List<byte[]> names)
    {
        const int Size = 16384;
        byte* buffer = stackalloc byte[Size];
        names.Clear();
        nint length = Check.Ok(Kernel.Call(SYS.getdents64, directory.Number, (nint)buffer, Size), "list", "folder");
        for (byte* entry = buffer; entry < buffer + length; entry += *(ushort*)(entry + 16))
        {
            // SAFETY: struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name with its NUL, all within the record.
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19);
            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                continue;
            byte[] copy = new byte[name.Length + 1];
            name.CopyTo(copy);
            names.Add(copy);
        }
        return length > 0;
    }

    private static void CheckName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.IndexOf((byte)0) != name.Length - 1)
            ThrowName();
    }

    private static void ThrowName() => throw new ArgumentException("a name ends with a NUL, and has no other");

    private static byte[] Through(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        CheckName(name);
        byte[] prefix = Utf8($"/proc/self/fd/{directory.Number}/");
        int length = prefix.AsSpan().IndexOf((byte)0);
        byte[] path = new byte[length + name.Length];
        prefix.AsSpan(0, length).CopyTo(path);
        name.CopyTo(path.AsSpan(length));
        return path;
    }
}
