using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>One hierarchy of cgroup v1 as the container sees it.</summary>
/// <param name="Name">The folder's name: <c>memory</c>, <c>cpu,cpuacct</c>, <c>systemd</c>.</param>
/// <param name="HostPath">The container's cgroup in it, as a path of the host.</param>
public sealed record CgroupView(string Name, string HostPath);

/// <summary>A mount of type <c>cgroup</c> on a v1 or hybrid host: a tmpfs with the container's own cgroup of each hierarchy.</summary>
/// <remarks>The cgroups are bound, which shows what a mount inside a cgroup namespace shows, and takes three calls in place of six.</remarks>
public sealed record MountCgroupV1(MountTarget Target, MountOptions Options, IReadOnlyList<CgroupView> Hierarchies) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"mount cgroup on {Target.Path}";

    /// <inheritdoc/>
    public override string Explain() => $"{Describe()}: {string.Join(' ', Hierarchies.Select(h => h.Name))}{Options.Explain()}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        MountOptions folder = new() { Data = ["mode=755"], Set = Options.Set & ~MOUNT_ATTR_RDONLY };
        new MountFilesystem("tmpfs", "tmpfs", Target, folder).Emit(program);
        Slot tmpfs = program.FreshMounts[Target.Path];
        foreach (CgroupView hierarchy in Hierarchies)
            MountHierarchy(program, tmpfs, hierarchy);
        if (Options.IsReadonly)
            MountEmitter.SetAttributes(program, tmpfs, Options.Set, 0);
        program.FreshMounts.Remove(Target.Path);
        child.Call(SYS.close, tmpfs);
    }

    private void MountHierarchy(InitProgram program, Slot tmpfs, CgroupView hierarchy)
    {
        ChildProgram child = program.Child;
        Data name = child.Text(hierarchy.Name);
        child.Call(SYS.mkdirat, tmpfs, name, 0x1ed);
        if (program.Features.MountApi)
        {
            Slot mount = MountEmitter.CloneTree(program, AT_FDCWD, child.Text(hierarchy.HostPath), recursive: false);
            MountEmitter.SetAttributes(program, mount, Options.Set, Options.Clear);
            child.Call(SYS.move_mount, mount, child.Text(""), tmpfs, name, MOVE_MOUNT_F_EMPTY_PATH);
            child.Call(SYS.close, mount);
        }
        else
        {
            Slot target = child.CallInto(SYS.openat, tmpfs, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
            child.Call(SYS.mount, child.Text(hierarchy.HostPath), MountEmitter.PathOf(program, target), 0, MS_BIND, 0);
            child.Call(SYS.close, target);
            Slot mount = child.CallInto(SYS.openat, tmpfs, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
            MountEmitter.SetAttributes(program, mount, Options.Set, Options.Clear);
            child.Call(SYS.close, mount);
        }
        if (hierarchy.Name.Contains(',', StringComparison.Ordinal))
            foreach (string controller in hierarchy.Name.Split(','))
                child.Call(SYS.symlinkat, name, tmpfs, child.Text(controller));
    }
}

/// <summary>A mount of type <c>cgroup</c> on a v2 host.</summary>
/// <param name="Target">Where.</param>
/// <param name="Options">How.</param>
/// <param name="HostPath">The container's cgroup, bound where there is no cgroup namespace of its own; null mounts cgroup2 as the namespace shows it.</param>
public sealed record MountCgroupV2(MountTarget Target, MountOptions Options, string? HostPath) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"mount cgroup2 on {Target.Path}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        MountOptions options = Options with { Data = [] };
        if (HostPath is null)
            new MountFilesystem("cgroup2", "cgroup", Target, options).Emit(program);
        else
            new BindMount(HostPath, Target, options with { IsBind = true }).Emit(program);
    }
}
