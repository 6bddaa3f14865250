using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Mounts of this process's own mount namespace.</summary>
public static unsafe class Mounts
{
    // A mount's options are copied by the kernel as one page.
    private const int OptionsPage = 4096;

    /// <summary>Mounts an overlay (Documentation/filesystems/overlayfs).</summary>
    /// <param name="target">A folder.</param>
    /// <param name="lowers">What lies below, the topmost first.</param>
    /// <param name="upper">What takes the changes; null for a mount that nobody can write to.</param>
    /// <param name="work">An empty folder beside <paramref name="upper"/>; null without one.</param>
    /// <exception cref="SyscallException">The kernel refuses it; nothing is mounted.</exception>
    public static void MountOverlay(string target, IReadOnlyList<string> lowers, string? upper, string? work)
    {
        string what = $"mount overlay on {target}";
        nint opened;
        fixed (byte* type = "overlay\0"u8)
            opened = Kernel.Call(SYS.fsopen, (nint)type, (nint)Mount.FSOPEN_CLOEXEC);
        if (opened >= 0)
            using (FileDescriptor context = new((int)opened))
                if (TryConfigure(context, lowers, upper, work))
                {
                    Check.Ok(Kernel.Call(SYS.fsconfig, context.Number, (nint)Mount.FSCONFIG_CMD_CREATE, 0, 0, 0), what);
                    using FileDescriptor mount = new((int)Check.Ok(Kernel.Call(SYS.fsmount, context.Number, (nint)Mount.FSMOUNT_CLOEXEC, 0), what));
                    byte empty = 0;
                    fixed (byte* t = Files.Utf8(target))
                        Check.Ok(Kernel.Call(SYS.move_mount, mount.Number, (nint)(&empty), Open.AT_FDCWD, (nint)t, (nint)Mount.MOVE_MOUNT_F_EMPTY_PATH), what);
                    return;
                }
        // Before Linux 6.5 there is no `lowerdir+`: all of them in one option.
        string options = $"lowerdir={string.Join(':', lowers.Select(Escape))}" + (upper is null ? "" : $",upperdir={Escape(upper)},workdir={Escape(work!)}");
        byte[] bytes = Files.Utf8(options);
        if (System.Text.Encoding.UTF8.GetByteCount(options) >= OptionsPage)
            throw new SyscallException($"{what}: {lowers.Count} layers, whose paths are longer together than this kernel takes (Linux 6.5 takes any number)", Errno.E2BIG);
        fixed (byte* t = Files.Utf8(target))
        fixed (byte* type = "overlay\0"u8)
        fixed (byte* o = bytes)
            Check.Ok(Kernel.Call(SYS.mount, (nint)type, (nint)t, (nint)type, 0, (nint)o), what);
    }

    /// <summary>umount2(2); with <paramref name="isLazy"/> also where it is in use (MNT_DETACH). A negated errno on failure.</summary>
    public static nint TryUnmount(string target, bool isLazy = false)
    {
        fixed (byte* t = Files.Utf8(target))
            return Kernel.Call(SYS.umount2, (nint)t, isLazy ? (nint)Mount.MNT_DETACH : 0);
    }

    private static bool TryConfigure(FileDescriptor context, IReadOnlyList<string> lowers, string? upper, string? work)
    {
        Check.Ok(SetString(context, "source", "overlay"), "source", "overlay");
        foreach (string lower in lowers)
            if (SetString(context, "lowerdir+", lower) is < 0 and var result)
                return result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP ? false : Check.Ok(result, "lowerdir+", lower) == 0;
        if (upper is not null)
        {
            Check.Ok(SetString(context, "upperdir", upper), "upperdir", upper);
            Check.Ok(SetString(context, "workdir", work!), "workdir", work);
        }
        return true;
    }

    private static nint SetString(FileDescriptor context, string key, string value)
    {
        fixed (byte* k = Files.Utf8(key))
        fixed (byte* v = Files.Utf8(value))
            return Kernel.Call(SYS.fsconfig, context.Number, (nint)Mount.FSCONFIG_SET_STRING, (nint)k, (nint)v, 0);
    }

    // In the option, colons separate folders, commas options.
    private static string Escape(string path) => path.Replace("\\", "\\\\").Replace(":", "\\:").Replace(",", "\\,");
}
