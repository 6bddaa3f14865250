using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Sets how mounts propagate between the new mount namespace and the host's.</summary>
/// <param name="Propagation">The document's rootfsPropagation, with MS_REC only where the document says so. Without one MS_SLAVE and MS_REC: nothing mounted
/// here shows on the host.</param>
/// <param name="Parent">The mount point that holds the root: pivot_root refuses one that is shared. Null where <paramref name="Propagation"/> reaches it.</param>
public sealed record SetPropagation(uint Propagation, string? Parent = null) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"make / {NameOf(Propagation)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.mount, 0, child.Text("/"), 0, Propagation, 0);
        if (Parent is not null)
            child.Call(SYS.mount, 0, child.Text(Parent), 0, (Propagation & MS_SLAVE) != 0 ? MS_SLAVE : MS_PRIVATE, 0);
    }

    internal static string NameOf(uint propagation) => ((propagation & MS_REC) != 0 ? "recursively " : "") + (propagation & ~MS_REC) switch
    {
        MS_SHARED => "shared",
        MS_SLAVE => "slave",
        MS_PRIVATE => "private",
        _ => "unbindable",
    };
}

/// <summary>Makes the bundle's root a mount of its own, and keeps it as a descriptor.</summary>
/// <param name="Path">A path of the host: the bundle's root, or where <paramref name="Mount"/> goes.</param>
/// <param name="KeepsCovered">Keeps a descriptor of the directory below the new mount as well: what is mounted there has no path any more.</param>
/// <param name="Mount">The root, a mount that is attached nowhere, as a descriptor that the child inherits; null for what is at <paramref name="Path"/>.</param>
public sealed record BindRoot(string Path, bool KeepsCovered = false, int? Mount = null) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => Mount is null ? $"mount the root {Path}" : $"mount the root on {Path}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => errno == Errno.EACCES
        ? $"{base.DescribeFailure(errno)}: with a user namespace, the folder itself must be open (o+x) to the user who is root inside"
        : base.DescribeFailure(errno);

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot folder = MountEmitter.OpenHostPath(program, Path);
        if (program.Features.MountApi)
        {
            child.Set(program.Root, Mount is { } mount ? mount : MountEmitter.CloneTree(program, folder, child.Text(""), recursive: true));
            MountEmitter.Attach(program, program.Root, folder);
        }
        else
        {
            // The folder on itself; its path then leads to the new mount, which a descriptor of the folder does not.
            child.Call(SYS.fchdir, folder);
            child.Call(SYS.mount, child.Text("."), child.Text("."), 0, MS_BIND | MS_REC, 0);
            child.Set(program.Root, MountEmitter.OpenHostPath(program, Path));
        }
        if (KeepsCovered)
            program.CoveredRoot = folder;
        else
            child.Call(SYS.close, folder);
    }
}

/// <summary>Opens the bundle's root where there is no mount namespace of the container's own.</summary>
public sealed record OpenRoot(string Path) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"open the root {Path}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) =>
        program.Child.Call(SYS.openat, AT_FDCWD, program.Child.Text(Path), O_PATH | O_DIRECTORY | O_CLOEXEC).Into(program.Root);
}

/// <summary>Takes a root that was opened before, as a descriptor that the child inherits.</summary>
public sealed record AdoptRoot(int Descriptor) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "take the container's root";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Set(program.Root, Descriptor);
}

/// <summary>Makes the root itself read-only; mounts below it keep what they have.</summary>
public sealed record SealRoot : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "make / read-only";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => MountEmitter.SetAttributes(program, program.Root, MOUNT_ATTR_RDONLY, 0);
}

/// <summary>How the root becomes the root.</summary>
public enum RootSwitch
{
    /// <summary>pivot_root(2): the host's tree is gone from the namespace.</summary>
    Pivot,

    /// <summary>The root is moved over <c>/</c> (<c>--no-pivot</c>, for a host that runs from its initramfs).</summary>
    Move,

    /// <summary>chroot(2), where there is no mount namespace.</summary>
    Chroot,
}

/// <summary>Makes the container's root the root of the process.</summary>
public sealed record SwitchRoot(RootSwitch Way, uint FinalPropagation = 0) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => Way switch
    {
        RootSwitch.Pivot => "pivot_root",
        RootSwitch.Move => "move the root over /",
        _ => "chroot",
    };

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Data here = child.Text(".");
        child.Call(SYS.fchdir, program.Root);
        switch (Way)
        {
            case RootSwitch.Pivot:
                // The old root ends up on top of the new one, at the same place (man 2 pivot_root). "." still leads to the new one then, so the old one is
                // reached by a descriptor: what happens to it must not happen to the container's mounts.
                Slot old = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/"), O_PATH | O_DIRECTORY | O_CLOEXEC);
                child.Call(SYS.pivot_root, here, here);
                child.Call(SYS.fchdir, old);
                // Unmounting must not reach the host where the tree was left shared.
                if (FinalPropagation != 0)
                    child.Call(SYS.mount, 0, here, 0, MS_SLAVE | MS_REC, 0);
                child.Call(SYS.umount2, here, MNT_DETACH);
                child.Call(SYS.close, old);
                break;
            case RootSwitch.Move:
                // A mount that is moved onto a shared one shows on all its peers: on the host, over its root.
                child.Call(SYS.mount, 0, child.Text("/"), 0, MS_SLAVE, 0);
                child.Call(SYS.mount, here, child.Text("/"), 0, MS_MOVE, 0);
                child.Call(SYS.chroot, here);
                break;
            case RootSwitch.Chroot:
                child.Call(SYS.chroot, here);
                break;
        }
        child.Call(SYS.chdir, child.Text("/"));
        if (FinalPropagation != 0)
            child.Call(SYS.mount, 0, child.Text("/"), 0, FinalPropagation, 0);
    }
}
