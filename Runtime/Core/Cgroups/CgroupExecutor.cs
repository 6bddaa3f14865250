using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Cgroups;

/// <summary>Does to the cgroup filesystem what a <see cref="CgroupPlan"/> says.</summary>
public static class CgroupExecutor
{
    private const uint FolderMode = 0x1ed; // 0755
    private const int RemoveAttempts = 200;
    private const int MakeAttempts = 20;

    /// <summary>On v2, and in the v2 tree of a hybrid host, makes the container's folder, which a child can be born in:
    /// a process that is moved there later waits for the whole machine's forks.</summary>
    /// <param name="plan">What is made.</param>
    /// <param name="made">Gets the folder when it is made, or was found empty: what the caller removes when something fails.</param>
    /// <returns>The folder; null where there is none, or where systemd makes it.</returns>
    /// <exception cref="RuntimeException">Another container's processes are in the folder, or it is frozen.</exception>
    public static FileDescriptor? MakeBirthplace(CgroupPlan plan, List<string> made)
    {
        // systemd makes a scope only with a process that is there.
        if (plan.Scope is not null)
            return null;
        if (plan.Version == 2)
        {
            Make(plan.Folders[0], made);
            RejectFrozen(plan.Folders[0], version: 2);
            return Files.Open(null, plan.Folders[0].HostPath, O_RDONLY | O_DIRECTORY);
        }
        return plan.Unified is { } unified && TryMake(unified, made) ? Files.Open(null, unified.HostPath, O_RDONLY | O_DIRECTORY) : null;
    }

    // The v2 tree of a hybrid host limits nothing: a caller who may not make a folder in it does without, as the
    // caller's other programs do.
    private static bool TryMake(CgroupFolder folder, List<string> made)
    {
        try
        {
            Make(folder, made);
            RejectFrozen(folder, version: 2);
            return true;
        }
        catch (SyscallException)
        {
            // best effort: not permitted, read-only, or above cgroup.max.descendants.
            return false;
        }
    }

    // A process that is moved into a frozen cgroup stops there, in the middle of its start, until somebody else thaws
    // it.
    private static void RejectFrozen(CgroupFolder folder, int version)
    {
        if ((version == 2 || folder.Hierarchy.Has("freezer")) && !new Freezer(folder.HostPath, version).IsThawed)
            throw new RuntimeException(ErrorKind.WrongState, $"container's cgroup unexpectedly frozen: {folder.HostPath}; thaw it, or the cgroup above it that is frozen, before");
    }

    /// <summary>Makes the folders that are not there yet and writes the limits.</summary>
    /// <param name="plan">What is made.</param>
    /// <param name="made">Gets each folder as it is made, or was found empty: what the caller removes when something fails.</param>
    /// <exception cref="RuntimeException">The kernel refuses a value, or another container's processes are in a folder.</exception>
    public static void Create(CgroupPlan plan, List<string> made) => WhereFoldersVanish(plan, made, () => CreateOnce(plan, made));

    private static void CreateOnce(CgroupPlan plan, List<string> made)
    {
        foreach (CgroupFolder folder in plan.Folders)
        {
            Make(folder, made, isScope: plan.Scope is not null);
            if (folder.Hierarchy.Has("cpuset"))
                InheritCpuset(folder.Hierarchy.MountPoint, folder.Path.Value);
            RejectFrozen(folder, plan.Version);
        }
        if (plan.Version == 2)
            EnableControllers(plan.Folders[0]);
        Apply(plan);
        if (plan.Owner is { } owner)
            Delegate(plan.Folders[0].HostPath, owner);
    }

    /// <summary>Writes the limits into folders that are there.</summary>
    /// <exception cref="RuntimeException">The kernel refuses a value; those before it are in force.</exception>
    public static void Apply(CgroupPlan plan)
    {
        Apply(plan.Writes);
        if (plan.DeviceProgram is { } rules)
            LimitDevices(plan.Folders[0].HostPath, rules);
    }

