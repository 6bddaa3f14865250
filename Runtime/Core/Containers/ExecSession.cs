using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Core.Hooks;
using Vessel.Core.Namespaces;
using Vessel.Core.Plan;
using Vessel.Core.Process;
using Vessel.Core.Rootfs;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>One exec under way: a further process in a container, started with all that the container's document says of its processes.</summary>
internal sealed class ExecSession : IDisposable, IChildQuestions
{
    private readonly RuntimeHost host;
    private readonly ExecOptions options;
    private readonly ContainerState container;
    private readonly SpecLinux linux;
    private readonly SpecProcess specified;
    private readonly List<FileDescriptor> opened = [];
    private readonly ContainerNamespaces namespaces;
    private StandardStreams? streams;
    private ContainerPlan? plan;
    private bool isBornInCgroup;

    private ExecSession(RuntimeHost host, Spec spec, ExecOptions options, ContainerState container, ContainerNamespaces namespaces)
    {
        this.host = host;
        this.options = options;
        this.container = container;
        linux = spec.Linux ?? new SpecLinux();
        specified = options.Process;
        this.namespaces = namespaces;
    }

    /// <summary>The process, a child of ours. The receiver disposes of the handle.</summary>
    public ProcessHandle Process { get; private set; } = null!;

    /// <summary>The terminal's master, where the process has one and no console socket took it. The receiver closes it.</summary>
    public FileDescriptor? Terminal { get; private set; }

