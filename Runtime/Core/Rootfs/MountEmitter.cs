using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>The instructions that several mount steps share, by descriptors; and by mount(2) on <c>/proc/self/fd</c> for kernels without the mount API.</summary>
internal static class MountEmitter
{
    private const int MaxOptionLength = 255;

    /// <summary>Whether the mount API can take these options: fsconfig(2) refuses values of 256 bytes and more, such as long lists of overlay layers.</summary>
    public static bool FitsMountApi(InitProgram program, IReadOnlyList<string> data)
    {
        if (!program.Features.MountApi)
            return false;
        foreach (string option in data)
            if (option.Length > MaxOptionLength)
                return false;
        return true;
    }

    /// <summary>A new mount of a filesystem, attached nowhere yet.</summary>
    /// <param name="program">The program.</param>
    /// <param name="type">The filesystem's name.</param>
    /// <param name="source">What the mount table shows as its source.</param>
    /// <param name="options">What the filesystem itself is told.</param>
    /// <param name="attributes">MOUNT_ATTR_… of the mount.</param>
    /// <param name="refused">Where the walk continues when the kernel refuses this filesystem to the child (EPERM); null ends it with an error.</param>
    public static Slot NewMount(InitProgram program, string type, string? source, MountOptions options, ulong attributes, Label? refused = null)
    {
        ChildProgram child = program.Child;
        Slot context = child.NewSlot();
        Instruction open = child.Call(SYS.fsopen, child.Text(type), FSOPEN_CLOEXEC).Into(context);
        if (refused is { } other)
            open.On(Errno.EPERM, other);
        if (source is not null)
            child.Call(SYS.fsconfig, context, FSCONFIG_SET_STRING, child.Text("source"), child.Text(source), 0);
        foreach ((uint flag, string name) in FilesystemFlags(type, options))
            if (flag != 0)
                child.Call(SYS.fsconfig, context, FSCONFIG_SET_FLAG, child.Text(name), 0, 0);
        foreach (string option in options.Data)
        {
            int equals = option.IndexOf('=');
            if (equals < 0)
                child.Call(SYS.fsconfig, context, FSCONFIG_SET_FLAG, child.Text(option), 0, 0);
            else
                child.Call(SYS.fsconfig, context, FSCONFIG_SET_STRING, child.Text(option[..equals]), child.Text(option[(equals + 1)..].Trim('"')), 0);
        }
        child.Call(SYS.fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
        Slot mount = child.CallInto(SYS.fsmount, context, FSMOUNT_CLOEXEC, attributes);
        child.Call(SYS.close, context);
        return mount;
    }

    /// <summary>Puts a mount that is attached nowhere on its target.</summary>
    public static void Attach(InitProgram program, Slot mount, Slot target)
    {
        Data empty = program.Child.Text("");
        program.Child.Call(SYS.move_mount, mount, empty, target, empty, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    }

    /// <summary>A copy of what <paramref name="source"/> names, attached nowhere yet: a bind mount before it has a place.</summary>
    public static Slot CloneTree(InitProgram program, Operand folder, Data source, bool recursive) => program.Child.CallInto(
        SYS.open_tree, folder, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? (uint)AT_RECURSIVE : 0) | AT_EMPTY_PATH);

    /// <summary>As <see cref="CloneTree"/>, of a path of the host's. The root of a user namespace may be nobody to the host's folders: where they do not let it pass,
    /// the parent, who may, opens the path, in the child's own mount namespace.</summary>
    public static Slot CloneHostTree(InitProgram program, string path, bool recursive)
    {
        ChildProgram child = program.Child;
        Label refused = child.NewLabel(), done = child.NewLabel();
        Slot tree = child.NewSlot();
        uint flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? (uint)AT_RECURSIVE : 0);
        child.Call(SYS.open_tree, AT_FDCWD, child.Text(path), flags).Into(tree).On(Errno.EACCES, refused).Then(done);
        child.Mark(refused);
        Slot source = AskForHostPath(program, path);
        child.Call(SYS.open_tree, source, child.Text(""), flags | AT_EMPTY_PATH).Into(tree);
        child.Call(SYS.close, source);
        child.Mark(done);
        child.Set(Slot.None, 0);
        return tree;
    }

