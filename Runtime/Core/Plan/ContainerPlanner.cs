using Vessel.Core.Errors;
using Vessel.Core.Namespaces;
using Vessel.Core.Process;
using Vessel.Core.Rootfs;
using Vessel.Core.Security;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Mount;

namespace Vessel.Core.Plan;

/// <summary>Decides, from a valid document, all that the child will do. The order of the steps below is the order in which they happen.</summary>
public sealed class ContainerPlanner
{
    private readonly PlanRequest request;
    private readonly SpecLinux linux;
    private readonly List<PlanStep> steps = new(64);
    private readonly TargetList targets = new();
    private readonly List<int> inherited = [];
    private readonly HashSet<NamespaceKind> created = [];
    private bool cgroupsJoined;

    private ContainerPlanner(PlanRequest request)
    {
        this.request = request;
        linux = request.Spec.Linux ?? new SpecLinux();
        foreach (LinuxNamespace wanted in linux.Namespaces)
            if (string.IsNullOrEmpty(wanted.Path))
                created.Add(NamespaceKinds.Parse(wanted.Type));
    }

    private const string CgroupRoot = "/sys/fs/cgroup";

    private bool HasMountNamespace => created.Contains(NamespaceKind.Mount) || request.JoinedNamespaces.ContainsKey(NamespaceKind.Mount);

    private bool HasUserNamespace => created.Contains(NamespaceKind.User) || request.JoinedNamespaces.ContainsKey(NamespaceKind.User);

    private bool HasCgroupNamespace => created.Contains(NamespaceKind.Cgroup);

    /// <summary>Makes the plan.</summary>
    public static ContainerPlan Create(PlanRequest request)
    {
        ContainerPlanner planner = new(request);
        return planner.Build();
    }

    private ContainerPlan Build()
    {
        SpecProcess process = request.Spec.Process!;
        steps.Add(new BeginInit());
        if (request.Streams is { } streams)
        {
            steps.Add(new RedirectStreams(streams.Numbers));
            inherited.AddRange(streams.Numbers);
        }
        if (request.RootMount is { } mount)
            inherited.Add(mount);
        // Before a user namespace: its root may not lower the score, nor write to the file of a process that is not dumpable.
        if (process.OomScoreAdj is { } oom)
            steps.Add(new SetOomScore(oom, request.ByOrdinaryUser));
        if (HasUserNamespace)
            steps.AddRange(request.RaisedLimits);
        ulong cloneFlags = PlanNamespaces();
        PlanSession(process);
        if (HasMountNamespace)
            PlanRootfs(process);
        else
            PlanChroot(process);
        new ProcessPlanner(steps, process)
        {
            Linux = linux,
            InUserNamespace = HasUserNamespace,
            ByOrdinaryUser = request.ByOrdinaryUser,
            IsOpenToOwner = request.ByOrdinaryUser && !request.JoinedNamespaces.ContainsKey(NamespaceKind.Pid),
            FirstClosedDescriptor = 3 + request.PreservedCount,
            ForeignStdio = request.ForeignStdio,
            StartListener = request.StartListener,
        }.Plan();
        if (request.StartListener is { } listener)
            inherited.Add(listener);
        return new ContainerPlan
        {
            CloneFlags = cloneFlags,
            Steps = steps,
            Targets = targets.Targets,
            Inherited = inherited,
            PreservedCount = request.PreservedCount,
        };
    }

    // A user namespace owns the other new ones, and its root can do nothing before the mappings are written; and a pid namespace that is joined
    // holds only children born later. Both take a second process; all else is one clone.
    private ulong PlanNamespaces()
    {
        ulong flags = 0;
        foreach (NamespaceKind kind in created)
            if (kind is not (NamespaceKind.User or NamespaceKind.Cgroup or NamespaceKind.Time))
                flags |= kind.Flag();
        bool staged = HasUserNamespace || request.JoinedNamespaces.ContainsKey(NamespaceKind.Pid);

        List<JoinNamespace> joins = [];
        foreach (NamespaceKind kind in Enum.GetValues<NamespaceKind>())
            if (request.JoinedNamespaces.TryGetValue(kind, out int descriptor))
            {
                joins.Add(new JoinNamespace(kind, linux.Namespaces.First(n => n.Type == kind.NameOf()).Path!, descriptor));
                inherited.Add(descriptor);
            }
        steps.AddRange(JoinNamespace.InOrder(joins, created.Contains(NamespaceKind.User)
            ? [new UnshareNamespaces(Clone.CLONE_NEWUSER), new MapIds(linux.UidMappings, linux.GidMappings, request.ByOrdinaryUser)]
            : []));
        if (staged)
        {
            if (flags != 0)
                steps.Add(new UnshareNamespaces(flags));
            steps.Add(new ForkIntoNamespaces());
            flags = 0;
        }
        if (created.Contains(NamespaceKind.Time))
            steps.Add(new EnterTimeNamespace(linux.TimeOffsets));
        return flags;
    }

