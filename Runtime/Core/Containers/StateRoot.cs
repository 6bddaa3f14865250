using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>Where the state of containers is kept when the caller names no place.</summary>
public static class StateRoot
{
    private const string OfRoot = "/run/vrun";
    private const uint Private = 0x1c0; // 0700

    // Files of $XDG_RUNTIME_DIR that nobody touches for hours may be cleaned up, unless they have the sticky bit (XDG Base Directory Specification).
    private const uint Sticky = 0x200;

    /// <summary>The store: root's <c>/run/vrun</c>; an ordinary user's, or that of root in a user namespace, <c>$XDG_RUNTIME_DIR/vrun</c>.</summary>
    /// <exception cref="RuntimeException">An ordinary user without a folder for such things.</exception>
    public static ContainerStore Default(Caller caller)
    {
        string? folder = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { } named && named.StartsWith('/') ? named : null;
        if (!caller.IsOrdinary)
            return folder is not null && Environment.GetEnvironmentVariable("USER") != "root" && Caller.IsInUserNamespace ? OfUser(folder) : new ContainerStore(OfRoot);
        string usual = $"/run/user/{caller.Uid}";
        if (folder is null && Files.TryStat(null, usual, out statx status) == 0 && status.stx_uid == caller.Uid)
            folder = usual;
        return folder is not null ? OfUser(folder) : throw new RuntimeException(ErrorKind.NotFound,
            $"no folder for the state of {caller.Name}'s containers: XDG_RUNTIME_DIR is not set, and there is no {usual}: `loginctl enable-linger {caller.Name}` or a login makes it, or `--root DIR` names another");
    }

    private static ContainerStore OfUser(string folder) => new(folder.TrimEnd('/') + "/vrun", Private | Sticky);
}
