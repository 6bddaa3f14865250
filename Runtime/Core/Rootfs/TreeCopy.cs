using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Copies a folder's content by descriptors, without following any link: files, folders, symbolic links, nodes, with owner and mode.</summary>
public static class TreeCopy
{
    private const uint PermissionBits = 0xfff;

    /// <summary>Copies all that is in <paramref name="from"/> into <paramref name="to"/>, and the folder's own owner and mode.</summary>
    public static void Copy(FileDescriptor from, FileDescriptor to)
    {
        using FileDescriptor readable = Files.Open(from, ".", O_RDONLY | O_DIRECTORY);
        foreach (string name in Files.List(readable))
            CopyOne(readable, to, name);
    }

    private static void CopyOne(FileDescriptor from, FileDescriptor to, string name)
    {
        Check.Ok(Files.TryStat(from, name, out statx status, followLinks: false), "stat", name);
        switch (status.stx_mode & S_IFMT)
        {
            case S_IFDIR:
                Check.Ok(Files.TryMakeDirectory(to, name, status.stx_mode & PermissionBits), "make folder", name);
                using (FileDescriptor source = Files.Open(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW))
                using (FileDescriptor target = Files.Open(to, name, O_PATH | O_DIRECTORY | O_NOFOLLOW))
                    Copy(source, target);
                break;
            case S_IFREG:
                using (FileDescriptor source = Files.Open(from, name, O_RDONLY | O_NOFOLLOW))
                using (FileDescriptor target = Files.Open(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, status.stx_mode & PermissionBits))
                    CopyBytes(source, target, name);
                break;
            case S_IFLNK:
                Check.Ok(Files.TryMakeLink(Files.ReadLink(from, name) ?? "", to, name), "link", name);
                break;
            default:
                Check.Ok(Files.TryMakeNode(to, name, status.stx_mode, MakeDevice.DeviceNumber(status.stx_rdev_major, status.stx_rdev_minor)), "make node", name);
                break;
        }
        Check.Ok(Files.TryChangeOwner(to, name, status.stx_uid, status.stx_gid), "change owner of", name);
        // A change of owner takes the setuid bits away, so the mode comes last.
        if ((status.stx_mode & S_IFMT) != S_IFLNK)
            Check.Ok(Files.TryChangeMode(to, name, status.stx_mode & PermissionBits), "change mode of", name);
    }

    private static void CopyBytes(FileDescriptor from, FileDescriptor to, string name)
    {
        byte[] buffer = new byte[65536];
        int length;
        while ((length = Files.Read(from, buffer, name)) > 0)
            Files.Write(to, buffer.AsSpan(0, length), name);
    }
}
