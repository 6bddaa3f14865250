using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Makes a device node, fifo or socket; where the kernel forbids that (user namespace, nested container), binds the host's node.</summary>
/// <param name="Folder">The folder it goes into.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Mode">S_IFCHR, S_IFBLK or S_IFIFO, and the permissions.</param>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="Uid">Its user, as the container sees it.</param>
/// <param name="Gid">Its group, as the container sees it.</param>
/// <param name="BindAlways">For a user namespace, where mknod is never allowed.</param>
public sealed record MakeDevice(MountTarget Folder, string Name, uint Mode, uint Major, uint Minor, uint Uid, uint Gid, bool BindAlways) : PlanStep
{
    // What a node of the host's is bound with: it is no program.
    private const ulong Attributes = Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NOEXEC;

    private string Path => $"{Folder.Path}/{Name}";

    /// <inheritdoc/>
    public override string Describe() => $"make device {Path}";

    /// <inheritdoc/>
    public override string Explain() => BindAlways ? $"bind device {Path}" : $"{Describe()} {Major}:{Minor}, mode {Convert.ToString(Mode & 0xfff, 8)}, owner {Uid}:{Gid}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot folder = program.OpenFolder(Folder);
        Data name = child.Text(Name);
        Label bind = child.NewLabel(), exists = child.NewLabel(), done = child.NewLabel();
        if (!BindAlways)
        {
            child.Call(SYS.mknodat, folder, name, Mode, DeviceNumber(Major, Minor)).On(Errno.EEXIST, exists).On(Errno.EPERM, bind);
            if (Uid != 0 || Gid != 0)
                child.Call(SYS.fchownat, folder, name, Uid, Gid, AT_SYMLINK_NOFOLLOW);
            child.Jump(done);
            child.Mark(exists);
            CheckExisting(program, folder, name);
            child.Jump(done);
        }
        child.Mark(bind);
        Bind(program, folder, name);
        child.Mark(done);
        child.Set(Slot.None, 0);
    }

    /// <summary>A device number as the kernel's calls take it (<c>new_encode_dev</c>).</summary>
    public static uint DeviceNumber(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);

    // An image that brings the node is fine; one that brings something else under its name (a link, a file) is refused: what
    // is opened as /dev/null must be the null device.
    private void CheckExisting(InitProgram program, Slot folder, Data name)
    {
        ChildProgram child = program.Child;
        Data status = child.Reserve(256);
        Label wrong = child.NewLabel(), right = child.NewLabel(), major = child.NewLabel(), minor = child.NewLabel();
        child.Call(SYS.statx, folder, name, AT_SYMLINK_NOFOLLOW, (long)statx.STATX_BASIC_STATS, status);
        child.BranchIfEqual(child.Load(status.At(28), S_IFMT), Mode & S_IFMT, major);
        child.Jump(wrong);
        child.Mark(major);
        child.BranchIfEqual(child.Load(status.At(128)), Major, minor);
        child.Jump(wrong);
        child.Mark(minor);
        child.BranchIfEqual(child.Load(status.At(132)), Minor, right);
        child.Mark(wrong);
        program.Fail(Errno.EEXIST);
        child.Mark(right);
        child.Set(Slot.None, 0);
    }

    /// <summary>Writes: attach a mount of the node that was made elsewhere.</summary>
    internal void Attach(InitProgram program, Slot tree)
    {
        ChildProgram child = program.Child;
        Label made = child.NewLabel();
        Slot folder = program.OpenFolder(Folder);
        child.Call(SYS.mknodat, folder, child.Text(Name), S_IFREG | 0x1b6 /* 0666 */, 0).On(Errno.EEXIST, made);
        child.Mark(made);
        Slot target = child.CallInto(SYS.openat, folder, child.Text(Name), O_PATH | O_NOFOLLOW | O_CLOEXEC);
        MountEmitter.Attach(program, tree, target);
        child.Call(SYS.close, tree);
        child.Call(SYS.close, target);
    }

    private void Bind(InitProgram program, Slot folder, Data name)
    {
        ChildProgram child = program.Child;
        Label made = child.NewLabel();
        child.Call(SYS.mknodat, folder, name, S_IFREG | 0x1b6 /* 0666 */, 0).On(Errno.EEXIST, made);
        child.Mark(made);
        Slot target = child.CallInto(SYS.openat, folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (program.Features.MountApi)
        {
            Slot mount = MountEmitter.CloneTree(program, AT_FDCWD, child.Text(Path), recursive: false);
            MountEmitter.Attach(program, mount, target);
            MountEmitter.SetAttributes(program, mount, Attributes, 0);
            child.Call(SYS.close, mount);
            child.Call(SYS.close, target);
        }
        else
        {
            child.Call(SYS.mount, child.Text(Path), MountEmitter.PathOf(program, target), 0, Mount.MS_BIND, 0);
            child.Call(SYS.close, target);
            Slot mount = child.CallInto(SYS.openat, folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
            MountEmitter.SetAttributes(program, mount, Attributes, 0);
            child.Call(SYS.close, mount);
        }
    }
}

/// <summary>Makes a symbolic link of <c>/dev</c>; one that is there already stays.</summary>
public sealed record MakeLink(MountTarget Folder, string Name, string Text) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"link {Folder.Path}/{Name} to {Text}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label exists = child.NewLabel();
        child.Call(SYS.symlinkat, child.Text(Text), program.OpenFolder(Folder), child.Text(Name)).On(Errno.EEXIST, exists);
        child.Mark(exists);
        child.Set(Slot.None, 0);
    }
}
