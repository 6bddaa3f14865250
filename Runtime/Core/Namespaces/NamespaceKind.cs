using static Vessel.Native.Raw.Clone;

namespace Vessel.Core.Namespaces;

/// <summary>The kinds of namespaces, in the order in which they are joined; when the user namespace's turn is, <see cref="JoinNamespace.InOrder"/> says.
/// The mount namespace comes last, since the paths of the others are the host's.</summary>
public enum NamespaceKind
{
    User,
    Cgroup,
    Ipc,
    Uts,
    Network,
    Pid,
    Time,
    Mount,
}

/// <summary>Names and flags of <see cref="NamespaceKind"/>.</summary>
public static class NamespaceKinds
{
    /// <summary>Reads the specification's name: <c>network</c>.</summary>
    public static NamespaceKind Parse(string type) => type switch
    {
        "user" => NamespaceKind.User,
        "cgroup" => NamespaceKind.Cgroup,
        "ipc" => NamespaceKind.Ipc,
        "uts" => NamespaceKind.Uts,
        "network" => NamespaceKind.Network,
        "pid" => NamespaceKind.Pid,
        "time" => NamespaceKind.Time,
        "mount" => NamespaceKind.Mount,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no namespace"),
    };

    /// <summary>The specification's name.</summary>
    public static string NameOf(this NamespaceKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The name under <c>/proc/PID/ns</c>.</summary>
    public static string ProcName(this NamespaceKind kind) => kind switch
    {
        NamespaceKind.Network => "net",
        NamespaceKind.Mount => "mnt",
        _ => kind.NameOf(),
    };

    /// <summary>CLONE_NEW…</summary>
    public static ulong Flag(this NamespaceKind kind) => kind switch
    {
        NamespaceKind.User => CLONE_NEWUSER,
        NamespaceKind.Cgroup => CLONE_NEWCGROUP,
        NamespaceKind.Ipc => CLONE_NEWIPC,
        NamespaceKind.Uts => CLONE_NEWUTS,
        NamespaceKind.Network => CLONE_NEWNET,
        NamespaceKind.Pid => CLONE_NEWPID,
        NamespaceKind.Time => CLONE_NEWTIME,
        _ => CLONE_NEWNS,
    };
}
