using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Unmounts each whole proc and sysfs outside of the container's root, or covers it where the mount namespace does not let go of it.</summary>
/// <remarks>
/// pivot_root leaves nothing of the host's mounts. Where the root is only moved over <c>/</c>, they are still in the namespace, out of sight; and as long as
/// one of these is whole, the kernel lets a user namespace made in the container mount another whole one, with nothing masked (mount_too_revealing in
/// fs/namespace.c). An empty tmpfs on top of a mount that is locked makes that no longer whole. Where rootfsPropagation leaves the mounts shared, the host would
/// lose what is unmounted here: the mount that it is on is made a slave first.
/// </remarks>
public sealed record HideHostProcs : PlanStep
{
    /// <summary>The first character of the parent's answer: make the mount a slave of the host's.</summary>
    internal const char Separate = 's';

    /// <summary>The first character of the parent's answer: unmount.</summary>
    internal const char Unmount = 'u';

    /// <inheritdoc/>
    public override string Describe() => "unmount the host's proc and sysfs";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot proc = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/proc"), O_PATH | O_DIRECTORY | O_CLOEXEC);
        child.Call(SYS.fchdir, program.CoveredRoot!.Value);
        Label separate = child.NewLabel(), cover = child.NewLabel(), done = child.NewLabel();
        Label again = child.MarkHere();
        Slot mounts = child.CallInto(SYS.openat, proc, child.Text("self/mountinfo"), O_RDONLY | O_CLOEXEC);
        Data answer = program.AskForText(InitMessage.NextHostProc, [mounts, program.Root]), path = answer.At(1);
        child.Call(SYS.close, mounts);
        Slot action = child.Load(answer, 0xff);
        child.BranchIfEqual(action, 0, done);
        child.BranchIfEqual(action, (int)Separate, separate);
        // What is mounted below goes with it, and must stay on the host, too.
        Label alone = child.NewLabel();
        child.Call(SYS.mount, 0, path, 0, MS_SLAVE | MS_REC, 0).On(Errno.EINVAL, alone).On(Errno.ENOENT, alone);
        child.Mark(alone);
        // EINVAL, EPERM: in a user namespace, mounts of the namespace's maker are locked. ENOENT: gone meanwhile.
        child.Call(SYS.umount2, path, MNT_DETACH).On(Errno.EINVAL, cover).On(Errno.EPERM, cover).On(Errno.ENOENT, again).Then(again);
        child.Mark(separate);
        child.Call(SYS.mount, 0, path, 0, MS_SLAVE, 0).On(Errno.EINVAL, again).On(Errno.ENOENT, again).Then(again);
        child.Mark(cover);
        child.Call(SYS.mount, child.Text("tmpfs"), path, child.Text("tmpfs"), MS_RDONLY, child.Text("size=4k")).Then(again);
        child.Mark(done);
        child.Call(SYS.close, proc);
        child.Call(SYS.close, program.CoveredRoot.Value);
    }
}
