using NUnit.Framework;
using Vessel.Core.Cgroups;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Namespaces;
using Vessel.Core.Plan;
using Vessel.Core.Process;
using Vessel.Core.Rootfs;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Plan;

/// <summary>What will be done to the kernel is known before anything is done: the plan of a bundle, step by step.</summary>
public sealed class ContainerPlannerTests
{
    private static readonly CgroupHost Hybrid = CgroupHost.Parse("""
        33 31 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        34 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        36 31 0:31 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
        35 31 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        """);

    private static ContainerPlan Plan(Func<Spec, Spec>? change = null, KernelFeatures? features = null, int? listener = null, IReadOnlyDictionary<NamespaceKind, int>? joined = null, params SetRlimit[] raised)
    {
        Spec spec = DefaultSpec.Create();
        spec = spec with { Process = spec.Process! with { Terminal = false } };
        spec = change?.Invoke(spec) ?? spec;
        return ContainerPlanner.Create(new PlanRequest
        {
            Spec = spec,
            Id = "web1",
            Bundle = "/bundle",
            Rootfs = "/bundle/rootfs",
            Cgroups = CgroupPlan.Create(Hybrid, CgroupPath.Parse(spec.Linux?.CgroupsPath, "web1"), spec.Linux?.Resources),
            Features = features ?? KernelFeatures.All,
            StartListener = listener,
            RaisedLimits = raised,
            JoinedNamespaces = joined ?? new Dictionary<NamespaceKind, int>(),
        });
    }

    private static Spec WithNamespaces(Spec spec, params LinuxNamespace[] namespaces) => spec with { Linux = spec.Linux! with { Namespaces = namespaces } };

    private static LinuxNamespace New(string type) => new() { Type = type };

    private static int Index<T>(ContainerPlan plan, Func<T, bool>? condition = null) where T : PlanStep =>
        plan.Steps.ToList().FindIndex(step => step is T found && condition?.Invoke(found) != false);

    [Test]
    public void NamespacesWithoutUser_AreOneClone()
    {
        ContainerPlan plan = Plan();
        Assert.That(plan.CloneFlags, Is.EqualTo(Clone.CLONE_NEWPID | Clone.CLONE_NEWNET | Clone.CLONE_NEWIPC | Clone.CLONE_NEWUTS | Clone.CLONE_NEWNS));
        Assert.That(plan.Steps, Has.None.InstanceOf<ForkIntoNamespaces>());
    }

    // Inside nobody may raise a hard limit; the soft one stays until the document's are set.
    [Test]
    public void LimitsAboveTheCallersOwn_AreRaisedBeforeTheUserNamespace()
    {
        SetRlimit raise = new("RLIMIT_NOFILE", 7, 600, 1024);
        ContainerPlan plan = Plan(s => s with { Linux = s.Linux! with { Namespaces = [New("user"), New("mount"), New("uts")], UidMappings = [new(0, 100000, 65536)], GidMappings = [new(0, 100000, 65536)] } }, raised: raise);
        Assert.That(Index<SetRlimit>(plan, s => s == raise), Is.LessThan(Index<UnshareNamespaces>(plan)).And.GreaterThan(-1));
        Assert.That(Index<SetRlimit>(plan, s => s.Soft == 1024), Is.GreaterThan(Index<ForkIntoNamespaces>(plan)));
        Assert.That(Plan(raised: raise).Steps, Has.No.Member(raise), "without a user namespace the limits are set once");
    }

    // The listener is passed on by create, which start could not do; every other filter is put on last.
    [TestCase("SCMP_ACT_NOTIFY", true)]
    [TestCase("SCMP_ACT_ERRNO", false)]
    public void FilterWithAListener_IsLoadedBeforeStart(string action, bool before)
    {
        LinuxSeccomp filter = new() { DefaultAction = "SCMP_ACT_ALLOW", ListenerPath = "/s", Syscalls = [new LinuxSyscall { Names = ["mkdir"], Action = action }] };
        ContainerPlan plan = Plan(s => s with { Linux = s.Linux! with { Seccomp = filter } }, listener: 5);
        Assert.That(Index<LoadSeccomp>(plan) < Index<TellCreated>(plan), Is.EqualTo(before));
        Assert.That(Index<LoadSeccomp>(plan) < Index<WaitForStart>(plan), Is.EqualTo(before));
    }

