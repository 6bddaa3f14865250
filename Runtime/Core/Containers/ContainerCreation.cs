using System.Globalization;
using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Cgroups.V2;
using Vessel.Core.Errors;
using Vessel.Core.Hooks;
using Vessel.Core.Namespaces;
using Vessel.Core.Plan;
using Vessel.Core.Process;
using Vessel.Core.Rootfs;
using Vessel.Core.Validation;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>One create or run in progress: gathers facts, plans, clones, answers the child, and undoes all of it when something fails.</summary>
internal sealed class ContainerCreation : IDisposable, IChildQuestions
{
    private readonly Bundle bundle;
    private readonly RuntimeHost host;
    private readonly CreateOptions options;
    private readonly bool waitsForStart;
    private readonly FileDescriptor root;
    private readonly string rootfs;
    private readonly List<FileDescriptor> opened = [];
    private readonly List<string> madeCgroups = [];
    private ContainerRecord record;
    private CgroupPlan cgroups;
    private ContainerFolder? folder;
    private ContainerPlan? plan;
    private ChildConversation? child;
    private StandardStreams? streams;
    private HostProcs? hostProcs;
    private bool hooksBegun;
    private bool scopeBegun;

    private ContainerCreation(ContainerId id, Bundle bundle, RuntimeHost host, CreateOptions options, bool waitsForStart, CgroupPlan cgroups, FileDescriptor root, string rootfs)
    {
        this.bundle = bundle;
        this.host = host;
        this.options = options;
        this.waitsForStart = waitsForStart;
        this.cgroups = cgroups;
        this.root = root;
        this.rootfs = rootfs;
        record = NewRecord(id);
    }

    /// <summary>What is kept of the container.</summary>
    public ContainerRecord Record => record;

    /// <summary>The container's state on disk, locked until this is disposed.</summary>
    public ContainerFolder Folder => folder!;

    /// <summary>The container's first process.</summary>
    public ProcessHandle Process { get; private set; } = null!;

    /// <summary>The terminal's master, where nobody else took it. The receiver closes it.</summary>
    public FileDescriptor? Terminal { get; private set; }

    /// <summary>Creates a container, up to its program's execve or the wait for <c>start</c>.</summary>
    /// <returns>The complete container, its state locked until the caller disposes of this.</returns>
    /// <exception cref="RuntimeException">The container could not be created; nothing is left of it, and every descriptor is closed.</exception>
    public static ContainerCreation Complete(ContainerStore store, ContainerId id, Bundle bundle, RuntimeHost host, CreateOptions options, bool waitsForStart)
    {
        if (options.Notify is not null)
            bundle = NotifySocket.AddTo(bundle, $"{store.Root}/{id.Value}");
        SpecValidator.Check(bundle.Spec);
        RootlessRules.Check(bundle.Spec, host.Caller);
        CheckStreams(bundle.Spec.Process!, options.Streams);
        if (bundle.RootFilesystem is not null && !host.Features.MountApi)
            throw new RuntimeException(ErrorKind.Unsupported, "a root filesystem by descriptor: this kernel has no mount API (Linux 5.2)");
        CgroupPlan cgroups = PlanCgroups(host, bundle.Spec, id.Value, options.UsesSystemd);
        (FileDescriptor root, string rootfs) = bundle.OpenRootfs();
        ContainerCreation creation = new(id, bundle, host, options, waitsForStart, cgroups, root, rootfs);
        try
        {
            creation.WarnOfUnknown();
            creation.folder = store.Create(id);
        }
        catch
        {
            // Nothing is made yet. Where the id is in use, the pid file may be that container's.
            creation.Dispose();
            throw;
        }
        try
        {
            creation.Execute(id);
            return creation;
        }
        catch (Exception e)
        {
            creation.Undo(e);
            throw;
        }
    }

    /// <summary>Refuses streams beside a terminal.</summary>
    internal static void CheckStreams(SpecProcess process, StandardStreams? streams)
    {
        if (streams is not null && process.Terminal)
            throw new RuntimeException(ErrorKind.InvalidSpec, "process.terminal: a process with a terminal has no other standard streams");
    }

    /// <summary>The state that hooks and callers are told.</summary>
    public ContainerState State(ContainerStatus status) => new(record, status, Process.Id);

