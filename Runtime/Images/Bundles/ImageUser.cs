using System.Globalization;
using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Bundles;

/// <summary>Who an image's <c>User</c> is, by the users and groups of the image's own root filesystem.</summary>
/// <param name="Uid">The user.</param>
/// <param name="Gid">Its group.</param>
/// <param name="AdditionalGids">Groups that it is a member of, where the image names no group itself.</param>
/// <param name="Home">Its home; <c>/</c> where the image knows no such user.</param>
public sealed record ImageUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids, string Home)
{
    // Nobody's user database is larger; a hostile one costs no more than this.
    private const int MaximumDatabaseBytes = 4 << 20;

    /// <summary>Looks it up.</summary>
    /// <param name="root">The root filesystem; nothing outside of it is read, whatever its links say.</param>
    /// <param name="user"><c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>; null or empty for root.</param>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>: the image knows no such user or group.</exception>
    public static ImageUser Find(FileDescriptor root, string? user)
    {
        string[] parts = (user ?? "").Split(':', 2);
        string name = parts[0].Length > 0 ? parts[0] : "0", asGroup = parts.Length > 1 ? parts[1] : "";
        List<string[]> users = Entries(root, "etc/passwd", 7);
        uint? asked = NumberAsked(name);
        string[]? entry = users.Find(e => asked is null ? e[0] == name : Number(e[2]) == asked);
        uint uid = asked ?? 0;
        if (entry is not null)
            uid = Id(entry[2], "etc/passwd");
        else if (asked is null)
            throw new ImageException(ImageErrorKind.NotFound, $"unable to find user {name}: no matching entries in passwd file");
        uint gid = entry is null ? 0 : Id(entry[3], "etc/passwd");
        string home = entry is { } e && e[5].StartsWith('/') ? e[5] : "/";
        List<string[]> groups = Entries(root, "etc/group", 4);
        // `65534:` names no group, as docker reads it.
        if (asGroup.Length == 0)
            return new ImageUser(uid, gid, entry is null ? [] : [.. groups.Where(g => g[3].Split(',').Contains(entry[0])).Select(g => Id(g[2], "etc/group")).Where(g => g != gid).Distinct()], home);
        if (NumberAsked(asGroup) is { } number)
            gid = number;
        else if (groups.Find(g => g[0] == asGroup) is { } group)
            gid = Id(group[2], "etc/group");
        else
            throw new ImageException(ImageErrorKind.NotFound, $"unable to find group {asGroup}: no matching entries in group file");
        return new ImageUser(uid, gid, [], home);
    }

    // Digits are a number, and never the name of somebody whom the image calls so (CVE-2016-3697).
    private static uint? NumberAsked(string text) => text.Length == 0 || !text.All(char.IsAsciiDigit) ? null
        : Number(text) ?? throw new ImageException(ImageErrorKind.Invalid, $"user or group {text}: uids and gids are from 0 to {int.MaxValue}");

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id <= int.MaxValue ? id : null;

    private static uint Id(string text, string file) =>
        Number(text) ?? throw new ImageException(ImageErrorKind.Corrupt, $"the image's {file}: `{text}` is no id");

    // A regular file beneath the root, and nothing else: a link out of it, a device or a fifo is as good as no file.
    private static List<string[]> Entries(FileDescriptor root, string path, int fields)
    {
        nint found = Files.TryOpen2(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
        if (found == -Errno.ENOSYS)
            throw new ImageException(ImageErrorKind.Unsupported, $"the image's {path} cannot be looked at: this kernel has no openat2 (5.6)");
        if (found < 0)
            return [];
        // Looked at before it is opened: the mere opening of a device can do something, of a watchdog for example.
        using FileDescriptor place = new((int)found);
        if ((Files.Stat(place).stx_mode & S_IFMT) != S_IFREG)
            return [];
        using FileDescriptor file = Files.Open(null, $"/proc/self/fd/{place.Number}", O_RDONLY);
        byte[] bytes;
        try
        {
            bytes = Files.ReadAll(file, path, MaximumDatabaseBytes);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"the image's {e.Message}", e);
        }
        List<string[]> entries = [];
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
            if (line.Split(':') is var parts && parts.Length >= fields && !line.StartsWith('#'))
                entries.Add(parts);
        return entries;
    }
}
