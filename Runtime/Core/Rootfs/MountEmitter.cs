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
    public static Slot NewMount(InitProgram program, string type, string? source, MountOptions options, ulong attributes)
    {
        ChildProgram child = program.Child;
        Slot context = child.CallInto(SYS.fsopen, child.Text(type), FSOPEN_CLOEXEC);
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

    /// <summary>Sets and clears attributes of an attached mount: mount_setattr(2), or a remount by path before Linux 5.12.</summary>
    public static void SetAttributes(InitProgram program, Slot mount, ulong set, ulong clear, bool recursive = false)
    {
        if ((set | clear) == 0)
            return;
        ChildProgram child = program.Child;
        if (program.Features.MountSetAttr)
        {
            Data attributes = child.Struct(new mount_attr { attr_set = set, attr_clr = clear });
            child.Call(SYS.mount_setattr, mount, child.Text(""), AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attributes, 32);
            return;
        }
        // A remount sets all flags at once: those that are not named are cleared. The old call cannot reach the mounts below.
        child.Call(SYS.mount, 0, PathOf(program, mount), 0, MS_REMOUNT | MS_BIND | MountOptions.ToLegacy(set, 0), 0);
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
