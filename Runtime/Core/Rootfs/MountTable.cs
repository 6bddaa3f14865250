using System.Globalization;
using Vessel.Native.Safe;

namespace Vessel.Core.Rootfs;

/// <summary>One line of a mount table (man 5 proc, "mountinfo").</summary>
/// <param name="Id">The mount's number.</param>
/// <param name="ParentId">The number of the mount that it is on.</param>
/// <param name="Root">The part of the filesystem that is shown: <c>/</c> is the whole.</param>
/// <param name="Point">The mount point.</param>
/// <param name="Type">The filesystem's name.</param>
/// <param name="IsShared">Whether what is mounted or unmounted on it shows on other mounts, too.</param>
public sealed record MountEntry(int Id, int ParentId, string Root, string Point, string Type, bool IsShared = false);

/// <summary>Mount tables.</summary>
public static class MountTable
{
    /// <summary>The deepest mount point of our own namespace that holds <paramref name="path"/>.</summary>
    public static string MountPointOf(string path)
    {
        string best = "/";
        foreach (MountEntry mount in Parse(Files.TryReadText(null, "/proc/self/mountinfo", 16 << 20) ?? ""))
            if (mount.Point.Length >= best.Length && (path == mount.Point || path.StartsWith(mount.Point == "/" ? "/" : mount.Point + "/", StringComparison.Ordinal)))
                best = mount.Point;
        return best;
    }

    /// <summary>Reads a table, in its order. Lines that are no mounts are left out.</summary>
    public static List<MountEntry> Parse(string mountinfo)
    {
        List<MountEntry> mounts = [];
        foreach (string line in mountinfo.Split('\n'))
        {
            string[] fields = line.Split(' ');
            // The optional fields end with a hyphen; the type comes next.
            int hyphen = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (hyphen < 0 || hyphen + 1 >= fields.Length || !TryNumber(fields[0], out int id) || !TryNumber(fields[1], out int parent))
                continue;
            mounts.Add(new MountEntry(id, parent, Unescape(fields[3]), Unescape(fields[4]), fields[hyphen + 1],
                fields.AsSpan(6..hyphen).ToArray().Any(field => field.StartsWith("shared:", StringComparison.Ordinal))));
        }
        return mounts;
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string Unescape(string text) =>
        text.Contains('\\', StringComparison.Ordinal) ? text.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\") : text;
}
