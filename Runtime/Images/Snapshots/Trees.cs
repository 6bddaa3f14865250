using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>Whole folders.</summary>
internal static class Trees
{
    /// <summary>Removes a folder and all in it, following no link; what is gone already is no error.</summary>
    public static void Remove(string path)
    {
        nint result = Files.TryRemove(null, path);
        if (result is -Errno.EISDIR or -Errno.EPERM)
        {
            using (FileDescriptor folder = Files.Open(null, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
                Empty(folder);
            result = Files.TryRemove(null, path, AT_REMOVEDIR);
        }
        if (result != -Errno.ENOENT)
            Check.Ok(result, "remove", path);
    }

    private static void Empty(FileDescriptor folder)
    {
        // All names first: what is removed meanwhile may move those that follow.
        List<byte[]> names = [], part = [];
        while (Files.ListNext(folder, part))
            names.AddRange(part);
        foreach (byte[] name in names)
        {
            nint result = Files.TryRemove(folder, name);
            if (result is -Errno.EISDIR or -Errno.EPERM)
            {
                using (FileDescriptor inner = new((int)Check.Ok(Files.TryOpen(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open", "folder")))
                    Empty(inner);
                result = Files.TryRemove(folder, name, AT_REMOVEDIR);
            }
            if (result != -Errno.ENOENT)
                Check.Ok(result, "remove", System.Text.Encoding.UTF8.GetString(name).TrimEnd('\0'));
        }
    }
}