    /// <summary>Lets a program decide about the devices of a v2 cgroup.</summary>
    public static void LimitDevices(string folder, DeviceRules rules)
    {
        using FileDescriptor program = BpfPrograms.LoadDeviceProgram(V2.DeviceProgram.Assemble(rules));
        using FileDescriptor cgroup = Files.Open(null, folder, O_RDONLY | O_DIRECTORY);
        BpfPrograms.SetDeviceProgram(cgroup, program);
    }

    // Values of one group bound one another: those that the kernel refuses are tried again after the others, for as
    // long as that helps.
    private static void Apply(IReadOnlyList<CgroupWrite> writes)
    {
        for (int first = 0, end; first < writes.Count; first = end)
        {
            end = first + 1;
            while (end < writes.Count && writes[first].Group is { } group && writes[end].Group == group)
                end++;
            ApplyGroup([.. writes.Skip(first).Take(end - first)]);
        }
    }

    private static void ApplyGroup(List<CgroupWrite> left)
    {
        int before;
        nint refusal;
        do
        {
            before = left.Count;
            refusal = 0;
            left.RemoveAll(write =>
            {
                nint result = TryApply(write);
                refusal = refusal < 0 ? refusal : result;
                return result == 0;
            });
        }
        while (left.Count > 0 && left.Count < before);
        if (left.Count > 0)
            throw Refused(left[0], (int)-refusal);
    }

    // 0, or a negated errno.
    private static nint TryApply(CgroupWrite write)
    {
        nint opened = Files.TryOpen(null, write.File, O_WRONLY);
        if (opened == -Errno.ENOENT && (write.IsOptional || write.Otherwise is not null))
            return write.Otherwise is { } otherwise ? TryApply(otherwise) : 0;
        if (opened < 0)
            return opened;
        using FileDescriptor file = new((int)opened);
        return TryWrite(file, write.Value);
    }

    /// <summary>Opens each v1 hierarchy's <c>tasks</c>, so that the child can move itself by writing to it.</summary>
    /// <param name="plan">What was made.</param>
    /// <param name="made">The folders that were made; those that vanished since are made again.</param>
    public static IReadOnlyList<FileDescriptor> OpenTasks(CgroupPlan plan, List<string> made)
    {
        IReadOnlyList<FileDescriptor> files = [];
        bool isFirst = true;
        WhereFoldersVanish(plan, made, () =>
        {
            if (!isFirst)
                CreateOnce(plan, made);
            isFirst = false;
            files = OpenAll(plan.Folders);
        });
        return files;
    }

