using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>The standard streams as the caller gave them.</summary>
internal static class Stdio
{
    private const int StreamCount = 3;

    /// <summary>Those that belong to somebody else than the process's user. The null device is everybody's, and stays as it is.</summary>
    public static IReadOnlyList<int> OfOtherUsers(uint uid)
    {
        List<int> foreign = [];
        for (int stream = 0; stream < StreamCount; stream++)
        {
            if (Files.TryStat(stream, out statx status) != 0 || status.stx_uid == uid)
                continue;
            bool isNull = (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 1 && status.stx_rdev_minor == 3;
            if (!isNull)
                foreign.Add(stream);
        }
        return foreign;
    }
}
