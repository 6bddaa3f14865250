using Vessel.Core.Namespaces;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>Whose the standard streams are.</summary>
internal static class Stdio
{
    private static readonly int[] Own = [0, 1, 2];

    /// <summary>The streams that belong to somebody else than the process's user, and that may become that user's: pipes,
    /// sockets, regular files and terminals. A directory, a disk or another device was opened for the container to use,
    /// not to own: its owner, mode and content concern the whole host.</summary>
    /// <param name="hostUid">The process's user, as the host sees it; null where that is not known yet.</param>
    /// <param name="inUserNamespace">Leaves terminals as they are, too: their user on the host would lose them.</param>
    /// <param name="given">The streams that the process gets in place of our own; null for our own.</param>
    /// <returns>The numbers that the streams have in the process.</returns>
    public static IReadOnlyList<int> OfOtherUsers(uint? hostUid, bool inUserNamespace, StandardStreams? given = null)
    {
        IReadOnlyList<int> streams = given?.Numbers ?? Own;
        List<int> foreign = [];
        for (int stream = 0; stream < streams.Count; stream++)
            if (Files.TryStat(streams[stream], out statx status) == 0 && status.stx_uid != hostUid)
            {
                uint kind = status.stx_mode & S_IFMT;
                if (kind is S_IFIFO or S_IFSOCK or S_IFREG || (kind == S_IFCHR && !inUserNamespace && IsTerminal(streams[stream])))
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
        foreach (int stream in OfOtherUsers(owner, inUserNamespace: true, given))
            // best effort: the stream works as it was passed.
            _ = Kernel.Call(SYS.fchown, streams[stream], (nint)owner, -1);
    }

    private static bool IsTerminal(int stream)
    {
        using FileDescriptor copy = new(Files.Duplicate(stream));
        return TerminalMode.IsTerminal(copy);
    }
}