    private string RootPlace => bundle.RootFilesystem is null ? rootfs : bundle.Folder;

    /// <inheritdoc/>
    public void Dispose()
    {
        root.Dispose();
        foreach (FileDescriptor descriptor in opened)
            descriptor.Dispose();
        folder?.Dispose();
    }

    private void Execute(ContainerId id)
    {
        Folder.Write(record);
        if (options.Notify is { } notify)
        {
            NotifySocket.MakeFolder(Folder);
            if (!waitsForStart)
                notify.Bind(Folder);
        }
        if (cgroups.Scope is null && (options.ForgivesCgroups ?? host.Caller.LacksCgroups))
            ReachCgroups();
        if (record.HasHooks)
            Folder.WriteConfig(bundle.ConfigBytes);
        plan = ContainerPlanner.Create(Gather(id));
        Trace();
        using (FileDescriptor? birthplace = CgroupExecutor.MakeBirthplace(cgroups, madeCgroups))
            child = ChildConversation.Begin(plan, host.Features, this, birthplace);
        options.Debug?.Invoke($"cloned process {child.Process.Id}");
        child.Converse(meanwhile: () =>
        {
            if (cgroups.Scope is null)
                CgroupExecutor.Create(cgroups, madeCgroups);
        });
        Process = child.Process;
        child.Dispose();
    }

    void IChildQuestions.MapIds(int pid) => IdMapper.Write(pid, bundle.Spec.Linux!, host.Caller, host.Features);

    FileDescriptor IChildQuestions.ResolveTarget(FileDescriptor childRoot, int index)
    {
        MountTarget target = plan!.Targets[index];
        try
        {
            // What an ordinary user makes is that user's; nobody can give files away.
            return TargetResolver.Resolve(childRoot, target.Path, target.Kind, host.Caller.IsOrdinary ? null : IdMapper.RootOf(bundle.Spec.Linux), followLinks: !target.IsPlain, target.DirectoryMode);
        }
        catch (SyscallException e) when (target.IsPlain && e.Errno is Errno.ELOOP or Errno.ENOTDIR)
        {
            throw new RuntimeException(ErrorKind.InvalidSpec, $"mount on {target.Path}: {MountTarget.NotPlain}: {SyscallException.Describe(e.Errno)}", e);
        }
    }

