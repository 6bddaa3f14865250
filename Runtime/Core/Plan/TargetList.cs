using Vessel.Core.Rootfs;

namespace Vessel.Core.Plan;

/// <summary>Numbers the places in the container's tree while a plan is made.</summary>
public sealed class TargetList
{
    private readonly List<MountTarget> targets = [];

    /// <summary>The targets, each at its index.</summary>
    public IReadOnlyList<MountTarget> Targets => targets;

    /// <summary>Adds a place. Its path is cleaned: one slash between names, none at the end, no <c>.</c>.</summary>
    public MountTarget Add(string path, TargetKind kind, bool isPlain = false, uint directoryMode = MountTarget.UsualDirectoryMode)
    {
        MountTarget target = new(targets.Count, Clean(path), kind, isPlain, directoryMode);
        targets.Add(target);
        return target;
    }

    /// <summary>A path as a text without repeated slashes, <c>.</c> and a slash at the end. <c>..</c> stays: only the kernel knows where it leads.</summary>
    public static string Clean(string path)
    {
        if (IsClean(path))
            return path;
        return "/" + string.Join('/', path.Split('/').Where(name => name is not ("" or ".")));
    }

    private static bool IsClean(string path)
    {
        if (path.Length == 0 || path[0] != '/' || (path.Length > 1 && path[^1] == '/'))
            return false;
        return !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/./", StringComparison.Ordinal) && !path.EndsWith("/.", StringComparison.Ordinal);
    }
}
