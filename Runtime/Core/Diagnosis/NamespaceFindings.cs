using Vessel.Core.Containers;
using Vessel.Core.Namespaces;
using Vessel.Core.Process;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Diagnosis;

/// <summary>Which namespaces we may make: a child tries, and ends.</summary>
internal static class NamespaceFindings
{
    private const string Topic = "namespaces";

    public static IEnumerable<Finding> Of(RuntimeHost host)
    {
        int user = Try(Clone.CLONE_NEWUSER, host.Features);
        yield return user == 0
            ? new Finding(Topic, "user", FindingStatus.Ok, "allowed")
            : Refused(NamespaceKind.User, user, Clone.CLONE_NEWUSER, host.Caller.IsOrdinary);
        // An ordinary user has the others in a user namespace alone.
        ulong with = host.Caller.IsOrdinary ? Clone.CLONE_NEWUSER : 0;
        if (with != 0 && user != 0)
            yield break;
        List<string> allowed = [];
        foreach (NamespaceKind kind in Enum.GetValues<NamespaceKind>())
        {
            if (kind == NamespaceKind.User)
                continue;
            int errno = Try(kind.Flag() | with, host.Features);
            if (errno == 0)
                allowed.Add(kind.NameOf());
            else
                yield return Refused(kind, errno, kind.Flag() | with, kind is NamespaceKind.Mount or NamespaceKind.Pid);
        }
        yield return new Finding(Topic, "others", FindingStatus.Ok, string.Join(' ', allowed));
    }

    private static Finding Refused(NamespaceKind kind, int errno, ulong flags, bool isFatal)
    {
        string advice = NamespaceRefusal.Explain(errno, flags).TrimStart(':', ' ');
        return new Finding(Topic, kind.NameOf(), isFatal ? FindingStatus.Fatal : FindingStatus.Missing, SyscallException.Describe(errno), advice);
    }

    private static int Try(ulong flags, KernelFeatures features)
    {
        ChildProgram child = BootProgram.New();
        child.Call(SYS.unshare, (nint)flags);
        child.Call(SYS.exit_group, 0);
        try
        {
            using ProcessHandle process = Spawner.Start(child, 0, features);
            process.Wait();
            return 0;
        }
        catch (SyscallException e)
        {
            return e.Errno;
        }
    }
}
