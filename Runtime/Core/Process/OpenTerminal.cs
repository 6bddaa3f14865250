using Vessel.Core.Plan;
using Vessel.Core.Rootfs;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>Opens a pseudoterminal of the container's own devpts, makes it the standard streams and the controlling terminal, and sends its master to the parent.</summary>
/// <param name="Uid">The user that owns it.</param>
/// <param name="Rows">Height, or 0 for none set.</param>
/// <param name="Columns">Width, or 0 for none set.</param>
/// <param name="Console">The folder of <c>/dev/console</c>, which then shows the same terminal; null for exec.</param>
/// <remarks>The slave is opened from the master (TIOCGPTPEER, Linux 4.13), never by its path: nobody can put another file in its place.</remarks>
public sealed record OpenTerminal(uint Uid, ushort Rows, ushort Columns, MountTarget? Console) : PlanStep
{
    private const int TIOCSPTLCK = 0x40045431;
    private const int TIOCGPTPEER = 0x5441;
    private const int TIOCSCTTY = 0x540e;
    private const int TIOCSWINSZ = 0x5414;

    /// <inheritdoc/>
    public override string Describe() => "open a terminal";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot master = OpenMaster(program);
        child.Call(SYS.ioctl, master, TIOCSPTLCK, child.Reserve(8));
        Slot slave = child.CallInto(SYS.ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (Rows != 0 || Columns != 0)
            child.Call(SYS.ioctl, master, TIOCSWINSZ, child.Bytes([(byte)Rows, (byte)(Rows >> 8), (byte)Columns, (byte)(Columns >> 8), 0, 0, 0, 0]));
        if (Uid != 0)
            child.Call(SYS.fchown, slave, Uid, -1);
        if (Console is not null)
            MountConsole(program, Console, slave);
        program.Ask(InitMessage.Terminal, 0, [master]);
        child.Call(SYS.close, master);
        child.Call(SYS.ioctl, slave, TIOCSCTTY, 0);
        for (int stream = 0; stream < 3; stream++)
            child.Call(SYS.dup3, slave, stream, 0);
        child.Call(SYS.close, slave);
    }

    private static Slot OpenMaster(InitProgram program)
    {
        ChildProgram child = program.Child;
        if (program.Pts is { } pts)
            return child.CallInto(SYS.openat, pts, child.Text("ptmx"), O_RDWR | O_NOCTTY | O_CLOEXEC);

        // A tree that others can write: what is opened must be the multiplexer of a devpts.
        Slot master = child.NewSlot();
        Data path = child.Text("dev/pts/ptmx");
        if (program.Features.OpenAt2)
        {
            Data how = child.Struct(new open_how { flags = O_RDWR | O_NOCTTY | O_CLOEXEC, resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
            child.Call(SYS.openat2, program.Root, path, how, 24).Into(master);
        }
        else
        {
            child.Call(SYS.openat, program.Root, path, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC).Into(master);
        }
        Data filesystem = child.Reserve(128);
        Label good = child.NewLabel();
        child.Call(SYS.fstatfs, master, filesystem);
        child.BranchIfEqual(child.Load(filesystem), FilesystemMagic.DEVPTS_SUPER_MAGIC, good);
        program.Fail(Errno.ENOTTY);
        child.Mark(good);
        return master;
    }

    private static void MountConsole(InitProgram program, MountTarget folder, Slot slave)
    {
        ChildProgram child = program.Child;
        Slot dev = program.OpenFolder(folder);
        Data name = child.Text("console");
        Label made = child.NewLabel(), link = child.NewLabel(), good = child.NewLabel();
        child.Call(SYS.mknodat, dev, name, S_IFREG | 0x1b6 /* 0666 */, 0).On(Errno.EEXIST, made);
        child.Mark(made);
        Slot target = child.CallInto(SYS.openat, dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        child.BranchIfEqual(ProtectedPath.FileType(program, target), S_IFLNK, link);
        child.Jump(good);
        child.Mark(link);
        program.Fail(Errno.ELOOP);
        child.Mark(good);
        if (program.Features.MountApi)
        {
            Slot mount = MountEmitter.CloneTree(program, slave, child.Text(""), recursive: false);
            MountEmitter.Attach(program, mount, target);
            child.Call(SYS.close, mount);
        }
        else
        {
            // Two paths at once: the slave is, for the moment, standard input.
            child.Call(SYS.dup3, slave, 0, 0);
            child.Call(SYS.mount, child.Text("/proc/self/fd/0"), MountEmitter.PathOf(program, target), 0, Mount.MS_BIND, 0);
        }
        child.Call(SYS.close, target);
    }
}