    FileDescriptor? IChildQuestions.ResolveExisting(FileDescriptor childRoot, int index)
    {
        try
        {
            return TargetResolver.Resolve(childRoot, child!.Paths[index], null);
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
    }

    FileDescriptor? IChildQuestions.MakeDevices() => plan!.Steps.OfType<MakeForeignDevices>().Single().Make(bundle.Spec.Linux!);

    void IChildQuestions.CopyUp(FileDescriptor from, FileDescriptor to) => TreeCopy.Copy(from, to);

    IReadOnlyList<FileDescriptor> IChildQuestions.JoinCgroups(int pid)
    {
        // A child asks once more where a folder vanished before it was in.
        if (cgroups.Scope is not null && !scopeBegun)
        {
            StartScope(pid);
            CgroupExecutor.Create(cgroups, madeCgroups);
        }
        else if (cgroups.Version == 2 && cgroups.Scope is null && !child!.IsBornInCgroup)
        {
            CgroupExecutor.Move(cgroups.Folders[0], pid);
        }
        else if (cgroups.Unified is { } unified && cgroups.Scope is null && !child!.IsBornInCgroup)
        {
            // best effort: nothing is limited there.
            CgroupExecutor.TryMove(unified.HostPath, pid);
        }
        return cgroups.Version == 1 ? CgroupExecutor.OpenTasks(cgroups, madeCgroups) : [];
    }

    void IChildQuestions.RunCreateHooks(int pid, FileDescriptor childRoot)
    {
        SpecHooks hooks = bundle.Spec.Hooks!;
        hooksBegun = true;
        Oci.Runtime.State state = new ContainerState(record, ContainerStatus.Creating, pid).ToOci();
        HookRunner runner = new(host.Features, bundle.Folder);
        runner.Run("prestart", hooks.Prestart, state);
        runner.Run("createRuntime", hooks.CreateRuntime, state);
        if (hooks.CreateContainer.Count == 0)
            return;
        using ContainerNamespaces namespaces = ContainerNamespaces.Open(pid, bundle.Spec.Linux?.Namespaces ?? []);
        runner.RunInNamespaces("createContainer", hooks.CreateContainer, state, namespaces, childRoot);
    }

    void IChildQuestions.TakeTerminal(FileDescriptor master) => Terminal = Handover.TakeTerminal(master, options.ConsoleSocket);

    void IChildQuestions.TakeSeccompListener(int pid, int descriptor) => Security.Seccomp.SeccompListener.Pass(bundle.Spec.Linux!.Seccomp!, new ContainerState(record, ContainerStatus.Creating, pid).ToOci(), pid, descriptor);

    string IChildQuestions.NextHostProc(FileDescriptor mountinfo, FileDescriptor childRoot) => (hostProcs ??= new HostProcs(RootPlace)).Next(mountinfo, childRoot);

    void IChildQuestions.GiveStdio(int pid) => Stdio.Give(pid, bundle.Spec.Process!.User.Uid, streams);

    void IChildQuestions.Created(int pid)
    {
        InitProcess init = InitProcess.Of(pid) ?? throw new RuntimeException(ErrorKind.Internal, "the container's process ended at its start");
        Folder.WriteInit(init);
        if (options.PidFile is { } file)
            Handover.WritePidFile(file, pid);
        if (options.PidfdSocket is { } socket)
            Handover.SendHandle(socket, pid);
        // With create, start runs them.
        if (waitsForStart || bundle.Spec.Hooks is not { StartContainer.Count: > 0 })
            return;
        hooksBegun = true;
        Container.RunStartContainerHooks(host, bundle.Spec, new ContainerState(record, ContainerStatus.Created, pid));
    }

    // A scope that may have come to be, as when systemd did not answer in time, is ours to stop; one of that name that was there is another's.
    private void StartScope(int pid)
    {
        try
        {
            scopeBegun = true;
            ScopeExecutor.Start(cgroups, pid);
        }
        catch (RuntimeException e) when (e.Kind == ErrorKind.AlreadyExists)
        {
            scopeBegun = false;
            throw;
        }
    }

    // What cannot be made is left out before the plan, which shows the container its cgroups.
    private void ReachCgroups()
    {
        CgroupPlan wanted = cgroups;
        cgroups = Delegation.Reach(wanted, !string.IsNullOrEmpty(bundle.Spec.Linux?.CgroupsPath), host.Caller, madeCgroups, options.Debug);
        if (cgroups.Folders.Count == wanted.Folders.Count)
            return;
        record = WithCgroups(record);
        Folder.Write(record);
    }

    private ContainerRecord WithCgroups(ContainerRecord of) => of with
    {
        CgroupVersion = cgroups.Version,
        CgroupPath = cgroups.Folders.Count > 0 ? cgroups.Folders[0].Path.Value : "",
        Cgroups = [.. cgroups.AllPaths],
        FreezerFolder = cgroups.Find("freezer")?.HostPath ?? "",
    };

    private void Trace()
    {
        if (options.Debug is not { } debug)
            return;
        debug($"kernel: {host.Features}");
        if (host.Caller.IsOrdinary && bundle.Spec.Process?.OomScoreAdj is { } oom && int.TryParse(Files.TryReadText(null, "/proc/self/oom_score_adj"), out int own) && oom < own)
            debug($"process.oomScoreAdj: {oom} is below our own {own}, and only root lowers it: if the kernel refuses, it stays as it is");
        foreach (CgroupWrite write in cgroups.Writes)
            debug($"plan: cgroup: {write}");
        foreach (PlanStep step in plan!.Steps)
            debug($"plan: {step}");
    }

    /// <summary>Decides where a container's cgroups are, and what they hold.</summary>
    internal static CgroupPlan PlanCgroups(RuntimeHost host, Spec spec, string id, bool usesSystemd)
    {
        LinuxResources? resources = spec.Linux?.Resources?.ReadAs(spec.OciVersion);
        CgroupOwner? owner = CgroupOwnerOf(spec, host.Caller);
        CgroupPlan plan = usesSystemd
            ? CgroupPlan.CreateInScope(host.Cgroups, ScopePlan.Create(spec.Linux?.CgroupsPath, id, host.Caller.IsOrdinary, resources), resources, owner)
            : CgroupPlan.Create(host.Cgroups, Delegation.PlaceOf(host.Cgroups, spec.Linux?.CgroupsPath, id, host.Caller), resources, owner);
        return host.Caller.LacksCgroups ? Delegation.WithoutDevices(plan) : plan;
    }

    // A container whose root is not the host's may divide the cgroup that it has mounted writable for itself, as a service manager in it does.
    private static CgroupOwner? CgroupOwnerOf(Spec spec, Caller caller)
    {
        bool IsNew(string kind) => spec.Linux!.Namespaces.Any(n => n.Type == kind && string.IsNullOrEmpty(n.Path));
        bool mountsWritable = spec.Mounts.Any(m => m.Type is "cgroup" or "cgroup2" && !MountOptions.Parse(m.Options).IsReadonly);
        // What is delegated to an ordinary user is that user's already, and cannot be given to another.
        if (spec.Linux is null || caller.IsOrdinary || !mountsWritable || !IsNew("cgroup") || !IsNew("user"))
            return null;
        return IdMapper.RootOf(spec.Linux) is { } root ? new CgroupOwner(root.Uid, root.Gid) : null;
    }

    private PlanRequest Gather(ContainerId id)
    {
        SpecLinux linux = bundle.Spec.Linux ?? new SpecLinux();
        return new PlanRequest
        {
            Spec = bundle.Spec with { Process = ProcessEnvironment.Complete(bundle.Spec.Process!, root, host.Features) },
            Id = id.Value,
            Bundle = bundle.Folder,
            Rootfs = rootfs,
            Cgroups = cgroups,
            HostCgroupVersion = host.Cgroups.Version,
            ByOrdinaryUser = host.Caller.IsOrdinary,
            Features = host.Features,
            JoinedNamespaces = OpenNamespaces(linux),
            IdMaps = OpenIdMaps(linux),
            StartListener = waitsForStart ? Keep(UnixSockets.Listen(Folder.StartSocket)).Number : null,
            Streams = streams = options.Streams?.AboveTheirPlaces(opened),
            RootMount = bundle.RootFilesystem is null ? null : root.Number,
            ForeignStdio = Stdio.OfOtherUsers(IdMapper.HostUserOf(linux, bundle.Spec.Process!.User.Uid), IdMapper.HasUserNamespace(linux), streams),
            RaisedLimits = Rlimits.Raises(bundle.Spec.Process.Rlimits),
            PreservedCount = options.PreservedDescriptors,
            RootfsParentMount = linux.RootfsPropagation is "shared" or "rshared" or "private" or "slave" ? MountTable.MountPointOf(RootPlace) : null,
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
        };
    }

    private Dictionary<NamespaceKind, int> OpenNamespaces(SpecLinux linux)
    {
        Dictionary<NamespaceKind, int> joined = [];
        for (int i = 0; i < linux.Namespaces.Count; i++)
            if (!string.IsNullOrEmpty(linux.Namespaces[i].Path))
            {
                NamespaceKind kind = NamespaceKinds.Parse(linux.Namespaces[i].Type);
                joined[kind] = Keep(NamespaceFiles.Open(kind, linux.Namespaces[i].Path!, $"linux.namespaces[{i}].path")).Number;
            }
        CheckSysctls(linux, joined);
        return joined;
    }

    // A namespace that is joined may be the host's own: then a kernel parameter in it is the host's.
    private static void CheckSysctls(SpecLinux linux, Dictionary<NamespaceKind, int> joined)
    {
        bool IsOwn(NamespaceKind kind) => !joined.TryGetValue(kind, out int descriptor) || !NamespaceFiles.IsOurs(kind, descriptor);
        if (linux.Sysctl.Count == 0 || joined.Count == 0)
            return;
        foreach ((string key, string value) in linux.Sysctl)
            if (Sysctls.Refusal(key, value, IsOwn(NamespaceKind.Ipc), IsOwn(NamespaceKind.Network), IsOwn(NamespaceKind.Uts)) is { } refusal)
                throw new RuntimeException(ErrorKind.InvalidSpec, $"linux.sysctl[\"{key}\"]: {refusal}");
    }

    private Dictionary<int, int> OpenIdMaps(SpecLinux linux)
    {
        Dictionary<int, int> maps = [];
        for (int i = 0; i < bundle.Spec.Mounts.Count; i++)
        {
            SpecMount mount = bundle.Spec.Mounts[i];
            MountOptions parsed = MountOptions.Parse(mount.Options);
            if (mount.UidMappings.Count == 0 && !parsed.IsIdMapped || !host.Features.MountSetAttr)
                continue;
            bool own = mount.UidMappings.Count > 0;
            using FileDescriptor mapping = IdMapper.OpenNamespace(own ? mount.UidMappings : linux.UidMappings, own ? mount.GidMappings : linux.GidMappings, host.Features);
            string source = Path.Combine(bundle.Folder, mount.Source ?? "");
            maps[i] = Keep(IdMapper.OpenTree(source, parsed.IsRecursive, parsed.IsIdMappedRecursively, mapping)).Number;
        }
        return maps;
    }

    private FileDescriptor Keep(FileDescriptor descriptor)
    {
        opened.Add(descriptor);
        return descriptor;
    }

    private ContainerRecord NewRecord(ContainerId id)
    {
        Spec spec = bundle.Spec;
        return WithCgroups(new ContainerRecord
        {
            OciVersion = spec.OciVersion,
            Id = id.Value,
            Bundle = bundle.Folder,
            Rootfs = rootfs,
            Created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture),
            Annotations = spec.Annotations,
            Scope = cgroups.Scope is { } scope ? new ScopeRecord(scope.Name.UnitName, scope.IsUsers) : null,
            HasHooks = spec.Hooks is { } h && h.StartContainer.Count + h.Poststart.Count + h.Poststop.Count > 0,
        });
    }

