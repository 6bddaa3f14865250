using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Resolves a path beneath a root that a hostile image may have prepared, one component at a time and by descriptors only, and makes what is missing.</summary>
/// <remarks>
/// The parent does this for the child, through the descriptor of the child's root: descriptors reach into the child's mount namespace.
/// A symbolic link is read from the descriptor of the link itself and goes on inside the root, <c>..</c> stops at the root, and a link
/// that leads nowhere has its target made inside (images have <c>/etc/resolv.conf -> /run/…</c>). Magic links of procfs are taken for
/// their text and so lead nowhere outside.
/// </remarks>
public static class TargetResolver
{
    private const int MaxLinks = 40;

    /// <summary>Opens <paramref name="path"/> beneath <paramref name="root"/> as an O_PATH descriptor.</summary>
    /// <param name="root">The root; <c>..</c> and absolute links stay beneath it.</param>
    /// <param name="path">What to resolve.</param>
    /// <param name="create">What to make where the last component is missing; folders above are made too. Null makes nothing.</param>
    /// <param name="owner">User and group of what is made, or null for our own.</param>
    /// <param name="followLinks">False: a symbolic link anywhere is an error, ELOOP.</param>
    /// <param name="directoryMode">The mode of the directory that is made as the last component; those above it are
    /// always 0755.</param>
    /// <exception cref="SyscallException">ENOENT, ELOOP, ENOTDIR, or what the kernel says to the making. What was made before stays.</exception>
    public static FileDescriptor Resolve(FileDescriptor root, string path, TargetKind? create, (uint Uid, uint Gid)? owner = null, bool followLinks = true,
        uint directoryMode = MountTarget.UsualDirectoryMode)
    {
        Stack<string> left = new();
        Push(left, path);
        List<FileDescriptor> walked = [Duplicate(root)];
        int links = 0;
        try
        {
            while (left.TryPop(out string? name))
            {
                if (name == "..")
                {
                    if (walked.Count > 1)
                        Pop(walked);
                    continue;
                }
                FileDescriptor next = OpenOrMake(walked[^1], name, path, IsLast(left) ? create : create is null ? null : TargetKind.Directory, owner, IsLast(left) ? directoryMode : MountTarget.UsualDirectoryMode);
                if (LinkTarget(next) is not { } target)
                {
                    walked.Add(next);
                    continue;
                }
                next.Dispose();
                if (!followLinks || ++links > MaxLinks)
                    throw new SyscallException($"resolve {path}", Errno.ELOOP);
                if (target.StartsWith('/'))
                    while (walked.Count > 1)
                        Pop(walked);
                Push(left, target);
            }
            FileDescriptor result = walked[^1];
            walked.RemoveAt(walked.Count - 1);
            if (create == TargetKind.Directory && (Files.Stat(result).stx_mode & S_IFMT) != S_IFDIR)
            {
                result.Dispose();
                throw new SyscallException($"resolve {path}", Errno.ENOTDIR);
            }
            return result;
        }
        finally
        {
            foreach (FileDescriptor descriptor in walked)
                descriptor.Dispose();
        }
    }

    private static bool IsLast(Stack<string> left) => left.Count == 0;

    private static void Push(Stack<string> left, string path)
    {
        string[] names = path.Split('/');
        for (int i = names.Length - 1; i >= 0; i--)
            if (names[i] is not ("" or "."))
                left.Push(names[i]);
    }

    private static void Pop(List<FileDescriptor> walked)
    {
        walked[^1].Dispose();
        walked.RemoveAt(walked.Count - 1);
    }

    private static FileDescriptor Duplicate(FileDescriptor descriptor) =>
        new(Files.Duplicate(descriptor.Number));

    private static FileDescriptor OpenOrMake(FileDescriptor folder, string name, string path, TargetKind? create, (uint Uid, uint Gid)? owner, uint directoryMode)
    {
        nint result = Files.TryOpen(folder, name, O_PATH | O_NOFOLLOW);
        if (result == -Errno.ENOENT && create is { } kind)
        {
            Make(folder, name, path, kind, owner, directoryMode);
            result = Files.TryOpen(folder, name, O_PATH | O_NOFOLLOW);
        }
        return new FileDescriptor((int)Check.Ok(result, "resolve", path));
    }

    private static void Make(FileDescriptor folder, string name, string path, TargetKind kind, (uint Uid, uint Gid)? owner, uint directoryMode)
    {
        uint mode = kind == TargetKind.Directory ? directoryMode : 0x1a4U /* 0644 */;
        nint made;
        if (kind == TargetKind.Directory)
        {
            made = Files.TryMakeDirectory(folder, name, mode);
        }
        else
        {
            made = Files.TryOpen(folder, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode);
            if (made >= 0)
                new FileDescriptor((int)made).Dispose();
        }
        // Somebody else made it in between: then it is resolved like anything else.
        if (made == -Errno.EEXIST)
            return;
        Check.Ok(made, kind == TargetKind.Directory ? "make folder" : "make file", path);
        // Our caller's umask is not the container's.
        Check.Ok(Files.TryChangeMode(folder, name, mode), "change mode of", path);
        if (owner is { } o)
            Check.Ok(Files.TryChangeOwner(folder, name, o.Uid, o.Gid), "change owner of", path);
    }

    private static string? LinkTarget(FileDescriptor descriptor) =>
        (Files.Stat(descriptor).stx_mode & S_IFMT) == S_IFLNK ? Files.ReadLink(descriptor, "") : null;
}
