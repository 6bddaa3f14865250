using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Tests.Support;

/// <summary>A folder with all that is in it, a line a name: whatever a layer can say of a file. Names are Latin 1, so that each byte is seen.</summary>
internal sealed class Tree
{
    private readonly List<string> lines = [];
    private readonly Dictionary<(uint, uint, ulong), string> seen = [];
    private readonly IReadOnlySet<string> undated;
    private readonly bool namesLinks;

    private Tree(IReadOnlySet<string> undated, bool namesLinks) => (this.undated, this.namesLinks) = (undated, namesLinks);

    /// <summary>The lines <c>a/b file[1] 12 HASH 644 0:0 1234567890.000000000 user.x=61</c>; the first is the folder itself, as <c>.</c>.</summary>
    public static string[] Of(string folder) => Of(folder, new HashSet<string>(), namesLinks: false);

    /// <summary>
    /// The same, to be compared with the tree of another folder: of a file with several names each line says the first of these (<c>=a/b</c>),
    /// and not how many there are: overlay counts those that it hides.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="undated">Names whose time nobody has said.</param>
    public static string[] ToCompare(string folder, params string[] undated) => Of(folder, undated.ToHashSet(), namesLinks: true);

    /// <summary>Fails the test, with the first lines that differ, unless two trees are the same.</summary>
    public static void AssertSame(string[] actual, string[] expected, string whose)
    {
        HashSet<string> here = [.. actual], there = [.. expected];
        List<string> differences = [.. here.Except(there).Select(l => $"{l}  ← ours"), .. there.Except(here).Select(l => $"{l}  ← {whose}")];
        differences.Sort(StringComparer.Ordinal);
        Assert.That(differences, Is.Empty, $"{differences.Count} lines differ:\n{string.Join('\n', differences.Take(40))}");
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
    }

    private static string[] Of(string folder, HashSet<string> undated, bool namesLinks)
    {
        Tree tree = new(undated, namesLinks);
        using FileDescriptor root = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        tree.Look(root, ".\0"u8.ToArray(), ".");
        tree.lines.Sort(StringComparer.Ordinal);
        return [.. tree.lines];
    }

    /// <summary>One name's line.</summary>
    public static string Line(string folder, string name) => Of(folder).Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));

    /// <summary>Whether user.* is to be had here: not in a tmpfs before Linux 6.6.</summary>
    public static bool HasUserAttributes(string folder)
    {
        using FileDescriptor here = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        return Files.TrySetAttribute(here, "user.vessel", "1"u8) == 0;
    }

    private void Look(FileDescriptor folder, byte[] name, string path)
    {
        Check.Ok(Files.TryStat(folder, name, out statx status), "stat", path);
        bool isDirectory = (status.stx_mode & S_IFMT) == S_IFDIR;
        string time = undated.Contains(path) ? "undated" : $"{status.stx_mtime.tv_sec}.{status.stx_mtime.tv_nsec:d9}";
        string same = "";
        if (namesLinks && !isDirectory && status.stx_nlink > 1 && !seen.TryAdd((status.stx_dev_major, status.stx_dev_minor, status.stx_ino), path))
            same = "=" + seen[(status.stx_dev_major, status.stx_dev_minor, status.stx_ino)];
        // A whiteout is nobody's: in a folder with the setgid bit the kernel makes it that group's.
        bool isWhiteout = (status.stx_mode & S_IFMT) == S_IFCHR && status is { stx_rdev_major: 0, stx_rdev_minor: 0 };
        string owner = isWhiteout ? "-" : $"{status.stx_uid}:{status.stx_gid}";
        lines.Add($"{path} {Describe(folder, name, status)} {Convert.ToString(status.stx_mode & 0xfff, 8)} {owner} {time}{Attributes(folder, name)}{same}");
        if (!isDirectory)
            return;
        using FileDescriptor inside = new((int)Check.Ok(Files.TryOpen(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), "open", path));
        List<byte[]> names = [], all = [];
        while (Files.ListNext(inside, names))
            all.AddRange(names);
        foreach ((byte[] each, string text) in all.Select(n => (n, Encoding.Latin1.GetString(n.AsSpan()[..^1]))).OrderBy(n => n.Item2, StringComparer.Ordinal))
            Look(inside, each, (path == "." ? "" : path + "/") + text);
    }

    private string Describe(FileDescriptor folder, byte[] name, in statx status)
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
                    return $"file{(namesLinks ? "" : $"[{status.stx_nlink}]")} {status.stx_size} {Convert.ToHexString(SHA256.HashData(content))[..8]}";
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
