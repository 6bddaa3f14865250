using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Mount;

namespace Vessel.Core.Rootfs;

/// <summary>Mounts a new filesystem: proc, sysfs, tmpfs, devpts, mqueue, overlay, or any other that the kernel has.</summary>
/// <param name="Type">The filesystem's name.</param>
/// <param name="Source">What the mount table shows as its source.</param>
/// <param name="Target">Where.</param>
/// <param name="Options">How.</param>
/// <param name="StaysWritable">For now: a read-only tmpfs is sealed by <see cref="SealMount"/> once all that belongs on it is there.</param>
/// <param name="OrHostsOwn">Binds the host's sysfs where the kernel refuses a new one: the network namespace is not the user namespace's.</param>
public sealed record MountFilesystem(string Type, string? Source, MountTarget Target, MountOptions Options, bool StaysWritable = false, bool OrHostsOwn = false) : PlanStep
{
    private const string HostSysfs = "/sys", CgroupsBelow = "fs/cgroup";

    /// <inheritdoc/>
    public override string Describe() => $"mount {Type} on {Target.Path}";

    /// <inheritdoc/>
    public override string Explain() =>
        $"{Describe()}{Options.Explain()}{(OrHostsOwn ? "; bind the host's, without its cgroups, if the kernel refuses that" : "")}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => errno is Errno.ELOOP or Errno.ENOTDIR && Target.IsPlain
        ? $"{Describe()}: {MountTarget.NotPlain}: {Native.Safe.SyscallException.Describe(errno)}"
        : base.DescribeFailure(errno) + (errno == Errno.EPERM ? WhyRefused : "");