    private static List<FileDescriptor> OpenAll(IReadOnlyList<CgroupFolder> folders)
    {
        List<FileDescriptor> files = new(folders.Count);
        try
        {
            foreach (CgroupFolder folder in folders)
                files.Add(Files.Open(null, folder.File("tasks"), O_WRONLY));
            return files;
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    // On a hybrid host systemd removes what is empty in v1's hierarchies, at any moment until a process is in it.
    private static void WhereFoldersVanish(CgroupPlan plan, List<string> made, Action action)
    {
        for (int attempt = 1; ; attempt++)
            try
            {
                action();
                return;
            }
            catch (Exception e) when (e is SyscallException or RuntimeException && plan.Version == 1 && attempt < MakeAttempts && ForgetVanished(made))
            {
                // What is no longer in the list is made again.
            }
    }

    private static bool ForgetVanished(List<string> made) => made.RemoveAll(folder => !Directory.Exists(folder)) > 0;

    /// <summary>Moves a process into a folder of v2.</summary>
    public static void Move(CgroupFolder folder, int pid) => Check.Ok(TryMove(folder.HostPath, pid), "join cgroup", folder.HostPath);

    /// <summary>Moves a process into a folder of v2; 0, or a negated errno.</summary>
    public static nint TryMove(string folder, int pid) => Files.TryWriteText(null, folder + "/cgroup.procs", pid.ToString());

    /// <summary>Ends all processes of a v2 cgroup and of those below at once, also those that are being born (<c>cgroup.kill</c>, Linux 5.14).</summary>
    /// <returns>False where the kernel has no such file.</returns>
    public static bool TryKill(string folder) => Files.TryWriteText(null, folder + "/cgroup.kill", "1") == 0;

    /// <summary>The numbers of all processes in a folder and those below, as our pid namespace has them.</summary>
    public static List<int> Processes(string folder)
    {
        List<int> pids = [];
        CollectProcesses(folder, pids);
        return pids;
    }

    /// <summary>Removes folders and what the container made below them; processes that just ended may still be in them, so it tries again for a second.</summary>
    /// <param name="folders">The container's folder in each hierarchy.</param>
    /// <param name="killAll">Ends the processes that are still in them.</param>
    public static void Remove(IReadOnlyList<string> folders, Action? killAll = null)
    {
        foreach (string folder in folders)
        {
            nint result = 0;
            for (int attempt = 0; attempt < RemoveAttempts; attempt++)
            {
                result = Files.TryRemove(null, folder, AT_REMOVEDIR);
                if (result is 0 or -Errno.ENOENT)
                    break;
                if (result == -Errno.EBUSY || result == -Errno.ENOTEMPTY)
                    RemoveBelow(folder);
                if (attempt > 0)
                    killAll?.Invoke();
                if (attempt > 1)
                    Thread.Sleep(5);
            }
            if (result != -Errno.ENOENT)
                Check.Ok(result, "remove cgroup", folder);
        }
    }

    /// <summary>Removes those folders that are, or within a second become, empty; others are somebody else's.</summary>
    public static void RemoveEmpty(IReadOnlyList<string> folders)
    {
        foreach (string folder in folders)
            for (int attempt = 0; attempt < RemoveAttempts; attempt++)
            {
                if (Files.TryRemove(null, folder, AT_REMOVEDIR) != -Errno.EBUSY)
                    break;
                Thread.Sleep(5);
            }
    }

    /// <summary>Makes a folder, unless it is among those that were made; one that is there already must be empty.</summary>
    internal static void Make(CgroupFolder folder, List<string> made, bool isScope = false)
    {
        if (made.Contains(folder.HostPath))
            return;
        Make(folder.HostPath, isScope);
        made.Add(folder.HostPath);
    }

    private static void Make(string path, bool isScope)
    {
        nint result = Files.TryMakeDirectory(null, path, FolderMode);
        if (result == -Errno.ENOENT)
        {
            Files.MakeDirectories(path, FolderMode);
            return;
        }
        if (result == -Errno.EEXIST)
        {
            // A scope has the container's own first process already.
            int count = isScope ? 0 : Processes(path).Count;
            if (count > 0)
                throw new RuntimeException(ErrorKind.AlreadyExists, $"container's cgroup is not empty: {count} process(es) found in {path}");
            return;
        }
        if (result == -Errno.EROFS)
            throw new SyscallException($"make cgroup {path}", Errno.EROFS, $"make cgroup {path}: {SyscallException.Describe(Errno.EROFS)}: in a container, its cgroups are not its own to change; run it with --privileged");
        Check.Ok(result, "make cgroup", path);
    }

    private static nint TryWrite(FileDescriptor file, string value)
    {
        try
        {
            Files.Write(file, Encoding.UTF8.GetBytes(value), value);
            return 0;
        }
        catch (SyscallException e)
        {
            return -e.Errno;
        }
    }

    private static RuntimeException Refused(CgroupWrite write, int errno) => new(
        errno is Errno.EINVAL or Errno.ERANGE or Errno.EOVERFLOW ? ErrorKind.InvalidSpec : ErrorKind.Internal,
        $"{write.Property}: write {write.Value} to {write.File}: {SyscallException.Describe(errno)}{(errno == Errno.ENOENT ? WhyMissing(write.File) : "")}");

    // On v2 a file isn't there when the kernel has none of that name, or when a folder above does not hand its controller down.
    private static string WhyMissing(string file)
    {
        string folder = file[..file.LastIndexOf('/')], name = file[(folder.Length + 1)..];
        if (!name.Contains('.') || Files.TryReadText(null, folder + "/cgroup.controllers") is not { } controllers)
            return "";
        string controller = name[..name.IndexOf('.')];
        if (controllers.Split([' ', '\n']).Contains(controller))
            return $" (this kernel's {controller} controller has no such file)";
        string above = folder[..folder.LastIndexOf('/')];
        return $" (the {controller} controller is not enabled in {above}/cgroup.subtree_control: not delegated to us, or processes in {above} forbid it)";
    }

    // A new cpuset has no CPUs and no nodes: each level gets those of the one above, from the top down.
    private static void InheritCpuset(string mountPoint, string path)
    {
        int end = path.IndexOf('/', 1);
        while (true)
        {
            string folder = mountPoint + (end < 0 ? path : path[..end]);
            foreach (string file in (ReadOnlySpan<string>)["cpuset.cpus", "cpuset.mems"])
                if (Files.TryReadText(null, $"{folder}/{file}") is "\n" or "")
                {
                    string inherited = Files.TryReadText(null, $"{folder[..folder.LastIndexOf('/')]}/{file}")?.Trim() ?? "";
                    Check.Ok(Files.TryWriteText(null, $"{folder}/{file}", inherited), "inherit", $"{folder}/{file}");
                }
            if (end < 0)
                return;
            end = path.IndexOf('/', end + 1);
        }
    }

    // Controllers reach a folder when every folder above it hands them down. A folder with processes of its own cannot (EBUSY): what is missing
    // then shows at the write that needs it.
    private static void EnableControllers(CgroupFolder folder)
    {
        string top = folder.Hierarchy.MountPoint;
        string path = folder.Path.Value;
        for (int slash = 0; slash >= 0; slash = path.IndexOf('/', slash + 1))
            HandDown(top + path[..slash]);
    }

    private static void HandDown(string folder)
    {
        HashSet<string> enabled = [.. Words(folder + "/cgroup.subtree_control")];
        string[] missing = [.. Words(folder + "/cgroup.controllers").Where(c => !enabled.Contains(c)).Select(c => "+" + c)];
        string file = folder + "/cgroup.subtree_control";
        // One refused controller refuses them all: cpu for one, while a real-time process is in a cgroup.
        if (missing.Length > 0 && Files.TryWriteText(null, file, string.Join(' ', missing)) < 0)
            foreach (string controller in missing)
                // best effort: see above.
                Files.TryWriteText(null, file, controller);
    }

    private static string[] Words(string file) => (Files.TryReadText(null, file) ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    // What the kernel lists in /sys/kernel/cgroup/delegate is what the owner of a delegated tree may write (cgroup-v2.rst, "Model of Delegation").
    private static void Delegate(string folder, CgroupOwner owner)
    {
        Check.Ok(Files.TryChangeOwner(null, folder, owner.Uid, owner.Gid), "chown", folder);
        foreach (string name in Words("/sys/kernel/cgroup/delegate") is { Length: > 0 } listed ? listed : ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"])
            if (Files.TryChangeOwner(null, $"{folder}/{name}", owner.Uid, owner.Gid) is < 0 and not -Errno.ENOENT and var result)
                Check.Ok(result, "chown", $"{folder}/{name}");
    }

    private static void RemoveBelow(string folder)
    {
        foreach (string child in Folders(folder))
        {
            RemoveBelow(child);
            // best effort: a folder that is still busy is tried again.
            Files.TryRemove(null, child, AT_REMOVEDIR);
        }
    }

    private static void CollectProcesses(string folder, List<int> pids)
    {
        foreach (ReadOnlySpan<char> line in (Files.TryReadText(null, folder + "/cgroup.procs") ?? "").AsSpan().EnumerateLines())
            if (int.TryParse(line, out int pid))
                pids.Add(pid);
        foreach (string child in Folders(folder))
            CollectProcesses(child, pids);
    }

    /// <summary>The folders right below a cgroup.</summary>
    internal static List<string> Folders(string folder)
    {
        nint opened = Files.TryOpen(null, folder, O_RDONLY | O_DIRECTORY);
        if (opened < 0)
            return [];
        using FileDescriptor directory = new((int)opened);
        List<string> folders = [];
        foreach (string name in Files.List(directory))
            if (Files.TryStat(directory, name, out statx status, followLinks: false) == 0 && (status.stx_mode & S_IFMT) == S_IFDIR)
                folders.Add($"{folder}/{name}");
        return folders;
    }
}
