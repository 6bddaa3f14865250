using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>Who calls us: what the kernel lets us do, and what is to be told when it does not, depend on it.</summary>
/// <param name="Uid">Effective user.</param>
/// <param name="Gid">Group.</param>
public sealed record Caller(uint Uid, uint Gid)
{
    private const string WholeMapping = "0 0 4294967295";

    /// <summary>An ordinary user: containers need a user namespace of their own.</summary>
    public bool IsOrdinary => Uid != 0;

    /// <summary>The user's name on the host, or its number.</summary>
    public string Name => UserNames.Of(Uid);

    /// <summary>Whether we are in a user namespace that is not the host's, as in a rootless container.</summary>
    public static bool IsInUserNamespace => UserNamespace.Value;

    private static Lazy<bool> UserNamespace { get; } = new(() => Files.TryReadText(null, "/proc/self/uid_map") is { } map
        && string.Join(' ', map.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)) != WholeMapping);

    /// <summary>Whether cgroups that cannot be made are done without where nothing asks for them: for all but the host's root.</summary>
    public bool LacksCgroups => IsOrdinary || IsInUserNamespace;

    /// <summary>Asks the kernel.</summary>
    public static Caller Ask() => new((uint)Kernel.Call(SYS.geteuid), (uint)Kernel.Call(SYS.getgid));
}