    // What the kernel asks for beside CAP_SYS_ADMIN in the user namespace.
    private string WhyRefused => Type switch
    {
        "proc" => ": in a user namespace, proc needs a pid namespace of the container's own; in a container, one whose /proc is masked cannot give a whole one (docker run --privileged, or --security-opt systempaths=unconfined)",
        "sysfs" => ": in a user namespace, sysfs needs a network namespace of the container's own; with the host's network, bind /sys (as `vrun spec --rootless` has it)",
        "mqueue" => ": in a user namespace, mqueue needs an ipc namespace of the container's own",
        "cgroup2" or "cgroup" => ": in a user namespace, cgroups need a cgroup namespace of the container's own",
        _ => "",
    };

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ulong attributes = Options.Set & ~(StaysWritable ? MOUNT_ATTR_RDONLY : 0);
        Slot target = Target.Resolve(program);
        Slot mount;
        if (MountEmitter.FitsMountApi(program, Options.Data))
        {
            Label refused = program.Child.NewLabel(), done = program.Child.NewLabel();
            mount = MountEmitter.NewMount(program, Type, Source, Options, attributes, OrHostsOwn ? refused : null);
            TakeMode(program, target, mount);
            CopyUp(program, target, mount);
            MountEmitter.Attach(program, mount, target);
            program.Child.Call(SYS.close, target).Then(done);
            program.Child.Mark(refused);
            if (OrHostsOwn)
                BindHosts(program, mount, target);
            program.Child.Mark(done);
            program.Child.Set(Slot.None, 0);
        }
        else
        {
            ChildProgram child = program.Child;
            Label refused = child.NewLabel(), done = child.NewLabel();
            Data path = MountEmitter.PathOf(program, target);
            uint flags = MountOptions.ToLegacy(attributes, MS_STRICTATIME) | Options.FilesystemFlags;
            Operand data = Options.Data.Count == 0 ? 0 : child.Text(string.Join(',', Options.Data));
            Instruction call = child.Call(SYS.mount, child.Text(Source ?? Type), path, child.Text(Type), flags, data).Then(done);
            if (OrHostsOwn)
            {
                call.On(Errno.EPERM, refused);
                child.Mark(refused);
                child.Call(SYS.mount, child.Text(HostSysfs), path, 0, MS_BIND | MS_REC, 0);
                Slot bound = Target.Resolve(program);
                HideCgroups(program, bound);
                MountEmitter.SetAttributes(program, bound, Options.Set, Options.Clear);
            }
            child.Mark(done);
            mount = Target.Resolve(program);
            TakeMode(program, target, mount);
            CopyUp(program, target, mount);
        }
        foreach (uint propagation in Options.Propagation)
            MountEmitter.SetPropagation(program, mount, propagation);
        if (Type == "tmpfs" && !Options.CopyUp && (attributes & MOUNT_ATTR_RDONLY) == 0)
            program.FreshMounts[Target.Path] = mount;
        if (Type == "proc" && Target.Path == "/proc")
            program.Proc = mount;
        if (Type == "devpts" && Target.Path == "/dev/pts")
            program.Pts = mount;
    }

    // In a user namespace mounts below are locked to the one that they are on: only all of them can be bound.
    private void BindHosts(InitProgram program, Slot mount, Slot target)
    {
        ChildProgram child = program.Child;
        child.Set(mount, MountEmitter.CloneHostTree(program, HostSysfs, recursive: true));
        MountEmitter.Attach(program, mount, target);
        child.Call(SYS.close, target);
        HideCgroups(program, mount);
        MountEmitter.SetAttributes(program, mount, Options.Set, Options.Clear, recursive: true);
    }

    // CVE-2023-25809: the host's cgroups are a mount of their own, as writable as they are for the user who is root here.
    private static void HideCgroups(InitProgram program, Slot mount)
    {
        ChildProgram child = program.Child;
        Label none = child.NewLabel();
        Slot cgroups = child.NewSlot();
        child.Call(SYS.openat, mount, child.Text(CgroupsBelow), Open.O_PATH | Open.O_DIRECTORY | Open.O_NOFOLLOW | Open.O_CLOEXEC).Into(cgroups).On(Errno.ENOENT, none);
        child.Call(SYS.mount, child.Text("tmpfs"), MountEmitter.PathOf(program, cgroups), child.Text("tmpfs"), MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, child.Text("size=4k,mode=755"));
        child.Call(SYS.close, cgroups);
        child.Mark(none);
        child.Set(Slot.None, 0);
    }

    // A tmpfs that isn't told its mode has that of the folder it covers: /tmp stays open to all, /run does not become so.
    private void TakeMode(InitProgram program, Slot from, Slot to)
    {
        const uint PermissionBits = 0xfff;
        if (Type != "tmpfs" || Options.Data.Any(option => option.StartsWith("mode=", StringComparison.Ordinal)))
            return;
        ChildProgram child = program.Child;
        Data status = child.Reserve(256);
        child.Call(SYS.statx, from, child.Text(""), Open.AT_EMPTY_PATH, (long)statx.STATX_MODE, status);
        child.Call(SYS.fchmodat, to, child.Text("."), child.Load(status.At(28), PermissionBits));
    }

    private void CopyUp(InitProgram program, Slot from, Slot to)
    {
        if (Options.CopyUp)
            program.Ask(InitMessage.CopyUp, (uint)Target.Index, [from, to]);
    }
}

/// <summary>Makes a mount of this plan read-only, after all that the runtime itself puts on it.</summary>
public sealed record SealMount(MountTarget Target) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"make {Target.Path} read-only";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        Slot mount = program.FreshMounts.TryGetValue(Target.Path, out Slot fresh) ? fresh : Target.Resolve(program);
        MountEmitter.SetAttributes(program, mount, MOUNT_ATTR_RDONLY, 0);
    }
}

/// <summary>Changes the options of what is mounted there already (<c>remount</c>).</summary>
public sealed record RemountTarget(MountTarget Target, MountOptions Options) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"remount {Target.Path}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        Slot mount = Target.Resolve(program);
        ChildProgram child = program.Child;
        uint flags = MS_REMOUNT | Options.LegacyFlags | (Options.IsBind ? MS_BIND : 0);
        Operand data = Options.Data.Count == 0 ? 0 : child.Text(string.Join(',', Options.Data));
        child.Call(SYS.mount, 0, MountEmitter.PathOf(program, mount), 0, flags, data);
        MountEmitter.SetAttributes(program, mount, Options.RecursiveSet, Options.RecursiveClear, recursive: true);
        child.Call(SYS.close, mount);
    }
}