    [Test]
    public void UserNamespace_ComesFirst_AndTheOthersBelongToIt()
    {
        ContainerPlan plan = Plan(spec => WithNamespaces(spec with
        {
            Linux = spec.Linux! with { UidMappings = [new(0, 100000, 65536)], GidMappings = [new(0, 100000, 65536)] },
        }, New("user"), New("pid"), New("mount"), New("network")));
        Assert.That(plan.CloneFlags, Is.Zero);
        int user = Index<UnshareNamespaces>(plan, s => s.Flags == Clone.CLONE_NEWUSER);
        int map = Index<MapIds>(plan);
        int others = Index<UnshareNamespaces>(plan, s => s.Flags == (Clone.CLONE_NEWPID | Clone.CLONE_NEWNS | Clone.CLONE_NEWNET));
        int fork = Index<ForkIntoNamespaces>(plan);
        Assert.That(new[] { user, map, others, fork }, Is.Ordered.Ascending.And.All.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void JoinedPidNamespace_TakesAFork()
    {
        ContainerPlan plan = Plan(spec => WithNamespaces(spec, New("mount"), new LinuxNamespace { Type = "pid", Path = "/proc/9/ns/pid" }),
            joined: new Dictionary<NamespaceKind, int> { [NamespaceKind.Pid] = 40 });
        Assert.That(Index<JoinNamespace>(plan, s => s.Descriptor == 40), Is.LessThan(Index<ForkIntoNamespaces>(plan)));
        Assert.That(plan.Inherited, Does.Contain(40));
    }

    [Test]
    public void Mounts_AreMadeInTheDocumentsOrder_BeforeTheRootIsSwitched()
    {
        ContainerPlan plan = Plan();
        string[] targets = plan.Steps.OfType<MountFilesystem>().Select(s => s.Target.Path).ToArray();
        Assert.That(targets, Is.EqualTo(new[] { "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys" }));
        Assert.That(Index<SwitchRoot>(plan), Is.GreaterThan(Index<MountFilesystem>(plan, s => s.Target.Path == "/sys")));
    }

    [Test]
    public void ProcAndSys_AreNeverMountedThroughALink()
    {
        ContainerPlan plan = Plan();
        Assert.That(plan.Steps.OfType<MountFilesystem>().Where(s => s.Type is "proc" or "sysfs").Select(s => s.Target.IsPlain), Is.All.True);
    }

    [Test]
    public void MasksAndReadonlyPaths_ComeAfterAllMounts_AndHooksAfterThem()
    {
        ContainerPlan plan = Plan(spec => spec with { Hooks = new SpecHooks { CreateRuntime = [new SpecHook { Path = "/bin/true" }] } });
        int lastMount = plan.Steps.ToList().FindLastIndex(s => s is MountFilesystem or BindMount or MakeDevice or MakeLink);
        int[] order = [lastMount, Index<RunCreateHooks>(plan), Index<ResolveDirectory>(plan), Index<MakeReadonly>(plan), Index<MaskPaths>(plan), Index<SealRoot>(plan), Index<SwitchRoot>(plan)];
        Assert.That(order, Is.Ordered.Ascending);
    }

    [Test]
    public void Cgroups_AreJoinedOnce_BeforeTheyAreMounted()
    {
        ContainerPlan plan = Plan(spec => WithNamespaces(spec, [.. spec.Linux!.Namespaces]));
        Assert.That(plan.Steps.OfType<JoinCgroups>().Single(), Is.EqualTo(new JoinCgroups(4, NewNamespace: true)));
        Assert.That(Index<JoinCgroups>(plan), Is.LessThan(Index<MountCgroupV1>(plan)));
    }

    [Test]
    public void TheLastSteps_AreTheProcessesOwn_WithTheFilterLast()
    {
        LinuxSeccomp seccomp = new() { DefaultAction = "SCMP_ACT_ALLOW", Syscalls = [new LinuxSyscall { Names = ["mkdir"], Action = "SCMP_ACT_ERRNO" }] };
        ContainerPlan plan = Plan(spec => spec with { Linux = spec.Linux! with { Seccomp = seccomp } }, listener: 7);
        int[] order =
        [
            Index<LimitBoundingSet>(plan), Index<SetUser>(plan), Index<SetCapabilities>(plan), Index<FindExecutable>(plan), Index<CloseAllAtExec>(plan),
            Index<TellCreated>(plan), Index<WaitForStart>(plan), Index<ResetSignals>(plan), Index<LoadSeccomp>(plan), Index<Execute>(plan),
        ];
        Assert.That(order, Is.Ordered.Ascending.And.All.GreaterThanOrEqualTo(0));
        Assert.That(plan.Steps[^1], Is.InstanceOf<Execute>());
    }

    [Test]
    public void FilterWithoutNoNewPrivileges_KeepsTheOneCapabilityItTakes_UntilItIsLoaded()
    {
        LinuxSeccomp seccomp = new() { DefaultAction = "SCMP_ACT_ALLOW" };
        ContainerPlan plan = Plan(spec => spec with
        {
            Process = spec.Process! with { NoNewPrivileges = false },
            Linux = spec.Linux! with { Seccomp = seccomp },
        });
        SetCapabilities[] sets = plan.Steps.OfType<SetCapabilities>().ToArray();
        Assert.That(sets, Has.Length.EqualTo(2));
        Assert.That(sets[0].Effective.Contains(21), Is.True);
        Assert.That(sets[1].Effective.Contains(21), Is.False);
        Assert.That(Index<SetCapabilities>(plan, s => s == sets[1]), Is.GreaterThan(Index<LoadSeccomp>(plan)));
    }

    [Test]
    public void OldKernel_NeverMeetsTheNewCalls()
    {
        int[] newer = [SYS.openat2, SYS.fsopen, SYS.fsconfig, SYS.fsmount, SYS.move_mount, SYS.open_tree, SYS.mount_setattr, SYS.clone3, SYS.close_range];
        InitProgram program = new(KernelFeatures.None, 4, 64);
        program.Emit(Plan(features: KernelFeatures.None).Steps);
        Assert.That(program.Child.Instructions.Select(i => i.Number).Intersect(newer), Is.Empty);
    }

    [Test]
    public void OldKernel_RefusesWhatItCannotDo()
    {
        Spec Change(Spec spec) => spec with { Mounts = [.. spec.Mounts, new SpecMount { Destination = "/data", Source = "/srv", Options = ["rbind", "rro"] }] };
        RuntimeException error = Assert.Throws<RuntimeException>(() => Plan(Change, KernelFeatures.None))!;
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Unsupported));
        Assert.That(error.Message, Does.StartWith("mounts[7].options: recursive attributes need mount_setattr"));
        Assert.That(() => Plan(Change), Throws.Nothing);
    }