    private void WarnOfUnknown()
    {
        foreach (string member in bundle.UnknownMembers)
            options.Warn(Bundle.UnknownMember(member));
        LinuxResources resources = bundle.Spec.Linux?.Resources ?? new LinuxResources();
        if (resources.Memory?.Kernel is not null)
            options.Warn("linux.resources.memory.kernel: ignored: the kernel has no such limit any more");
        if (cgroups.Version == 2)
            foreach (string property in UnifiedController.Without(resources))
                options.Warn($"linux.resources.{property}: ignored: cgroup v2 has no such limit");
        if (options.UsesSystemd)
            foreach (string annotation in SystemdAnnotations.Find(bundle.Spec.Annotations))
                options.Warn($"annotations[\"{annotation}\"]: ignored: no annotation sets a property of a systemd unit; use linux.resources");
        if (bundle.Spec.Process?.Capabilities is not { } sets)
            return;
        Security.CapabilitySet.Parse([.. sets.Bounding, .. sets.Permitted, .. sets.Effective, .. sets.Inheritable, .. sets.Ambient], out IReadOnlyList<string> unknown);
        if (unknown.Count > 0)
            options.Warn($"ignoring unknown or unavailable capabilities: {string.Join(' ', unknown.Distinct())}");
    }

    // The first error is the one to tell; what fails in undoing is added to it.
    private void Undo(Exception cause)
    {
        List<string> failures = [];
        void Try(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e) when (e is SyscallException or RuntimeException)
            {
                failures.Add(e.Message);
            }
        }

        if (child is not null)
        {
            Try(child.Abort);
            child.Dispose();
        }
        Terminal?.Dispose();
        if (scopeBegun)
            Try(() => ScopeExecutor.Stop(record.Scope!));
        Try(() => CgroupExecutor.Remove(madeCgroups));
        if (hooksBegun && bundle.Spec.Hooks is { Poststop.Count: > 0 } hooks)
            failures.AddRange(new HookRunner(host.Features, bundle.Folder).RunAll("poststop", hooks.Poststop, new ContainerState(record, ContainerStatus.Stopped, 0).ToOci()));
        Try(Folder.Remove);
        if (options.PidFile is { } file)
            Try(() => Handover.RemovePidFile(file));
        Dispose();
        if (failures.Count > 0)
            throw new RuntimeException(ErrorKind.Internal, $"{cause.Message}; and in undoing it: {string.Join("; ", failures)}", cause);
    }
}
