using Vessel.Core.Process;
using Vessel.Core.Security;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Plan;

/// <summary>The last part of a plan, the same for a container's first process and for exec: limits, user, capabilities, filter, program.</summary>
internal sealed class ProcessPlanner(List<PlanStep> steps, SpecProcess process)
{
    private const int CAP_SYS_ADMIN = 21;

    /// <summary>The container's document: what its processes share.</summary>
    public required SpecLinux Linux { get; init; }

    private SeccompFilter? Filter { get; set; }

    public bool InUserNamespace { get; init; }

    /// <summary>The runtime is an ordinary user's.</summary>
    public bool ByOrdinaryUser { get; init; }

    /// <summary>A container's first process that waits for hooks, exec and start of an ordinary user; never that of an exec, which the container sees.</summary>
    public bool IsOpenToOwner { get; init; }

    public int FirstClosedDescriptor { get; init; } = 3;

    public IReadOnlyList<int> ForeignStdio { get; init; } = [];

    /// <summary>The socket to wait on before the program is executed; null executes at once.</summary>
    public int? StartListener { get; init; }

    /// <summary>The program, where it is not the first argument: a hook's.</summary>
    public string? ProgramPath { get; init; }

    /// <summary>The process ends with the runtime: a hook.</summary>
    public bool DiesWithParent { get; init; }

    /// <summary>Writes the steps.</summary>
    public void Plan()
    {
        Filter = Linux.Seccomp is { } seccomp ? SeccompCompiler.Compile(seccomp, SeccompArchitectures.Native) : null;
        PlanScheduling();
        steps.AddRange(process.Rlimits.Select(SetRlimit.Of));
        steps.Add(new SetUmask(process.User.Umask ?? SetUmask.Usual));
        if (ForeignStdio.Count > 0 && !process.Terminal)
            steps.Add(new OwnStdio(ForeignStdio, process.User.Uid, ByParent: InUserNamespace && !ByOrdinaryUser));
        if (process.NoNewPrivileges)
            steps.Add(new SetNoNewPrivileges());

        CapabilitySet permitted = Set(process.Capabilities?.Permitted), effective = Set(process.Capabilities?.Effective);
        CapabilitySet inheritable = Set(process.Capabilities?.Inheritable), ambient = Set(process.Capabilities?.Ambient);
        // Without no_new_privs only CAP_SYS_ADMIN may load a filter: it is kept until then.
        bool filterNeedsPrivilege = Filter is not null && !process.NoNewPrivileges;
        CapabilitySet kept = filterNeedsPrivilege ? new CapabilitySet(1UL << CAP_SYS_ADMIN) : CapabilitySet.Empty;

        if (process.Capabilities is { } capabilities)
            steps.Add(new LimitBoundingSet(Set(capabilities.Bounding)));
        steps.Add(new SetUser(process.User.Uid, process.User.Gid, process.User.AdditionalGids, InUserNamespace));
        SetCapabilities final = new(effective, permitted, inheritable);
        bool setsCapabilities = process.Capabilities is not null;
        if (setsCapabilities)
        {
            steps.Add(filterNeedsPrivilege ? new SetCapabilities(effective | kept, permitted | kept, inheritable) : final);
            steps.Add(new SetAmbient(ambient & inheritable));
        }
        steps.Add(new EnterDirectoryAsUser(process.Cwd));
        string program = ProgramPath ?? process.Args[0];
        steps.Add(new FindExecutable(program, FindExecutable.CandidatesFor(program, process.Env)));
        // It is for the next execve, which is the program's: one that does not exist is told by create.
        if (!string.IsNullOrEmpty(process.ApparmorProfile))
            steps.Add(new SetLabel("exec " + process.ApparmorProfile, "process.apparmorProfile"));
        else if (!string.IsNullOrEmpty(process.SelinuxLabel))
            steps.Add(new SetLabel(process.SelinuxLabel, "process.selinuxLabel"));
        steps.Add(new CloseAllAtExec(FirstClosedDescriptor));
        void LoadFilter()
        {
            steps.Add(new ResetSignals());
            if (Filter is not null)
                steps.Add(new LoadSeccomp(Filter, ByOrdinaryUser));
            // Under the filter: a profile for a process without no_new_privs must allow capset, as it must with other
            // runtimes.
            if (filterNeedsPrivilege && setsCapabilities && !kept.IsSubsetOf(permitted & effective))
                steps.Add(final);
        }

        // A filter's listener is passed on by create, as with other runtimes: start has nobody left to do so. All other
        // filters come last.
        bool loadsBeforeStart = StartListener is not null && Filter?.NeedsListener == true;
        if (loadsBeforeStart)
            LoadFilter();
        steps.Add(new TellCreated(DiesWithParent, IsOpenToOwner, StaysOpen: StartListener is not null));
        if (StartListener is { } listener)
            steps.Add(new WaitForStart(listener, IsOpenToOwner));
        if (!loadsBeforeStart)
            LoadFilter();
        steps.Add(new Execute(process.Args, process.Env));
    }

    private void PlanScheduling()
    {
        if (process.Scheduler is { } scheduler)
            steps.Add(new SetScheduler(scheduler));
        if (process.IOPriority is { } priority)
            steps.Add(new SetIOPriority(priority));
        if (Linux.Personality is { } personality)
            steps.Add(new SetPersonality(personality.Domain));
        if (Linux.MemoryPolicy is { } policy)
            steps.Add(new SetMemoryPolicy(policy));
    }

    private static CapabilitySet Set(IReadOnlyList<string>? names) => CapabilitySet.Parse(names ?? [], out _);
}