    [Test]
    public void WithoutAMountNamespace_TheRootIsAChroot()
    {
        ContainerPlan plan = Plan(spec => WithNamespaces(spec with { Mounts = [] }, New("pid")));
        Assert.That(plan.Steps.OfType<SwitchRoot>().Single().Way, Is.EqualTo(RootSwitch.Chroot));
        Assert.That(plan.Steps, Has.None.InstanceOf<MountFilesystem>().And.None.InstanceOf<MakeDevice>());
    }

    [Test]
    public void BoundDev_IsLeftAsItIs()
    {
        ContainerPlan plan = Plan(spec => spec with { Mounts = [new SpecMount { Destination = "/dev", Source = "/dev", Type = "bind", Options = ["rbind"] }] });
        Assert.That(plan.Steps, Has.None.InstanceOf<MakeDevice>().And.None.InstanceOf<MakeLink>());
    }

    [Test]
    public void Program_IsSmall_AndEveryLabelLeadsSomewhere()
    {
        InitProgram program = new(KernelFeatures.All, 4, 64);
        program.Emit(Plan(listener: 9).Steps);
        Assert.That(program.Child.Instructions, Has.Count.LessThan(1000));
        byte[] image = new byte[ProgramImage.SizeOf(program.Child)];
        Assert.That(() => ProgramImage.Write(program.Child, image, 0x201000), Throws.Nothing);
    }

    [Test]
    public void EveryStep_SaysWhatItDoes()
    {
        foreach (PlanStep step in Plan(listener: 9).Steps)
        {
            Assert.That(step.Describe(), Is.Not.Empty.And.Not.Contains("{").And.Not.Contains("\n"));
            Assert.That(step.DescribeFailure(Errno.EPERM), Does.Contain("operation not permitted"));
        }
    }
}