    private void PlanSession(SpecProcess process)
    {
        if (created.Contains(NamespaceKind.Network))
            steps.Add(new BringUpLoopback());
        if (!string.IsNullOrEmpty(request.Spec.Hostname))
            steps.Add(new SetHostname(request.Spec.Hostname));
        if (!string.IsNullOrEmpty(request.Spec.Domainname))
            steps.Add(new SetDomainname(request.Spec.Domainname));
        steps.Add(new NewSession());
        if (!request.NoNewKeyring)
            steps.Add(new NewKeyring("_ses." + request.Id));
        if (OpenLabel.Of(process) is { } label)
            steps.Add(label);
    }

    private void PlanRootfs(SpecProcess process)
    {
        uint final = PropagationOf(linux.RootfsPropagation);
        // What is unbindable could not become the container's root; until then it is as if the document did not name a propagation.
        uint first = final is 0 || (final & MS_UNBINDABLE) != 0 ? MS_SLAVE | MS_REC : final;
        steps.Add(new SetPropagation(first, request.RootfsParentMount));
        steps.Add(new BindRoot(request.RootPlace, KeepsCovered: request.NoPivot, request.RootMount));

        List<SealMount> seals = [];
        for (int i = 0; i < request.Spec.Mounts.Count; i++)
            PlanMount(request.Spec.Mounts[i], i, seals);
        bool ownDev = !request.Spec.Mounts.Any(m => TargetList.Clean(m.Destination) == "/dev" && MountOptions.Parse(m.Options).IsBind);
        MountTarget dev = targets.Add("/dev", TargetKind.Directory);
        if (ownDev)
            PlanDevices(dev);
        if (process.Terminal)
            steps.Add(TerminalOf(process, dev));
        JoinCgroups();
        // Hooks make network interfaces, which have kernel parameters, and mounts: on the working directory, on paths to be masked.
        PlanCreateHooks();
        PlanSysctls();
        steps.Add(new ResolveDirectory(targets.Add(process.Cwd, TargetKind.Directory)));
        steps.AddRange(seals);
        if (linux.ReadonlyPaths.Count > 0)
            steps.Add(new MakeReadonly(linux.ReadonlyPaths));
        if (linux.MaskedPaths.Count > 0)
            steps.Add(new MaskPaths(linux.MaskedPaths));
        PlanCgroupMask();
        if (request.Spec.Root!.Readonly)
            steps.Add(new SealRoot());
        if (request.NoPivot)
            steps.Add(new HideHostProcs());
        steps.Add(new SwitchRoot(request.NoPivot ? RootSwitch.Move : RootSwitch.Pivot, final));
        steps.Add(new ChangeDirectory(process.Cwd));
    }

    private void PlanChroot(SpecProcess process)
    {
        steps.Add(request.RootMount is { } mount ? new AdoptRoot(mount) : new OpenRoot(request.Rootfs));
        if (process.Terminal)
            steps.Add(TerminalOf(process, null));
        JoinCgroups();
        PlanCreateHooks();
        PlanSysctls();
        steps.Add(new ResolveDirectory(targets.Add(process.Cwd, TargetKind.Directory)));
        steps.Add(new SwitchRoot(RootSwitch.Chroot));
        steps.Add(new ChangeDirectory(process.Cwd));
    }

    private void PlanSysctls()
    {
        foreach ((string key, string value) in linux.Sysctl)
            steps.Add(new SetSysctl(key, value));
    }

