using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>Mounts of this process's own mount namespace.</summary>
public static unsafe class Mounts
{
    // A mount's options are copied by the kernel as one page.
    private const int OptionsPage = 4096;

    // fsconfig(2) takes values of so many bytes.
    private const int LongestValue = 255;

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
                if (TryConfigure(context, what, lowers, upper, work))
                {
                    nint created = Kernel.Call(SYS.fsconfig, context.Number, (nint)Mount.FSCONFIG_CMD_CREATE, 0, 0, 0);
                    // Before Linux 6.5 overlayfs takes any option, and only now says that it doesn't know it. What else is wrong is said again below.
                    if (created != -Errno.EINVAL)
                    {
                        Check.Ok(created, what);
                        using FileDescriptor mount = new((int)Check.Ok(Kernel.Call(SYS.fsmount, context.Number, (nint)Mount.FSMOUNT_CLOEXEC, 0), what));
                        Attach(mount, target);
                        return;
                    }
                }
        // Before Linux 6.5 there is no `lowerdir+`: all of them in one option.
        string above = upper is null ? "" : $",upperdir={Escape(upper)},workdir={Escape(work!)}";
        string options = $"lowerdir={string.Join(':', lowers.Select(Escape))}{above}";
        List<FileDescriptor> held = [];
        try
        {
            if (System.Text.Encoding.UTF8.GetByteCount(options) >= OptionsPage)
            {
                // By descriptors a path is short enough for some two hundred of them.
                foreach (string lower in lowers)
                    held.Add(Files.Open(null, lower, Open.O_PATH | Open.O_DIRECTORY));
                options = $"lowerdir={string.Join(':', held.Select(NameOf))}{above}";
                if (System.Text.Encoding.UTF8.GetByteCount(options) >= OptionsPage)
                    throw new SyscallException($"{what}: {lowers.Count} layers, whose paths are longer together than this kernel takes (Linux 6.5 takes any number)", Errno.E2BIG);
            }
            fixed (byte* t = Files.Utf8(target))
            fixed (byte* type = "overlay\0"u8)
            fixed (byte* o = Files.Utf8(options))
                Check.Ok(Kernel.Call(SYS.mount, (nint)type, (nint)t, (nint)type, 0, (nint)o), what);
        }
        finally
        {
            held.ForEach(l => l.Dispose());
        }
    }

    /// <summary>
    /// Makes a filesystem of an erofs image, read-only, from the file itself or, before Linux 6.12, by a loop device. It is attached nowhere yet, and
    /// gone with the descriptor if it never is. A negated errno on failure.
    /// </summary>
    /// <param name="image">The image's file.</param>
    /// <param name="mount">The filesystem, as a mount without devices and programs for whoever comes upon it.</param>
    /// <param name="usesLoop">Not from the file, even where that is possible.</param>
    public static nint TryOpenErofs(string image, out FileDescriptor? mount, bool usesLoop = false)
    {
        const uint BlockSize = 4096;
        mount = null;
        // By the page cache of the image's file, which has it all just after a pull, and is read ahead later: a walk over 37,000 fresh files takes 1.0 s
        // so, 1.8 s with `directio`, and from the disk 2.1 s and 3.2 s. What is there twice then is the first that the kernel lets go.
        nint result = usesLoop ? -Errno.ENOTBLK : TryCreateErofs(image, out mount);
        // A kernel, or a filesystem such as tmpfs, that gives no files asks for a device.
        if (result != -Errno.ENOTBLK)
            return result;
        nint opened = Files.TryOpen(null, image, Open.O_RDONLY | Open.O_NOFOLLOW);
        if (opened < 0)
            return opened;
        using FileDescriptor file = new((int)opened);
        result = LoopDevice.TryAttach(file, BlockSize, out string device, out FileDescriptor? held);
        using (held)
            return result < 0 ? result : TryCreateErofs(device, out mount);
    }

    /// <summary>A new, empty tmpfs that is attached nowhere, and gone with the descriptor if it never is. A negated
    /// errno where this caller may mount none.</summary>
    public static nint TryNewTmpfs(out FileDescriptor? mount)
    {
        mount = null;
        nint opened = TryOpenContext("tmpfs\0"u8);
        if (opened < 0)
            return opened;
        using FileDescriptor context = new((int)opened);
        return TryCreate(context, 0, out mount);
    }

    /// <summary>move_mount(2): attaches a mount that is attached nowhere.</summary>
    public static void Attach(FileDescriptor mount, string target)
    {
        byte empty = 0;
        fixed (byte* t = Files.Utf8(target))
            Check.Ok(Kernel.Call(SYS.move_mount, mount.Number, (nint)(&empty), Open.AT_FDCWD, (nint)t, (nint)Mount.MOVE_MOUNT_F_EMPTY_PATH), "mount on", target);
    }

    /// <summary>Makes a folder a mount of its own: what is mounted in it is seen in no other mount namespace that is there already.</summary>
    public static void MakePrivate(string folder)
    {
        fixed (byte* f = Files.Utf8(folder))
        {
            Check.Ok(Kernel.Call(SYS.mount, (nint)f, (nint)f, 0, (nint)Mount.MS_BIND, 0), "mount on itself", folder);
            Check.Ok(Kernel.Call(SYS.mount, 0, (nint)f, 0, (nint)Mount.MS_PRIVATE, 0), "make private", folder);
        }
    }

    /// <summary>Whether something is mounted on a folder; null where the kernel doesn't tell (before Linux 5.8).</summary>
    public static bool? IsMounted(string folder)
    {
        Check.Ok(Files.TryStat(null, folder, out statx status), "stat", folder);
        return (status.stx_attributes_mask & statx.STATX_ATTR_MOUNT_ROOT) == 0 ? null : (status.stx_attributes & statx.STATX_ATTR_MOUNT_ROOT) != 0;
    }

    private static nint TryCreateErofs(string source, out FileDescriptor? mount)
    {
        mount = null;
        nint result = TryOpenContext("erofs\0"u8);
        if (result < 0)
            return result;
        using FileDescriptor context = new((int)result);
        // A path that is too long for an option is opened here, and named by its descriptor.
        result = 0;
        using FileDescriptor? held = IsTooLong(source) && (result = Files.TryOpen(null, source, Open.O_PATH)) >= 0 ? new FileDescriptor((int)result) : null;
        if (result >= 0)
            result = SetString(context, "source", held is null ? source : NameOf(held));
        if (result >= 0)
            result = SetFlag(context, "ro");
        return result < 0 ? result
            : TryCreate(context, Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC, out mount);
    }

    // fsopen(2); a negated errno on failure.
    private static nint TryOpenContext(ReadOnlySpan<byte> type)
    {
        fixed (byte* t = type)
            return Kernel.Call(SYS.fsopen, (nint)t, (nint)Mount.FSOPEN_CLOEXEC);
    }

    // Makes the filesystem that was configured, as a mount that is attached nowhere; a negated errno on failure.
    private static nint TryCreate(FileDescriptor context, ulong attributes, out FileDescriptor? mount)
    {
        nint result = Kernel.Call(SYS.fsconfig, context.Number, (nint)Mount.FSCONFIG_CMD_CREATE, 0, 0, 0);
        if (result >= 0)
            result = Kernel.Call(SYS.fsmount, context.Number, (nint)Mount.FSMOUNT_CLOEXEC, (nint)attributes);
        mount = result < 0 ? null : new FileDescriptor((int)result);
        return result;
    }

    /// <summary>umount2(2); with <paramref name="isLazy"/> also where it is in use (MNT_DETACH). A negated errno on failure.</summary>
    public static nint TryUnmount(string target, bool isLazy = false)
    {
        fixed (byte* t = Files.Utf8(target))
            return Kernel.Call(SYS.umount2, (nint)t, isLazy ? (nint)Mount.MNT_DETACH : 0);
    }

    private static bool TryConfigure(FileDescriptor context, string what, IReadOnlyList<string> lowers, string? upper, string? work)
    {
        List<FileDescriptor> held = [];
        try
        {
            Check.Ok(SetString(context, "source", "overlay"), what);
            foreach (string lower in lowers)
                if (SetString(context, "lowerdir+", Short(lower, held)) is < 0 and var result)
                    return result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP ? false : Check.Ok(result, $"{what}, with lowerdir {lower}") == 0;
            if (upper is not null)
            {
                // A backslash takes the meaning of what follows it from these two options, and not from `lowerdir+`.
                Check.Ok(SetString(context, "upperdir", Short(upper.Replace("\\", "\\\\"), held, upper)), $"{what}, with upperdir {upper}");
                Check.Ok(SetString(context, "workdir", Short(work!.Replace("\\", "\\\\"), held, work)), $"{what}, with workdir {work}");
            }
            return true;
        }
        finally
        {
            held.ForEach(d => d.Dispose());
        }
    }

    // The value of an option that is a directory: the directory's descriptor where its path is too long.
    private static string Short(string value, List<FileDescriptor> held, string? path = null)
    {
        if (!IsTooLong(value))
            return value;
        held.Add(Files.Open(null, path ?? value, Open.O_PATH | Open.O_DIRECTORY));
        return NameOf(held[^1]);
    }

    private static bool IsTooLong(string value) => System.Text.Encoding.UTF8.GetByteCount(value) > LongestValue;

    private static string NameOf(FileDescriptor file) => $"/proc/self/fd/{file.Number}";

    private static nint SetFlag(FileDescriptor context, string key)
    {
        fixed (byte* k = Files.Utf8(key))
            return Kernel.Call(SYS.fsconfig, context.Number, (nint)Mount.FSCONFIG_SET_FLAG, (nint)k, 0, 0);
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
