using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>What has to be there to mount on.</summary>
public enum TargetKind
{
    Directory,
    File,
}

/// <summary>A place in the container's tree that a step acts on. The child resolves it to a descriptor once; where that fails, the parent makes what is missing.</summary>
/// <param name="Index">Its number in the plan: the argument of <see cref="InitMessage.ResolveTarget"/>.</param>
/// <param name="Path">Absolute, as seen from the container's root.</param>
/// <param name="Kind">What the parent makes where nothing is there.</param>
/// <param name="IsPlain">Refuses symbolic links anywhere in the path: where proc and sysfs go, a link in the image would decide what is written to later.</param>
/// <param name="DirectoryMode">The mode of the directory that is made where nothing is there.</param>
public sealed record MountTarget(int Index, string Path, TargetKind Kind, bool IsPlain = false, uint DirectoryMode = MountTarget.UsualDirectoryMode)
{
    /// <summary>0755.</summary>
    public const uint UsualDirectoryMode = 0x1ed;

    /// <summary>1777: that of <c>/tmp</c>.</summary>
    public const uint OpenDirectoryMode = 0x3ff;

    /// <summary>What is told when something else than a folder stands where <see cref="IsPlain"/> asks for one.</summary>
    public const string NotPlain = "it must be mounted on an ordinary directory, and a symbolic link or a file is in the way";

    /// <summary>Resolves beneath the root, with the magic links of procfs refused; the result is an O_PATH descriptor that nobody can exchange.</summary>
    /// <param name="program">The program.</param>
    /// <param name="refused">Where the walk goes on when the way there is closed (EACCES), with 0 in the result; null ends it with an error.</param>
    public Slot Resolve(InitProgram program, Label? refused = null)
    {
        Slot target = program.Child.NewSlot();
        if (!TryMakeInFreshMount(program, target))
            ResolveOrAsk(program, target, refused);
        return target;
    }

    // Right beneath a tmpfs that this program has just made, nothing can be in the way: no question, no resolution.
    private bool TryMakeInFreshMount(InitProgram program, Slot target)
    {
        int slash = Path.LastIndexOf('/');
        if (slash <= 0 || Kind != TargetKind.Directory || !program.FreshMounts.TryGetValue(Path[..slash], out Slot mount))
            return false;
        ChildProgram child = program.Child;
        Data name = child.Text(Path[(slash + 1)..]);
        Label made = child.NewLabel();
        child.Call(SYS.mkdirat, mount, name, DirectoryMode).On(Errno.EEXIST, made);
        child.Mark(made);
        child.Call(SYS.openat, mount, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC).Into(target);
        return true;
    }

    private void ResolveOrAsk(InitProgram program, Slot target, Label? refused)
    {
        ChildProgram child = program.Child;
        Label found = child.NewLabel();
        if (program.Features.OpenAt2)
        {
            Label ask = child.NewLabel();
            int directory = Kind == TargetKind.Directory ? O_DIRECTORY : 0;
            Data how = child.Struct(new open_how { flags = (ulong)(O_PATH | O_CLOEXEC | directory), resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (IsPlain ? RESOLVE_NO_SYMLINKS : 0) });
            Instruction open = child.Call(SYS.openat2, program.Root, child.Text(Path), how, 24).Into(target).On(Errno.ENOENT, ask).Then(found);
            if (refused is { } closed)
                open.On(Errno.EACCES, closed);
            child.Mark(ask);
        }
        Data descriptors = program.AskForDescriptors(InitMessage.ResolveTarget, (uint)Index, [program.Root], 1);
        child.Call((int)Operation.Load, descriptors, uint.MaxValue).Into(target);
        child.Mark(found);
        child.Set(Slot.None, 0);
    }
}