    private void PlanMount(SpecMount mount, int index, List<SealMount> seals)
    {
        MountOptions options = MountOptions.Parse(mount.Options);
        string type = string.IsNullOrEmpty(mount.Type) ? options.IsBind ? "bind" : "none" : mount.Type;
        if (!options.IsBind && type != "bind" && !options.IsRemount)
            options = options.OnNewMount();
        if (!request.Features.MountSetAttr && (options.RecursiveSet | options.RecursiveClear) != 0)
            throw new RuntimeException(ErrorKind.Unsupported, $"mounts[{index}].options: recursive attributes need mount_setattr (Linux 5.12)");
        if (!request.Features.MountSetAttr && (options.IsIdMapped || mount.UidMappings.Count > 0))
            throw new RuntimeException(ErrorKind.Unsupported, $"mounts[{index}]: mappings need mount_setattr (Linux 5.12)");
        if (options.IsRemount)
        {
            steps.Add(new RemountTarget(targets.Add(mount.Destination, TargetKind.Directory), options));
            return;
        }
        if (options.IsBind || type == "bind")
        {
            string source = Path.Combine(request.Bundle, mount.Source ?? "");
            if (options.IsIdMapped || mount.UidMappings.Count > 0)
                inherited.Add(request.IdMaps[index]);
            MountTarget place = targets.Add(mount.Destination, KindOf(source));
            steps.Add(new BindMount(source, place, options, request.IdMaps.TryGetValue(index, out int map) ? map : null));
            return;
        }
        if (type is "cgroup" or "cgroup2")
        {
            PlanCgroupMount(targets.Add(mount.Destination, TargetKind.Directory), options);
            return;
        }
        // A tmpfs takes the mode of the directory below it: one that is made for it is open to all, as a tmpfs is by
        // itself.
        uint mode = type == "tmpfs" ? MountTarget.OpenDirectoryMode : MountTarget.UsualDirectoryMode;
        MountTarget target = targets.Add(mount.Destination, TargetKind.Directory, isPlain: type is "proc" or "sysfs", mode);
        options = WithLabel(options, type);
        bool sealedLater = type == "tmpfs" && options.IsReadonly;
        // The kernel makes a new sysfs only for the user namespace that owns the network namespace.
        bool orHostsOwn = type == "sysfs" && HasUserNamespace && !created.Contains(NamespaceKind.Network);
        steps.Add(new MountFilesystem(type, string.IsNullOrEmpty(mount.Source) ? null : mount.Source, target, options, sealedLater, orHostsOwn));
        if (sealedLater)
            seals.Add(new SealMount(target));
    }

    // Filesystems that keep labels of their own (proc, sysfs, mqueue, cgroups) are left to the policy.
    private MountOptions WithLabel(MountOptions options, string type) =>
        string.IsNullOrEmpty(linux.MountLabel) || type is "proc" or "sysfs" or "mqueue" ? options : options with { Data = [.. options.Data, $"context=\"{linux.MountLabel}\""] };

    private void PlanCgroupMount(MountTarget target, MountOptions options)
    {
        JoinCgroups();
        switch (request.Cgroups.Version)
        {
            case 1:
                steps.Add(new MountCgroupV1(target, options, request.Cgroups.Folders.Select(f => new CgroupView(f.Hierarchy.FolderName, f.HostPath)).ToList()));
                break;
            case 2:
                // Without a namespace of its own a container would have the whole of the file's owner's rights on its limits (CVE-2023-25809).
                if (HasUserNamespace && !HasCgroupNamespace)
                    options = options with { Set = options.Set | MOUNT_ATTR_RDONLY, Clear = options.Clear & ~MOUNT_ATTR_RDONLY };
                steps.Add(new MountCgroupV2(target, options, HasCgroupNamespace ? null : request.Cgroups.Folders[0].HostPath));
                break;
            default:
                PlanMountWithoutCgroup(target, options);
                break;
        }
    }

    // An ordinary user may have no cgroup to show. What is there below, the host's own perhaps, is not to be reached through this mount.
    private void PlanMountWithoutCgroup(MountTarget target, MountOptions options)
    {
        if (request.HostCgroupVersion == 2 && HasCgroupNamespace)
            steps.Add(new MountCgroupV2(target, options, null));
        else if (request.HostCgroupVersion != 0)
            steps.Add(new MountFilesystem("tmpfs", "tmpfs", target, new MountOptions { Set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, Data = ["size=4k", "mode=755"] }));
    }

