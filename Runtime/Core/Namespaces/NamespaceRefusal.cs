using Vessel.Core.Containers;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Namespaces;

/// <summary>Why the kernel may have refused to make namespaces, and what lets it: for the person who reads the error.</summary>
internal static class NamespaceRefusal
{
    /// <summary>Goes on where the error's text ends; nothing where there is nothing to add.</summary>
    public static string Explain(int errno, ulong flags)
    {
        bool asksForUser = (flags & Clone.CLONE_NEWUSER) != 0;
        return errno switch
        {
            Errno.ENOSPC when asksForUser && IsZero("/proc/sys/user/max_user_namespaces") => ": user namespaces are off on this host (sysctl user.max_user_namespaces=15000 allows them)",
            Errno.ENOSPC => ": no more namespaces are allowed, or not so deep in one another (sysctl user.max_*_namespaces)",
            Errno.EPERM when asksForUser && Caller.Ask().IsOrdinary && IsZero("/proc/sys/kernel/unprivileged_userns_clone") => ": only root may make user namespaces on this host (sysctl kernel.unprivileged_userns_clone=1 allows them to all)",
            Errno.EPERM when asksForUser && IsOne("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") => ": AppArmor restricts user namespaces on this host (a profile with `userns,` for vrun, or sysctl kernel.apparmor_restrict_unprivileged_userns=0, allows them)",
            Errno.EPERM when asksForUser => ": in a container: its filter does not let it make namespaces (docker run --privileged, or --security-opt seccomp=unconfined)",
            Errno.EPERM => ": we have no CAP_SYS_ADMIN here; in a container: it may not make namespaces, run it with --privileged",
            Errno.EINVAL => ": this kernel lacks one of them",
            _ => "",
        };
    }

    private static bool IsZero(string file) => Files.TryReadText(null, file)?.Trim() == "0";

    private static bool IsOne(string file) => Files.TryReadText(null, file)?.Trim() == "1";
}
