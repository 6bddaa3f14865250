using Vessel.Native.Safe;

namespace Vessel.Core.Rootfs;

/// <summary>The mounts of our own namespace.</summary>
public static class MountTable
{
    /// <summary>The deepest mount point that holds <paramref name="path"/> (man 5 proc, "mountinfo").</summary>
    public static string MountPointOf(string path)
    {
        string best = "/";
        foreach (ReadOnlySpan<char> line in (Files.TryReadText(null, "/proc/self/mountinfo", 16 << 20) ?? "").AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> rest = line;
            for (int field = 0; field < 4 && rest.Length > 0; field++)
                rest = rest[(rest.IndexOf(' ') + 1)..];
            int end = rest.IndexOf(' ');
            if (end < 0)
                continue;
            string point = rest[..end].ToString().Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\");
            if (point.Length >= best.Length && (path == point || path.StartsWith(point == "/" ? "/" : point + "/", StringComparison.Ordinal)))
                best = point;
        }
        return best;
    }
}