    // CVE-2023-25809: below a /sys that is bound read-only, the host's cgroups are a mount of their own, and as writable as they are for the user
    // who is root here.
    private void PlanCgroupMask()
    {
        foreach (SpecMount mount in request.Spec.Mounts)
        {
            MountOptions options = MountOptions.Parse(mount.Options);
            string source = TargetList.Clean(mount.Source ?? ""), place = TargetList.Clean(mount.Destination).TrimEnd('/');
            if (!HasUserNamespace || !options.IsBind || !options.IsRecursive || !options.IsReadonly || !(CgroupRoot + "/").StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal))
                continue;
            string hidden = place + CgroupRoot[source.TrimEnd('/').Length..];
            if (!request.Spec.Mounts.Any(m => TargetList.Clean(m.Destination) == hidden))
                steps.Add(new MaskPaths([hidden]));
        }
    }

    // Once, where the first step needs it; as late as that allows, so that little of our own work is charged to the container.
    private void JoinCgroups()
    {
        if (cgroupsJoined)
            return;
        cgroupsJoined = true;
        if (request.Cgroups.Version != 0 || HasCgroupNamespace)
            steps.Add(new JoinCgroups(request.Cgroups.Version == 1 ? request.Cgroups.Folders.Count : 0, HasCgroupNamespace));
    }

    private void PlanCreateHooks()
    {
        if (request.Spec.Hooks is { } hooks && hooks.Prestart.Count + hooks.CreateRuntime.Count + hooks.CreateContainer.Count > 0)
            steps.Add(new RunCreateHooks(request.ByOrdinaryUser));
    }

    private void PlanDevices(MountTarget dev)
    {
        HashSet<string> made = new(StringComparer.Ordinal);
        List<MakeDevice> foreign = [];
        foreach (LinuxDevice device in linux.Devices)
            if (made.Add(TargetList.Clean(device.Path)))
            {
                MakeDevice step = Device(dev, device);
                // An ordinary user's parent may make no nodes either: the host's are bound.
                if (step.BindAlways && !request.ByOrdinaryUser && request.Features.MountApi)
                    foreign.Add(step);
                else
                    steps.Add(step);
            }
        if (foreign.Count > 0)
            steps.Add(new MakeForeignDevices(foreign));
        foreach ((string name, uint major, uint minor) in DefaultDevices)
            if (made.Add("/dev/" + name))
                steps.Add(new MakeDevice(dev, name, Open.S_IFCHR | 0x1b6, major, minor, 0, 0, HasUserNamespace));
        steps.Add(new MakeLink(dev, "fd", "/proc/self/fd"));
        steps.Add(new MakeLink(dev, "stdin", "/proc/self/fd/0"));
        steps.Add(new MakeLink(dev, "stdout", "/proc/self/fd/1"));
        steps.Add(new MakeLink(dev, "stderr", "/proc/self/fd/2"));
        steps.Add(new MakeLink(dev, "core", "/proc/kcore"));
        steps.Add(new MakeLink(dev, "ptmx", "pts/ptmx"));
    }

    private static (string, uint, uint)[] DefaultDevices =>
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    private MakeDevice Device(MountTarget dev, LinuxDevice device)
    {
        string path = TargetList.Clean(device.Path);
        int slash = path.LastIndexOf('/');
        MountTarget folder = slash <= 0 ? targets.Add("/", TargetKind.Directory) : path[..slash] == "/dev" ? dev : targets.Add(path[..slash], TargetKind.Directory);
        uint type = device.Type switch { "b" => Open.S_IFBLK, "p" => Open.S_IFIFO, _ => Open.S_IFCHR };
        return new MakeDevice(folder, path[(slash + 1)..], type | ((device.FileMode ?? 0x1b6 /* 0666 */) & 0xfff),
            (uint)device.Major, (uint)device.Minor, device.Uid ?? 0, device.Gid ?? 0, HasUserNamespace && type != Open.S_IFIFO);
    }

    private static OpenTerminal TerminalOf(SpecProcess process, MountTarget? dev) =>
        new(process.User.Uid, (ushort)(process.ConsoleSize?.Height ?? 0), (ushort)(process.ConsoleSize?.Width ?? 0), dev);

    // Opening a path alone asks for no right on what it names: stat is refused on a FUSE mount of another user.
    private static TargetKind KindOf(string source)
    {
        nint opened = Files.TryOpen(null, source, Open.O_PATH | Open.O_DIRECTORY);
        if (opened < 0)
            return TargetKind.File;
        new FileDescriptor((int)opened).Dispose();
        return TargetKind.Directory;
    }

    private static uint PropagationOf(string? name) => name switch
    {
        "shared" => MS_SHARED,
        "rshared" => MS_SHARED | MS_REC,
        "private" => MS_PRIVATE,
        "rprivate" => MS_PRIVATE | MS_REC,
        "slave" => MS_SLAVE,
        "rslave" => MS_SLAVE | MS_REC,
        "unbindable" => MS_UNBINDABLE,
        "runbindable" => MS_UNBINDABLE | MS_REC,
        _ => 0,
    };
}