    /// <summary>An O_PATH descriptor of a path of the host's, as <see cref="CloneHostTree"/> finds it.</summary>
    public static Slot OpenHostPath(InitProgram program, string path)
    {
        ChildProgram child = program.Child;
        Label refused = child.NewLabel(), done = child.NewLabel();
        Slot opened = child.NewSlot();
        child.Call(SYS.openat, AT_FDCWD, child.Text(path), O_PATH | O_CLOEXEC).Into(opened).On(Errno.EACCES, refused).Then(done);
        child.Mark(refused);
        child.Set(opened, AskForHostPath(program, path));
        child.Mark(done);
        child.Set(Slot.None, 0);
        return opened;
    }

    /// <summary>mount(2) of one descriptor on another, for kernels without the mount API: that takes two paths at once, so one is the working directory.</summary>
    public static void BindTo(InitProgram program, Slot source, Slot target, uint flags)
    {
        ChildProgram child = program.Child;
        Label file = child.NewLabel(), done = child.NewLabel();
        child.Call(SYS.fchdir, source).On(Errno.ENOTDIR, file);
        child.Call(SYS.mount, child.Text("."), PathOf(program, target), 0, flags, 0).Then(done);
        child.Mark(file);
        // A file cannot be a working directory: standard input's number, for the moment.
        Slot input = child.CallInto(SYS.fcntl, 0, F_DUPFD_CLOEXEC, 3);
        child.Call(SYS.dup3, source, 0, 0);
        child.Call(SYS.mount, child.Text("/proc/self/fd/0"), PathOf(program, target), 0, flags, 0);
        child.Call(SYS.dup3, input, 0, 0);
        child.Call(SYS.close, input);
        child.Mark(done);
        child.Call(SYS.close, source);
    }

    private static Slot AskForHostPath(InitProgram program, string path)
    {
        ChildProgram child = program.Child;
        Label found = child.NewLabel();
        Slot root = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/"), O_PATH | O_DIRECTORY | O_CLOEXEC);
        Data answer = program.AskForDescriptors(InitMessage.ResolveExisting, program.AddPath(path), [root], 1);
        child.Call(SYS.close, root);
        Slot source = child.Load(answer);
        Label missing = child.NewLabel();
        child.BranchIfEqual(source, 0, missing);
        child.Jump(found);
        child.Mark(missing);
        program.Fail(Errno.ENOENT);
        child.Mark(found);
        child.Set(Slot.None, 0);
        return source;
    }

    /// <summary>Sets and clears attributes of an attached mount: mount_setattr(2), or a remount by path before Linux 5.12.</summary>
    /// <remarks>In a user namespace, what the host has set on a mount is locked: it stays set, and when a file was read (atime) stays as the host has it.</remarks>
    public static void SetAttributes(InitProgram program, Slot mount, ulong set, ulong clear, bool recursive = false)
    {
        if ((set | clear) == 0)
            return;
        ChildProgram child = program.Child;
        if (program.Features.MountSetAttr)
        {
            Instruction call = CallSetAttributes(program, mount, set, clear, recursive);
            ulong setElse = set & ~MOUNT_ATTR__ATIME, clearElse = clear & ~MOUNT_ATTR__ATIME;
            if (clear == clearElse)
                return;
            Label locked = child.NewLabel(), done = child.NewLabel();
            call.On(Errno.EPERM, locked).Then(done);
            child.Mark(locked);
            CallSetAttributes(program, mount, setElse, clearElse, recursive);
            child.Mark(done);
            child.Set(Slot.None, 0);
            return;
        }
        Remount(program, mount, set, clear);
    }

