using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>Who calls us: what the kernel lets us do, and what is to be told when it does not, depend on it.</summary>
/// <param name="Uid">Effective user.</param>
/// <param name="Gid">Group.</param>
public sealed record Caller(uint Uid, uint Gid)
{
    // PROC_USER_INIT_INO of the kernel: the host's user namespace has this number on every boot.
    private const ulong FirstUserNamespace = 0xeffffffd;

    /// <summary>An ordinary user: containers need a user namespace of their own.</summary>
    public bool IsOrdinary => Uid != 0;

    /// <summary>The user's name on the host, or its number.</summary>
    public string Name => UserNames.Of(Uid);

    /// <summary>Whether we are in a user namespace that is not the host's, as in a rootless container.</summary>
    public static bool IsInUserNamespace => UserNamespace.Value;

    private static Lazy<bool> UserNamespace { get; } = new(() => Files.TryStat(null, "/proc/self/ns/user", out statx status) >= 0 && status.stx_ino != FirstUserNamespace);

    /// <summary>Whether cgroups that cannot be made are done without where nothing asks for them: for all but the host's root.</summary>
    public bool LacksCgroups => IsOrdinary || IsInUserNamespace;

    /// <summary>Asks the kernel.</summary>
    public static Caller Ask() => new((uint)Kernel.Call(SYS.geteuid), (uint)Kernel.Call(SYS.getgid));
}
