using Vessel.Core.Namespaces;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>Whose the standard streams are.</summary>
internal static class Stdio
{
    private static readonly int[] Own = [0, 1, 2];

    /// <summary>The streams that belong to somebody else than the process's user. The null device is everybody's, and stays as it is.</summary>
    /// <param name="hostUid">The process's user, as the host sees it; null where that is not known yet.</param>
    /// <param name="given">The streams that the process gets in place of our own; null for our own.</param>
    /// <returns>The numbers that the streams have in the process.</returns>
    public static IReadOnlyList<int> OfOtherUsers(uint? hostUid, StandardStreams? given = null)
    {
        IReadOnlyList<int> streams = given?.Numbers ?? Own;
        List<int> foreign = [];
        for (int stream = 0; stream < streams.Count; stream++)
        {
            if (Files.TryStat(streams[stream], out statx status) != 0 || status.stx_uid == hostUid)
                continue;
            bool isNull = (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 1 && status.stx_rdev_minor == 3;
            if (!isNull)
                foreign.Add(stream);
        }
        return foreign;
    }

    /// <summary>Gives the standard streams to a user of a process's user namespace.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="uid">The user, as the process sees it.</param>
    /// <param name="given">The streams that the process gets in place of our own; null for our own.</param>
    public static void Give(int pid, uint uid, StandardStreams? given = null)
    {
        if (IdMapper.HostUserOf(pid, uid) is not { } owner)
            return;
        IReadOnlyList<int> streams = given?.Numbers ?? Own;
        foreach (int stream in OfOtherUsers(owner, given))
            // best effort: the stream works as it was passed; a file of another owner (EPERM), or on a read-only filesystem (EROFS), stays as it is.
            _ = Kernel.Call(SYS.fchown, streams[stream], (nint)owner, -1);
    }
}