    private static Instruction CallSetAttributes(InitProgram program, Slot mount, ulong set, ulong clear, bool recursive)
    {
        Data attributes = program.Child.Struct(new mount_attr { attr_set = set, attr_clr = clear });
        return program.Child.Call(SYS.mount_setattr, mount, program.Child.Text(""), AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attributes, 32);
    }

    // A remount sets all flags at once, and would clear those of the source that are not named: nosuid, of a folder that the host has so for a reason.
    // So each mount's own are asked for first. The old call cannot reach the mounts below.
    private static void Remount(InitProgram program, Slot mount, ulong set, ulong clear)
    {
        const int FlagsOffset = 80; // struct statfs, f_flags; ST_RDONLY, ST_NOSUID, ST_NODEV and ST_NOEXEC are as MS_…
        const uint Kept = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, Atime = MS_NOATIME | MS_NODIRATIME;
        ChildProgram child = program.Child;
        uint wanted = MountOptions.ToLegacy(set, 0);
        uint keepable = Kept & ~wanted & ~MountOptions.ToLegacy(clear, 0);
        Label done = child.NewLabel();
        Data status = child.Reserve(128);
        child.Call(SYS.fstatfs, mount, status);
        Slot kept = child.Load(status.At(FlagsOffset), keepable);
        for (uint flags = 0; flags <= Kept; flags++)
        {
            if ((flags & ~keepable) != 0)
                continue;
            Label next = child.NewLabel(), remount = child.NewLabel(), locked = child.NewLabel();
            child.BranchIfEqual(kept, flags, remount);
            child.Jump(next);
            child.Mark(remount);
            child.Call(SYS.mount, 0, PathOf(program, mount), 0, MS_REMOUNT | MS_BIND | wanted | flags, 0).On(Errno.EPERM, locked).Then(done);
            child.Mark(locked);
            // In a user namespace: without a word about atime, a remount leaves it.
            child.Call(SYS.mount, 0, PathOf(program, mount), 0, MS_REMOUNT | MS_BIND | (wanted & ~Atime) | flags, 0).Then(done);
            child.Mark(next);
        }
        program.Fail(Errno.EPERM);
        child.Mark(done);
        child.Set(Slot.None, 0);
    }

    /// <summary>Sets the propagation of an attached mount.</summary>
    public static void SetPropagation(InitProgram program, Slot mount, uint propagation) =>
        program.Child.Call(SYS.mount, 0, PathOf(program, mount), 0, propagation, 0);

    /// <summary>A path that names the same file as <paramref name="descriptor"/>, for calls that take paths only.</summary>
    public static Data PathOf(InitProgram program, Slot descriptor)
    {
        program.Child.Call(SYS.dup3, descriptor, program.PathDescriptor, O_CLOEXEC);
        return program.Child.Text($"/proc/self/fd/{program.PathDescriptor}");
    }

    /// <summary>The words that a filesystem takes for flags of mount(2) that are its own. <c>ro</c> is told only to filesystems that keep data on a device.</summary>
    private static (uint, string)[] FilesystemFlags(string type, MountOptions options)
    {
        uint flags = options.FilesystemFlags;
        bool readonlyFilesystem = options.IsReadonly && type is not ("proc" or "sysfs" or "tmpfs" or "ramfs" or "devpts" or "mqueue" or "cgroup" or "cgroup2" or "devtmpfs");
        if (flags == 0 && !readonlyFilesystem)
            return [];
        return
        [
            (flags & MS_SYNCHRONOUS, "sync"), (flags & MS_DIRSYNC, "dirsync"), (flags & MS_MANDLOCK, "mand"), (flags & MS_LAZYTIME, "lazytime"),
            (flags & MS_I_VERSION, "iversion"), (readonlyFilesystem ? 1U : 0, "ro"),
        ];
    }
}