    /// <summary>Starts a further process in a container.</summary>
    /// <param name="host">The host's features.</param>
    /// <param name="spec">The container's document.</param>
    /// <param name="options">The process, and what the caller wants to know of it.</param>
    /// <param name="container">The container, created or running.</param>
    /// <param name="hook">The program and the streams of a hook that is run as the container's process would be; null for an exec.</param>
    /// <exception cref="RuntimeException">The process could not be started; nothing is left of it.</exception>
    public static ExecSession Start(RuntimeHost host, Spec spec, ExecOptions options, ContainerState container, HookProgram? hook = null)
    {
        ContainerNamespaces namespaces = ContainerNamespaces.Open(container.Pid, spec.Linux?.Namespaces ?? []);
        ExecSession session = new(host, spec, options, container, namespaces);
        try
        {
            session.Begin(hook);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        namespaces.Dispose();
        foreach (FileDescriptor descriptor in opened)
            descriptor.Dispose();
    }

    private void Begin(HookProgram? hook)
    {
        FileDescriptor root = Files.Open(null, $"/proc/{container.Pid}/root", O_PATH | O_DIRECTORY);
        opened.Add(root);
        streams = (hook?.Streams ?? options.Streams)?.AboveTheirPlaces(opened);
        plan = ExecPlanner.Create(new ExecRequest
        {
            Process = hook?.Hook.Env is { } environment ? specified with { Env = environment } : ProcessEnvironment.Complete(specified, root, host.Features),
            Linux = linux,
            Namespaces = namespaces,
            Root = root.Number,
            CgroupCount = CgroupFiles().Count,
            HasCgroups = container.Record.Cgroups.Count > 0,
            ByOrdinaryUser = host.Caller.IsOrdinary,
            Streams = streams,
            ForeignStdio = hook is null ? Stdio.OfOtherUsers(IdMapper.HostUserOf(linux, specified.User.Uid), namespaces.HasUser, streams) : [],
            RaisedLimits = Rlimits.Raises(specified.Rlimits),
            PreservedCount = options.PreservedDescriptors,
            Hook = hook,
        });
        Trace();
        RejectFrozen();
        ChildConversation child;
        using (FileDescriptor? birthplace = OpenBirthplace())
            child = ChildConversation.Begin(plan, host.Features, this, birthplace);
        using (child)
            try
            {
                isBornInCgroup = child.IsBornInCgroup;
                child.Converse();
                Process = child.Process;
                options.Debug?.Invoke($"the program runs as process {Process.Id}");
            }
            catch
            {
                child.Abort();
                Terminal?.Dispose();
                if (options.PidFile is { } file)
                    Handover.RemovePidFile(file);
                throw;
            }
    }

    private void Trace()
    {
        if (options.Debug is not { } debug)
            return;
        debug($"kernel: {host.Features}");
        debug($"container {container.Record.Id}: {container.StatusText}, process {container.Pid}, cgroups {string.Join(' ', container.Record.Cgroups)}");
        foreach (PlanStep step in plan!.Steps)
            debug($"plan: {step}");
    }

    // An exec makes nothing in the container's tree: a working directory that isn't there is an error.
    FileDescriptor IChildQuestions.ResolveTarget(FileDescriptor childRoot, int index) => TargetResolver.Resolve(childRoot, plan!.Targets[index].Path, null);

    IReadOnlyList<FileDescriptor> IChildQuestions.JoinCgroups(int pid)
    {
        if (container.Record.CgroupVersion == 1)
        {
            if (!isBornInCgroup && UnifiedFolder() is { } unified)
                // best effort: the v2 tree of a hybrid host limits nothing.
                CgroupExecutor.TryMove(unified, pid);
            return CgroupFiles().ConvertAll(path => Files.Open(null, path, O_WRONLY));
        }
        if (!isBornInCgroup)
            foreach (string folder in container.Record.Cgroups)
                Join(SubFolder("", folder), pid);
        return [];
    }

    // A container that divides its cgroup further, as a service manager does, has no processes in the cgroup itself, and one that left
    // its cgroup may have removed it: where its first process is there is room.
    private void Join(string folder, int pid)
    {
        nint result = CgroupExecutor.TryMove(folder, pid);
        if (result is -Errno.EBUSY or -Errno.ENOENT or -Errno.ENODEV && options.SubCgroups.Count == 0 && host.Cgroups.UnifiedFolderOf(container.Pid) is { } first)
            result = CgroupExecutor.TryMove(first, pid);
        if (result is -Errno.EACCES or -Errno.EPERM && container.Record.Scope is { } scope)
        {
            ScopeExecutor.Attach(scope, pid);
            return;
        }
        if (host.Caller.IsOrdinary && result is -Errno.EACCES or -Errno.EPERM)
            throw new RuntimeException(ErrorKind.PermissionDenied, $"join cgroup {folder}: {SyscallException.Describe((int)-result)}: our own cgroup is outside of what was delegated to {host.Caller.Name}; `systemd-run --user --scope vrun exec …` begins in it");
        Check.Ok(result, "join cgroup", folder);
    }

    // The child would stop in the middle of its way into the container, and we would wait for it.
    private void RejectFrozen()
    {
        if (options.IgnorePaused)
            return;
        string? freezer = container.Record.CgroupVersion == 1 && host.Cgroups.Hierarchies.FirstOrDefault(h => h.Has("freezer")) is { } hierarchy ? FolderIn(hierarchy) : null;
        foreach ((string? folder, int version) in new[] { (freezer, 1), (Birthplace(), 2) })
            if (folder is not null && !new Freezer(folder, version).IsThawed)
                throw new RuntimeException(ErrorKind.WrongState, $"cannot exec in a cgroup that is frozen: {folder} (use --ignore-paused to wait until it is thawed)");
    }

    private string? Birthplace() => container.Record switch
    {
        not { CgroupVersion: > 0, Cgroups.Count: > 0 } => null,
        { CgroupVersion: 2 } => SubFolder("", container.Record.Cgroups[0]),
        _ => UnifiedFolder(),
    };

    private FileDescriptor? OpenBirthplace()
    {
        if (Birthplace() is not { } folder)
            return null;
        nint opened = Files.TryOpen(null, folder, O_RDONLY | O_DIRECTORY);
        // Where it cannot be opened, joining says why.
        return opened < 0 ? null : new FileDescriptor((int)opened);
    }

    void IChildQuestions.TakeTerminal(FileDescriptor master) => Terminal = Handover.TakeTerminal(master, options.ConsoleSocket);

    void IChildQuestions.TakeSeccompListener(int pid, int descriptor) => Security.Seccomp.SeccompListener.Pass(linux.Seccomp!, container.ToOci(), pid, descriptor);

    void IChildQuestions.GiveStdio(int pid) => Stdio.Give(pid, specified.User.Uid, streams);

    void IChildQuestions.Created(int pid)
    {
        if (options.PidFile is { } file)
            Handover.WritePidFile(file, pid);
        if (options.PidfdSocket is { } socket)
            Handover.SendHandle(socket, pid);
    }

    // The container's folder in the v2 tree of a hybrid host; null where it has none.
    private string? UnifiedFolder() => host.Cgroups.Unified is { } hierarchy && FolderIn(hierarchy) is { } folder && Directory.Exists(folder) ? folder : null;

    private List<string> CgroupFiles()
    {
        CheckControllers();
        List<string> files = [];
        if (container.Record.CgroupVersion == 1)
            foreach (CgroupHierarchy hierarchy in host.Cgroups.Hierarchies)
                if (FolderIn(hierarchy) is { } folder)
                    files.Add(folder + "/tasks");
        return files;
    }

    // The container's folder in one hierarchy: its own; where that is gone, the one that its first process is in now.
    private string? FolderIn(CgroupHierarchy hierarchy)
    {
        string own = hierarchy.MountPoint + container.Record.CgroupPath;
        if (!container.Record.Cgroups.Contains(own))
            return null;
        bool isGone = options.SubCgroups.Count == 0 && !Directory.Exists(own);
        return isGone ? CgroupHost.FolderOf(container.Pid, hierarchy) : SubFolder(hierarchy.FolderName, own);
    }

    private void CheckControllers()
    {
        foreach (string controller in options.SubCgroups.Keys)
            if (controller.Length > 0 && container.Record.CgroupVersion == 1 && !host.Cgroups.Hierarchies.Any(h => h.FolderName.Split(',').Contains(controller)))
                throw new RuntimeException(ErrorKind.InvalidSpec, $"--cgroup: \"{controller}\": this host has no such cgroup hierarchy; it has {string.Join(' ', host.Cgroups.Hierarchies.Select(h => h.FolderName))}");
    }

    private string SubFolder(string hierarchy, string folder)
    {
        if (container.Record.CgroupVersion == 2 && options.SubCgroups.Keys.FirstOrDefault(k => k.Length > 0) is { } named)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"--cgroup: \"{named}\": cgroup v2 has one hierarchy: name the path alone");
        string? below = null;
        foreach (string controller in hierarchy.Split(','))
            if (options.SubCgroups.TryGetValue(controller, out below))
                break;
        below ??= options.SubCgroups.GetValueOrDefault("");
        if (string.IsNullOrEmpty(below))
            return folder;
        if (below.Split('/').Contains(".."))
            throw new RuntimeException(ErrorKind.InvalidSpec, $"--cgroup: \"{below}\" leads up by `..`");
        return $"{folder}/{below.Trim('/')}";
    }
}
