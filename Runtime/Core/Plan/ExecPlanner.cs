using Vessel.Core.Hooks;
using Vessel.Core.Namespaces;
using Vessel.Core.Process;
using Vessel.Core.Rootfs;
using Vessel.Core.Security;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Plan;

/// <summary>All that the plan of an exec depends on.</summary>
public sealed record ExecRequest
{
    public required SpecProcess Process { get; init; }

    /// <summary>The container's document: what its processes share.</summary>
    public required SpecLinux Linux { get; init; }

    public required ContainerNamespaces Namespaces { get; init; }

    /// <summary>The container's root, opened.</summary>
    public required int Root { get; init; }

    public int CgroupCount { get; init; }

    public bool HasCgroups { get; init; }

    /// <summary>The caller is no root.</summary>
    public bool ByOrdinaryUser { get; init; }

    public IReadOnlyList<int> ForeignStdio { get; init; } = [];

    /// <summary>Resource limits that are above the caller's own, to be raised before a user namespace is
    /// entered.</summary>
    public IReadOnlyList<SetRlimit> RaisedLimits { get; init; } = [];

    public int PreservedCount { get; init; }

    /// <summary>The process's standard streams; null for our own.</summary>
    public StandardStreams? Streams { get; init; }

    /// <summary>The hook that is run in place of the process's own program, confined as that would be; null for an exec.</summary>
    public HookProgram? Hook { get; init; }
}

/// <summary>Decides what the child of an exec does, or of a startContainer hook: it joins what the container has, and then is prepared as a first process is.</summary>
public static class ExecPlanner
{
    /// <summary>Makes the plan.</summary>
    public static ContainerPlan Create(ExecRequest request)
    {
        SpecProcess process = request.Process;
        List<PlanStep> steps = new(32);
        TargetList targets = new();
        List<int> inherited = [request.Root, .. request.Namespaces.Descriptors, .. request.Streams?.Numbers ?? []];

        steps.Add(new BeginInit());
        if (request.Streams is { } streams)
            steps.Add(new RedirectStreams(streams.Numbers));
        if (request.Namespaces.HasUser)
            steps.AddRange(request.RaisedLimits);
        if (process.ExecCpuAffinity?.Initial is { Length: > 0 } initial)
            steps.Add(new SetCpuAffinity(initial));
        if (process.OomScoreAdj is { } oom)
            steps.Add(new SetOomScore(oom, request.ByOrdinaryUser));
        OpenLabel? label = OpenLabel.Of(process);
        if (label is not null)
            steps.Add(new KeepHostProc());
        if (request.HasCgroups)
            steps.Add(new JoinCgroups(request.CgroupCount, NewNamespace: false));
        steps.AddRange(request.Namespaces.JoinSteps());
        if (label is not null)
            steps.Add(label);
        steps.Add(new NewSession());
        steps.Add(request.Namespaces.HasMount ? new OpenRoot("/") : new AdoptRoot(request.Root));
        if (!request.Namespaces.HasMount)
            steps.Add(new SwitchRoot(RootSwitch.Chroot));
        if (process.Terminal)
            steps.Add(new OpenTerminal(process.User.Uid, (ushort)(process.ConsoleSize?.Height ?? 0), (ushort)(process.ConsoleSize?.Width ?? 0), null));
        steps.Add(new ResolveDirectory(targets.Add(process.Cwd, TargetKind.Directory)));
        steps.Add(new ChangeDirectory(process.Cwd));
        if (process.ExecCpuAffinity?.Final is { Length: > 0 } final)
            steps.Add(new SetCpuAffinity(final));
        new ProcessPlanner(steps, process)
        {
            Linux = request.Linux,
            ProgramPath = request.Hook?.Hook.Path,
            DiesWithParent = request.Hook is not null,
            InUserNamespace = request.Namespaces.HasUser,
            ByOrdinaryUser = request.ByOrdinaryUser,
            FirstClosedDescriptor = 3 + request.PreservedCount,
            ForeignStdio = request.ForeignStdio,
        }.Plan();
        return new ContainerPlan
        {
            CloneFlags = 0,
            Steps = steps,
            Targets = targets.Targets,
            Inherited = inherited,
            PreservedCount = request.PreservedCount,
        };
    }
}
