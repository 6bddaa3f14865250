using System.Security.Cryptography;
using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Tests.Support;

/// <summary>A folder with all that is in it, a line a name: whatever a layer can say of a file. Names are Latin 1, so that each byte is seen.</summary>
internal static class Tree
{
    /// <summary>The lines <c>a/b file 644 0:0 1234567890.000000000 SHA256 user.x=61</c>; the first is the folder itself, as <c>.</c>.</summary>
    public static string[] Of(string folder)
    {
        List<string> lines = [];
        using FileDescriptor root = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        Look(root, ".\0"u8.ToArray(), ".", lines);
        lines.Sort(StringComparer.Ordinal);
        return [.. lines];
    }

    /// <summary>One name's line.</summary>
    public static string Line(string folder, string name) => Of(folder).Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));

    /// <summary>Whether user.* is to be had here: not in a tmpfs before Linux 6.6.</summary>
    public static bool HasUserAttributes(string folder)
    {
        using FileDescriptor here = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        return Files.TrySetAttribute(here, "user.vessel", "1"u8) == 0;
    }

    private static void Look(FileDescriptor folder, byte[] name, string path, List<string> lines)
    {
        Check.Ok(Files.TryStat(folder, name, out statx status), "stat", path);
        bool isDirectory = (status.stx_mode & S_IFMT) == S_IFDIR;
        string time = $"{status.stx_mtime.tv_sec}.{status.stx_mtime.tv_nsec:d9}";
        lines.Add($"{path} {Describe(folder, name, status)} {Convert.ToString(status.stx_mode & 0xfff, 8)} {status.stx_uid}:{status.stx_gid} {time}{Attributes(folder, name)}");
        if (!isDirectory)
            return;
        using FileDescriptor inside = new((int)Check.Ok(Files.TryOpen(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open", path));
        List<byte[]> names = [], all = [];
        while (Files.ListNext(inside, names))
            all.AddRange(names);
        foreach (byte[] each in all)
            Look(inside, each, (path == "." ? "" : path + "/") + Encoding.Latin1.GetString(each.AsSpan()[..^1]), lines);
    }

    private static string Describe(FileDescriptor folder, byte[] name, in statx status)
    {
        switch (status.stx_mode & S_IFMT)
        {
            case S_IFDIR:
                return "directory";
            case S_IFLNK:
                byte[] text = new byte[4096];
                return $"link→{Encoding.Latin1.GetString(text.AsSpan(0, (int)Files.TryReadLink(folder, name, text)))}";
            case S_IFREG:
                using (FileDescriptor file = new((int)Check.Ok(Files.TryOpen(folder, name, O_RDONLY | O_NOFOLLOW), "open", "file")))
                using (FileStream content = new($"/proc/self/fd/{file.Number}", FileMode.Open, FileAccess.Read))
                    return $"file[{status.stx_nlink}] {status.stx_size} {Convert.ToHexString(SHA256.HashData(content))[..8]}";
            default:
                return $"{(status.stx_mode & S_IFMT) switch { S_IFCHR => "character", S_IFBLK => "block", S_IFIFO => "fifo", _ => "other" }} {status.stx_rdev_major}:{status.stx_rdev_minor}";
        }
    }

    private static string Attributes(FileDescriptor folder, byte[] name)
    {
        byte[] list = new byte[65536], value = new byte[65536];
        nint length = Files.TryListAttributes(folder, name, list);
        StringBuilder text = new();
        if (length > 0)
            foreach (string attribute in Encoding.UTF8.GetString(list, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))
                text.Append($" {attribute}={Convert.ToHexString(value.AsSpan(0, (int)Check.Ok(Files.TryGetAttribute(folder, name, attribute, value), "get", attribute)))}");
        return text.ToString();
    }
}
