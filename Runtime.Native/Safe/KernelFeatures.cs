using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Which of the newer calls this kernel has, or a filter around us lets through. A plan is made for these features, so a test can ask for an older kernel's plan.</summary>
/// <param name="OpenAt2">openat2 (5.6).</param>
/// <param name="MountApi">fsopen, fsconfig, fsmount, move_mount, open_tree (5.2).</param>
/// <param name="MountSetAttr">mount_setattr (5.12).</param>
/// <param name="Clone3">clone3 (5.3).</param>
/// <param name="CloseRangeCloexec">close_range with CLOSE_RANGE_CLOEXEC (5.11).</param>
public readonly record struct KernelFeatures(bool OpenAt2, bool MountApi, bool MountSetAttr, bool Clone3, bool CloseRangeCloexec)
{
    /// <summary>Everything there.</summary>
    public static KernelFeatures All => new(true, true, true, true, true);

    /// <summary>Nothing there: what a kernel of 2018 or an old filter gives.</summary>
    public static KernelFeatures None => default;

    /// <summary>What is there and what is not, as a sentence.</summary>
    public override string ToString()
    {
        List<string> has = [], lacks = [];
        foreach ((bool isThere, string name) in (ReadOnlySpan<(bool, string)>)
            [(OpenAt2, "openat2"), (MountApi, "the mount API"), (MountSetAttr, "mount_setattr"), (Clone3, "clone3"), (CloseRangeCloexec, "close_range")])
            (isThere ? has : lacks).Add(name);
        return $"has {(has.Count > 0 ? string.Join(", ", has) : "no newer call")}{(lacks.Count > 0 ? $"; lacks {string.Join(", ", lacks)}, for which older calls are used" : "")}";
    }

    /// <summary>Asks the kernel, with arguments that it must refuse: a call that isn't there, or that a filter denies, answers ENOSYS or EPERM.</summary>
    public static KernelFeatures Probe()
    {
        return new(
            OpenAt2: Has(Kernel.Call(SYS.openat2, -1, 0, 0, 0)),
            MountApi: HasMountApi(),
            MountSetAttr: Has(Kernel.Call(SYS.mount_setattr, -1, 0, 0, 0, 0)),
            Clone3: Has(Kernel.Call(SYS.clone3, 0, 0)),
            CloseRangeCloexec: Kernel.Call(SYS.close_range, int.MaxValue, int.MaxValue, (nint)Open.CLOSE_RANGE_CLOEXEC) == 0);
    }

    private static bool HasMountApi()
    {
        const int UnknownFlags = 0x7fff0000;
        nint fsopen = Kernel.Call(SYS.fsopen, 0, 0xffff), move = Kernel.Call(SYS.move_mount, -1, 0, -1, 0, UnknownFlags);
        if (Has(fsopen) && Has(move))
            return true;
        // Who may not mount gets EPERM whatever the arguments; these two look at them first.
        return fsopen == -Errno.EPERM && move == -Errno.EPERM && Kernel.Call(SYS.geteuid) != 0
            && Kernel.Call(SYS.open_tree, -1, 0, UnknownFlags) == -Errno.EINVAL && Kernel.Call(SYS.fsconfig, -1, 0, 0, 0, 0) == -Errno.EINVAL;
    }

    private static bool Has(nint result) => result != -Errno.ENOSYS && result != -Errno.EPERM;
}
