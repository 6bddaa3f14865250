using System.Runtime.InteropServices;
using System.Text;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Native.Safe;

/// <summary>Files and folders relative to a descriptor: the *at calls, with exceptions, EINTR retried, O_CLOEXEC always.</summary>
public static unsafe partial class Files
{
    // Most files of the kernel's are smaller, and need no memory but the stack.
    private const int SmallFile = 4096;

    /// <summary>openat(2). A relative path starts at <paramref name="directory"/>, or at the working directory where that is null.</summary>
    public static FileDescriptor Open(FileDescriptor? directory, string path, int flags, uint mode = 0)
    {
        nint result = TryOpen(directory, path, flags, mode);
        Check.Ok(result, "open", path);
        return new FileDescriptor((int)result);
    }

    /// <summary>As <see cref="Open"/>, with the negated errno as a result in place of an exception.</summary>
    public static nint TryOpen(FileDescriptor? directory, string path, int flags, uint mode = 0)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.CallRetrying(SYS.openat, At(directory), (nint)p, flags | O_CLOEXEC, (nint)mode);
    }

    /// <summary>As <see cref="Open"/>; null where the file isn't there.</summary>
    public static FileDescriptor? OpenIfThere(string path, int flags)
    {
        nint result = TryOpen(null, path, flags);
        return result == -Errno.ENOENT ? null : new FileDescriptor((int)Check.Ok(result, "open", path));
    }

    /// <summary>openat2(2): resolves <paramref name="path"/> under the rules of <paramref name="resolve"/> (RESOLVE_…); a negated errno on failure.</summary>
    public static nint TryOpen2(FileDescriptor directory, string path, int flags, ulong resolve, uint mode = 0)
    {
        open_how how = new() { flags = (ulong)(flags | O_CLOEXEC), mode = mode, resolve = resolve };
        fixed (byte* p = Utf8(path))
            return Kernel.CallRetrying(SYS.openat2, directory.Number, (nint)p, (nint)(&how), sizeof(open_how));
    }

    /// <summary>mkdirat(2); a negated errno on failure.</summary>
    public static nint TryMakeDirectory(FileDescriptor? directory, string path, uint mode)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.mkdirat, At(directory), (nint)p, (nint)mode);
    }

    /// <summary>Makes a folder and those above it, as <c>mkdir -p</c> does.</summary>
    public static void MakeDirectories(string path, uint mode)
    {
        nint result = TryMakeDirectory(null, path, mode);
        if (result == -Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            MakeDirectories(parent, mode);
            result = TryMakeDirectory(null, path, mode);
        }
        if (result != -Errno.EEXIST)
            Check.Ok(result, "mkdir", path);
    }

    /// <summary>unlinkat(2), for a folder with <see cref="AT_REMOVEDIR"/>; a negated errno on failure.</summary>
    public static nint TryRemove(FileDescriptor? directory, string path, int flags = 0)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.unlinkat, At(directory), (nint)p, flags);
    }

    /// <summary>fchownat(2) without following a link; a negated errno on failure.</summary>
    public static nint TryChangeOwner(FileDescriptor? directory, string path, uint uid, uint gid)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.fchownat, At(directory), (nint)p, (nint)uid, (nint)gid, AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>fchmodat(2); a negated errno on failure. The last component must be no link.</summary>
    public static nint TryChangeMode(FileDescriptor? directory, string path, uint mode)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.fchmodat, At(directory), (nint)p, (nint)mode);
    }

    /// <summary>faccessat(2), by the real user and group; a negated errno where something of <paramref name="mode"/> (R_OK, W_OK, X_OK) is refused.</summary>
    public static nint TryAccess(FileDescriptor? directory, string path, int mode)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.faccessat, At(directory), (nint)p, mode);
    }

    /// <summary>symlinkat(2); a negated errno on failure.</summary>
    public static nint TryMakeLink(string text, FileDescriptor? directory, string path)
    {
        fixed (byte* t = Utf8(text))
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.symlinkat, (nint)t, At(directory), (nint)p);
    }

    /// <summary>mknodat(2); a negated errno on failure.</summary>
    public static nint TryMakeNode(FileDescriptor? directory, string path, uint mode, uint device)
    {
        fixed (byte* p = Utf8(path))
            return Kernel.Call(SYS.mknodat, At(directory), (nint)p, (nint)mode, (nint)device);
    }

    /// <summary>renameat2(2) within one folder: what <paramref name="to"/> named before is replaced at once.</summary>
    public static void Rename(FileDescriptor directory, string from, string to)
    {
        fixed (byte* f = Utf8(from))
        fixed (byte* t = Utf8(to))
            Check.Ok(Kernel.Call(SYS.renameat2, directory.Number, (nint)f, directory.Number, (nint)t, 0), "rename", $"{from} to {to}");
    }

    /// <summary>rename(2) of a path; a negated errno on failure.</summary>
    public static nint TryRename(string from, string to)
    {
        fixed (byte* f = Utf8(from))
        fixed (byte* t = Utf8(to))
            return Kernel.Call(SYS.renameat2, AT_FDCWD, (nint)f, AT_FDCWD, (nint)t, 0);
    }

    /// <summary>statx(2) of a path, or of the descriptor itself where the path is empty; a negated errno on failure.</summary>
    public static nint TryStat(FileDescriptor? directory, string path, out statx status, bool followLinks = true)
    {
        int flags = path.Length == 0 ? AT_EMPTY_PATH : followLinks ? 0 : AT_SYMLINK_NOFOLLOW;
        fixed (byte* p = Utf8(path))
        fixed (statx* s = &status)
            return Kernel.Call(SYS.statx, At(directory), (nint)p, flags, (nint)statx.STATX_BASIC_STATS, (nint)s);
    }

    /// <summary>statx(2) of a descriptor by number, such as a standard stream; a negated errno where it isn't open.</summary>
    public static nint TryStat(int descriptor, out statx status)
    {
        byte empty = 0;
        fixed (statx* s = &status)
            return Kernel.Call(SYS.statx, descriptor, (nint)(&empty), AT_EMPTY_PATH, (nint)statx.STATX_BASIC_STATS, (nint)s);
    }

    /// <summary>statx(2) of an open descriptor.</summary>
    public static statx Stat(FileDescriptor file)
    {
        Check.Ok(TryStat(file, "", out statx status), "stat", "descriptor");
        return status;
    }

    /// <summary>A copy, attached nowhere, of the mount that a descriptor is of, with the mounts below; a mount that is attached nowhere itself, where the
    /// kernel does not copy such (before Linux 6.15).</summary>
    /// <exception cref="SyscallException">The kernel refuses the copy for another reason than that.</exception>
    public static FileDescriptor CloneMount(FileDescriptor file)
    {
        fixed (byte* empty = Utf8(""))
        {
            nint result = Kernel.Call(SYS.open_tree, file.Number, (nint)empty, (nint)(Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (uint)(AT_EMPTY_PATH | AT_RECURSIVE)));
            // EPERM: an ordinary user copies no mount; one that was made in a user namespace of its own is attached as it is.
            if (result is -Errno.EINVAL or -Errno.EPERM)
                return new FileDescriptor(Duplicate(file.Number));
            return new FileDescriptor((int)Check.Ok(result, "copy the mount of", $"descriptor {file.Number}"));
        }
    }

    /// <summary>The number of the mount that an open file is on, as mount tables have it (man 5 proc, "fdinfo").</summary>
    public static int MountIdOf(FileDescriptor file)
    {
        const string Field = "mnt_id:";
        foreach (string line in (TryReadText(null, $"/proc/self/fdinfo/{file.Number}") ?? "").Split('\n'))
            if (line.StartsWith(Field, StringComparison.Ordinal))
                return int.Parse(line.AsSpan(Field.Length));
        throw new SyscallException($"find the mount of descriptor {file.Number}", Errno.ENOENT);
    }

    /// <summary>The magic number of the filesystem that an open file is on (fstatfs(2); <see cref="FilesystemMagic"/>).</summary>
    public static uint FilesystemTypeOf(FileDescriptor file, string name)
    {
        // SAFETY: struct statfs has 120 bytes on 64-bit machines, and begins with the type, a long.
        long* status = stackalloc long[16];
        Check.Ok(Kernel.Call(SYS.fstatfs, file.Number, (nint)status), "statfs", name);
        return (uint)status[0];
    }

    /// <summary>readlinkat(2); null where the path is no symbolic link. An empty path reads the link that <paramref name="directory"/> is.</summary>
    public static string? ReadLink(FileDescriptor? directory, string path)
    {
        byte* buffer = stackalloc byte[4096];
        fixed (byte* p = Utf8(path))
        {
            nint length = Kernel.Call(SYS.readlinkat, At(directory), (nint)p, (nint)buffer, 4096);
            return length < 0 ? null : Encoding.UTF8.GetString(buffer, (int)length);
        }
    }

    /// <summary>Reads until the end of the file; throws <see cref="InvalidDataException"/> past <paramref name="limit"/> bytes.</summary>
    public static byte[] ReadAll(FileDescriptor file, string name, int limit)
    {
        Span<byte> beginning = stackalloc byte[SmallFile];
        int length = ReadBeginning(file, name, limit, beginning);
        return length < SmallFile ? beginning[..length].ToArray() : ReadOn(file, name, limit, beginning);
    }

    /// <summary>Reads a small file of the kernel's, such as one in procfs or a cgroup; null where it isn't there or can't be read.</summary>
    public static string? TryReadText(FileDescriptor? directory, string path, int limit = 1 << 20)
    {
        nint result = TryOpen(directory, path, O_RDONLY);
        if (result < 0)
            return null;
        using FileDescriptor file = new((int)result);
        try
        {
            Span<byte> beginning = stackalloc byte[SmallFile];
            int length = ReadBeginning(file, path, limit, beginning);
            return Encoding.UTF8.GetString(length < SmallFile ? beginning[..length] : ReadOn(file, path, limit, beginning));
        }
        catch (SyscallException)
        {
            // A process that ends while its files are read (ESRCH) is a process that isn't there.
            return null;
        }
    }

    /// <summary>read(2), once.</summary>
    public static int Read(FileDescriptor file, Span<byte> buffer, string name)
    {
        fixed (byte* p = buffer)
            return (int)Check.Ok(Kernel.CallRetrying(SYS.read, file.Number, (nint)p, buffer.Length), "read", name);
    }

    // Until there is no more, or no more room.
    private static int ReadBeginning(FileDescriptor file, string name, int limit, Span<byte> buffer)
    {
        int length = 0, count;
        do
            length += count = Read(file, buffer[length..], name);
        while (count > 0 && length < buffer.Length);
        return length > limit ? throw TooLarge(name, limit) : length;
    }

    private static byte[] ReadOn(FileDescriptor file, string name, int limit, ReadOnlySpan<byte> beginning)
    {
        // One byte more than the file has: its end is then found without another buffer.
        long expected = Math.Max((long)Stat(file).stx_size + 1, 2 * beginning.Length);
        byte[] buffer = new byte[Math.Min(limit + 1L, expected)];
        int length = Math.Min(beginning.Length, buffer.Length);
        beginning[..length].CopyTo(buffer);
        int count;
        while ((count = Read(file, buffer.AsSpan(length), name)) > 0)
        {
            length += count;
            if (length > limit)
                throw TooLarge(name, limit);
            if (length == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(limit + 1L, length * 2L));
        }
        return buffer[..length];
    }

    private static InvalidDataException TooLarge(string name, int limit) => new($"{name} is larger than {limit} bytes");

    /// <summary>read(2), once; a negated errno on failure.</summary>
    public static nint TryRead(FileDescriptor file, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
            return Kernel.CallRetrying(SYS.read, file.Number, (nint)p, buffer.Length);
    }

    /// <summary>write(2), once; a negated errno on failure.</summary>
    public static nint TryWrite(FileDescriptor file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
            return Kernel.CallRetrying(SYS.write, file.Number, (nint)p, bytes.Length);
    }

    /// <summary>Makes sure that descriptors 0, 1 and 2 are open: else a file of ours would get one of these numbers, and be taken for a stream.</summary>
    public static void OpenMissingStandardStreams()
    {
        for (int stream = 0; stream < 3; stream++)
            if (Kernel.Call(SYS.fcntl, stream, F_GETFD) == -Errno.EBADF)
                fixed (byte* path = "/dev/null\0"u8)
                    Check.Ok(Kernel.Call(SYS.openat, AT_FDCWD, (nint)path, O_RDWR), "open", "/dev/null");
    }

    /// <summary>Writes all of <paramref name="bytes"/>.</summary>
    public static void Write(FileDescriptor file, ReadOnlySpan<byte> bytes, string name)
    {
        while (!bytes.IsEmpty)
            fixed (byte* p = bytes)
                bytes = bytes[(int)Check.Ok(Kernel.CallRetrying(SYS.write, file.Number, (nint)p, bytes.Length), "write", name)..];
    }

    /// <summary>One write(2) of a text, as files of procfs and cgroups want it; a negated errno on failure.</summary>
    public static nint TryWriteText(FileDescriptor? directory, string path, string text)
    {
        nint result = TryOpen(directory, path, O_WRONLY);
        if (result < 0)
            return result;
        using FileDescriptor file = new((int)result);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* p = bytes)
            result = Kernel.CallRetrying(SYS.write, file.Number, (nint)p, bytes.Length);
        return result < 0 ? result : 0;
    }

    /// <summary>Replaces a file at once: written beside it, then renamed over it. A reader sees the old file or the new one, never a part.</summary>
    public static void Replace(FileDescriptor directory, string name, ReadOnlySpan<byte> bytes, uint mode)
    {
        string temporary = $".{name}.new";
        try
        {
            using (FileDescriptor file = Open(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode))
                Write(file, bytes, name);
            Rename(directory, temporary, name);
        }
        catch
        {
            TryRemove(directory, temporary);
            throw;
        }
    }

    /// <summary>The names in an open folder, without <c>.</c> and <c>..</c>, in the order of the kernel.</summary>
    public static List<string> List(FileDescriptor directory)
    {
        List<string> names = [];
        byte* buffer = stackalloc byte[8192];
        nint length;
        while ((length = Check.Ok(Kernel.Call(SYS.getdents64, directory.Number, (nint)buffer, 8192), "list", "folder")) > 0)
            for (byte* entry = buffer; entry < buffer + length; entry += *(ushort*)(entry + 16))
            {
                // SAFETY: struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name with its NUL, all within the record.
                string name = Marshal.PtrToStringUTF8((nint)(entry + 19))!;
                if (name is not ("." or ".."))
                    names.Add(name);
            }
        return names;
    }

    /// <summary>An unnamed file in memory (man 2 memfd_create).</summary>
    public static FileDescriptor CreateMemory(string name)
    {
        fixed (byte* p = Utf8(name))
            return new FileDescriptor((int)Check.Ok(Kernel.Call(SYS.memfd_create, (nint)p, (nint)ProcessControl.MFD_CLOEXEC), "memfd_create", name));
    }

    /// <summary>Sets the position to the start.</summary>
    public static void Rewind(FileDescriptor file) => Check.Ok(Kernel.Call(SYS.lseek, file.Number, 0, 0), "seek", "descriptor");

    /// <summary>A copy of a mount, attached nowhere, with the mapping of a user namespace (open_tree, mount_setattr with MOUNT_ATTR_IDMAP; Linux 5.12).</summary>
    public static FileDescriptor OpenMappedTree(string source, bool recursive, bool mapsRecursively, FileDescriptor mapping)
    {
        mount_attr attributes = new() { attr_set = Mount.MOUNT_ATTR_IDMAP, userns_fd = (ulong)mapping.Number };
        byte empty = 0;
        fixed (byte* p = Utf8(source))
        {
            FileDescriptor tree = new((int)Check.Ok(
                Kernel.Call(SYS.open_tree, AT_FDCWD, (nint)p, (nint)(Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (recursive ? (uint)AT_RECURSIVE : 0))), "open tree", source));
            nint result = Kernel.Call(SYS.mount_setattr, tree.Number, (nint)(&empty), AT_EMPTY_PATH | (mapsRecursively ? AT_RECURSIVE : 0), (nint)(&attributes), sizeof(mount_attr));
            if (result < 0)
                tree.Dispose();
            Check.Ok(result, "map users of", source);
            return tree;
        }
    }

    /// <summary>A descriptor that can be read, without waiting, each time a file was written to (man 7 inotify, IN_MODIFY).</summary>
    public static FileDescriptor WatchChanges(string path)
    {
        const int IN_CLOEXEC = 0x80000, IN_NONBLOCK = 0x800, IN_MODIFY = 2;
        FileDescriptor inotify = new((int)Check.Ok(Kernel.Call(SYS.inotify_init1, IN_CLOEXEC | IN_NONBLOCK), "inotify_init"));
        fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
            Check.Ok(Kernel.Call(SYS.inotify_add_watch, inotify.Number, (nint)p, IN_MODIFY), "watch", path);
        return inotify;
    }

    /// <summary>As <see cref="Replace"/>, but the new file and its name are on the disk when this returns.</summary>
    public static void ReplaceDurably(FileDescriptor directory, string name, ReadOnlySpan<byte> bytes, uint mode)
    {
        // Several writers may be at it: each has a file of its own.
        string temporary = $".{name}.{Guid.NewGuid():N}.new";
        try
        {
            using (FileDescriptor file = Open(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode))
            {
                Write(file, bytes, name);
                Sync(file, name);
            }
            Rename(directory, temporary, name);
        }
        catch
        {
            TryRemove(directory, temporary);
            throw;
        }
        Check.Ok(Kernel.Call(SYS.fsync, directory.Number), "sync the folder of", name);
    }

    /// <summary>fdatasync(2): what was written is on the disk, with what it takes to find it.</summary>
    public static void Sync(FileDescriptor file, string name) => Check.Ok(Kernel.Call(SYS.fdatasync, file.Number), "sync", name);

    /// <summary>syncfs(2): all of the filesystem that a descriptor is on is on the disk.</summary>
    public static void SyncFilesystem(FileDescriptor file, string name) => Check.Ok(Kernel.Call(SYS.syncfs, file.Number), "sync the filesystem of", name);

    /// <summary>ftruncate(2) to nothing.</summary>
    public static void Truncate(FileDescriptor file, string name) => Check.Ok(Kernel.CallRetrying(SYS.ftruncate, file.Number, 0), "truncate", name);

    /// <summary>flock(2), exclusive or shared; waits. The lock ends with the descriptor.</summary>
    public static void Lock(FileDescriptor file, string name, bool shared = false) =>
        Check.Ok(Kernel.CallRetrying(SYS.flock, file.Number, shared ? LOCK_SH : LOCK_EX), "lock", name);

    /// <summary>flock(2), exclusive, without waiting; false where somebody else holds it.</summary>
    public static bool TryLock(FileDescriptor file)
    {
        nint result = Kernel.CallRetrying(SYS.flock, file.Number, LOCK_EX | LOCK_NB);
        return result != -Errno.EAGAIN && Check.Ok(result, "lock") == 0;
    }

    /// <summary>A copy of a descriptor that is somebody else's, such as a standard stream.</summary>
    public static int Duplicate(int descriptor) => (int)Check.Ok(Kernel.Call(SYS.fcntl, descriptor, F_DUPFD_CLOEXEC, 3), "duplicate", $"descriptor {descriptor}");

    internal static int At(FileDescriptor? directory) => directory?.Number ?? AT_FDCWD;

    internal static byte[] Utf8(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
