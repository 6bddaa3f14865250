using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;

namespace Vessel.Core.Rootfs;

/// <summary>Makes a file or folder of the host visible in the container.</summary>
/// <param name="Source">A path of the host.</param>
/// <param name="Target">Where.</param>
/// <param name="Options">How; attributes that are not named stay as they are on the source's mount.</param>
/// <param name="MappedTree">The mount with its mapping, made by the parent, as a descriptor that the child inherits; null without one.</param>
public sealed record BindMount(string Source, MountTarget Target, MountOptions Options, int? MappedTree = null) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"mount {Source} on {Target.Path}";

    /// <inheritdoc/>
    public override string Explain() => $"{Describe()} ({(Options.IsRecursive ? "rbind" : "bind")}){Options.Explain()}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Slot mount;
        if (program.Features.MountApi)
        {
            mount = child.NewSlot();
            child.Set(mount, MappedTree is { } tree ? tree : MountEmitter.CloneHostTree(program, Source, Options.IsRecursive));
            Slot target = Target.Resolve(program);
            MountEmitter.Attach(program, mount, target);
            child.Call(SYS.close, target);
        }
        else
        {
            Slot target = Target.Resolve(program);
            uint flags = MS_BIND | (Options.IsRecursive ? MS_REC : 0);
            Label refused = child.NewLabel(), done = child.NewLabel();
            child.Call(SYS.mount, child.Text(Source), MountEmitter.PathOf(program, target), 0, flags, 0).On(Errno.EACCES, refused).Then(done);
            child.Mark(refused);
            MountEmitter.BindTo(program, MountEmitter.OpenHostPath(program, Source), target, flags);
            child.Mark(done);
            child.Call(SYS.close, target);
            mount = Target.Resolve(program);
        }
        MountEmitter.SetAttributes(program, mount, Options.Set, Options.Clear);
        MountEmitter.SetAttributes(program, mount, Options.RecursiveSet, Options.RecursiveClear, recursive: true);
        foreach (uint propagation in Options.Propagation)
            MountEmitter.SetPropagation(program, mount, propagation);
        child.Call(SYS.close, mount);
        program.FreshMounts.Remove(Target.Path);
    }
}
