using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Hides files behind <c>/dev/null</c> and folders behind one empty read-only tmpfs (<c>linux.maskedPaths</c>). Paths that aren't there are passed over.</summary>
/// <remarks>The null device is the host's, opened before the container's tree is the root: a symbolic link in the image cannot stand in for it.
/// All folders share one tmpfs, which makes tearing the container down as quick as one mount.</remarks>
public sealed record MaskPaths(IReadOnlyList<string> Paths) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"mask {string.Join(", ", Paths)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot empty = child.NewSlot();
        child.Set(empty, -1);
        foreach (string path in Paths)
            Mask(program, path, empty);
    }

    private static void Mask(InitProgram program, string path, Slot empty)
    {
        ChildProgram child = program.Child;
        Label next = child.NewLabel(), folder = child.NewLabel(), put = child.NewLabel();
        Slot target = ProtectedPath.Open(program, path, next);
        Slot mount = child.NewSlot();

        Slot kind = ProtectedPath.FileType(program, target);
        child.BranchIfEqual(kind, S_IFDIR, folder);
        if (program.Features.MountApi)
        {
            child.Set(mount, MountEmitter.CloneTree(program, AT_FDCWD, child.Text("/dev/null"), recursive: false));
            child.Jump(put);
            child.Mark(folder);
            Label have = child.NewLabel(), make = child.NewLabel();
            child.BranchIfEqual(empty, -1, make);
            child.Jump(have);
            child.Mark(make);
            child.Set(empty, MountEmitter.NewMount(program, "tmpfs", "tmpfs", EmptyFolder, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
            MountEmitter.Attach(program, empty, target);
            child.Jump(next);
            child.Mark(have);
            child.Set(mount, MountEmitter.CloneTree(program, empty, child.Text(""), recursive: false));
            child.Mark(put);
            MountEmitter.Attach(program, mount, target);
            child.Call(SYS.close, mount);
        }
        else
        {
            child.Call(SYS.mount, child.Text("/dev/null"), MountEmitter.PathOf(program, target), 0, MS_BIND, 0).Then(next);
            child.Mark(folder);
            child.Call(SYS.mount, child.Text("tmpfs"), MountEmitter.PathOf(program, target), child.Text("tmpfs"), MS_RDONLY, child.Text("size=0k"));
        }
        child.Mark(next);
        child.Set(Slot.None, 0);
    }

    private static MountOptions EmptyFolder { get; } = new() { Data = ["size=4k", "nr_inodes=1", "mode=755"] };
}

/// <summary>Makes files and folders read-only (<c>linux.readonlyPaths</c>). Paths that aren't there are passed over.</summary>
public sealed record MakeReadonly(IReadOnlyList<string> Paths) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"make {string.Join(", ", Paths)} read-only";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        foreach (string path in Paths)
        {
            Label next = child.NewLabel();
            Slot target = ProtectedPath.Open(program, path, next);
            if (program.Features.MountApi)
            {
                Slot mount = MountEmitter.CloneTree(program, target, child.Text(""), recursive: true);
                MountEmitter.Attach(program, mount, target);
                MountEmitter.SetAttributes(program, mount, MOUNT_ATTR_RDONLY, 0);
                child.Call(SYS.close, mount);
            }
            else
            {
                Data place = MountEmitter.PathOf(program, target);
                child.Call(SYS.mount, place, place, 0, MS_BIND | MS_REC, 0);
                Slot mount = ProtectedPath.Open(program, path, next);
                MountEmitter.SetAttributes(program, mount, MOUNT_ATTR_RDONLY, 0);
            }
            child.Mark(next);
            child.Set(Slot.None, 0);
        }
    }
}

/// <summary>A path of the container's tree that may be missing.</summary>
internal static class ProtectedPath
{
    /// <summary>Opens it beneath the root; goes on at <paramref name="missing"/> where it isn't there.</summary>
    public static Slot Open(InitProgram program, string path, Label missing)
    {
        ChildProgram child = program.Child;
        Slot target = child.NewSlot();
        if (program.Features.OpenAt2)
        {
            Data how = child.Struct(new open_how { flags = O_PATH | O_CLOEXEC, resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS });
            child.Call(SYS.openat2, program.Root, child.Text(path), how, 24).Into(target).On(Errno.ENOENT, missing).On(Errno.ENOTDIR, missing);
            return target;
        }
        // The parent looks; an answer without a descriptor, whose number here stays 0, means that nothing is there.
        Data answer = program.AskForDescriptors(InitMessage.ResolveExisting, program.AddPath(path), [program.Root], 1);
        child.Call((int)Operation.Load, answer, uint.MaxValue).Into(target);
        child.BranchIfEqual(target, 0, missing);
        return target;
    }

    /// <summary>S_IFDIR, S_IFREG … of what a descriptor leads to.</summary>
    public static Slot FileType(InitProgram program, Slot descriptor)
    {
        ChildProgram child = program.Child;
        Data status = child.Reserve(256);
        child.Call(SYS.statx, descriptor, child.Text(""), AT_EMPTY_PATH, (long)statx.STATX_TYPE, status);
        return child.Load(status.At(28), S_IFMT);
    }
}
