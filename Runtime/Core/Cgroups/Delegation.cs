using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups;

/// <summary>The cgroups of a caller who is not the host's root: where they can be, and what is done where there are none (kernel: cgroup-v2.rst, "Delegation").</summary>
public static class Delegation
{
    private const string Devices = "linux.resources.devices";
    private const int W_OK = 2;
    private const int X_OK = 1;

    /// <summary>Where a container's cgroup is. An ordinary user may make none at the top: what is not named by an absolute path is beside the caller's own cgroup on v2, as with
    /// runc, since controllers reach it there (the own cgroup holds processes); or below the own one where only that is the caller's.</summary>
    public static CgroupPath PlaceOf(CgroupHost host, string? text, string id, Caller caller)
    {
        CgroupPath path = CgroupPath.Parse(text, id);
        if (!caller.IsOrdinary || text?.StartsWith('/') == true || host.UnifiedFolderOf(Environment.ProcessId) is not { } own)
            return path;
        string top = host.Hierarchies[0].MountPoint;
        if (own.Length <= top.Length)
            return path;
        string above = own[..own.LastIndexOf('/')];
        string place = !MayMoveWithin(above) && MayMoveWithin(own) ? own : above;
        return CgroupPath.Parse(place[top.Length..] + path.Value, id);
    }

    /// <summary>Makes the folders that the caller may make, and leaves the others out, where nothing asks for them.</summary>
    /// <param name="plan">The cgroups as they should be.</param>
    /// <param name="isNamed">The document names the cgroup.</param>
    /// <param name="caller">Who calls.</param>
    /// <param name="made">Gets each folder as it is made.</param>
    /// <param name="debug">Is told what is left out.</param>
    /// <exception cref="RuntimeException">A folder that cannot be made is named by the document, or a limit needs it.</exception>
    public static CgroupPlan Reach(CgroupPlan plan, bool isNamed, Caller caller, List<string> made, Action<string>? debug)
    {
        List<CgroupFolder> reached = [];
        SyscallException? refusal = null;
        foreach (CgroupFolder folder in plan.Folders)
            try
            {
                CgroupExecutor.Make(folder, made);
                reached.Add(folder);
            }
            catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS)
            {
                // The devices that every container may use are in the plan whether the document says so or not.
                string? wanted = plan.Writes.FirstOrDefault(write => IsIn(folder, write) && write.Property != Devices)?.Property ?? (isNamed ? "linux.cgroupsPath" : null);
                if (wanted is not null)
                    throw new RuntimeException(ErrorKind.PermissionDenied, $"{wanted}: {e.Attempt}: {SyscallException.Describe(e.Errno)}: {WhatHelps(plan.Version, caller)}", e);
                refusal ??= e;
            }
        if (refusal is not null)
            debug?.Invoke($"without {(reached.Count == 0 ? "cgroups" : $"{plan.Folders.Count - reached.Count} of {plan.Folders.Count} cgroups")}: {refusal.Attempt}: {SyscallException.Describe(refusal.Errno)}: {WhatHelps(plan.Version, caller)}");
        if (reached.Count == plan.Folders.Count)
            return plan;
        return reached.Count == 0 ? CgroupPlan.None : plan with { Folders = reached, Writes = [.. plan.Writes.Where(write => reached.Exists(folder => IsIn(folder, write)))] };
    }

    /// <summary>The cgroups without rules for devices: to make them is the host's root's alone. A user has no more devices in a container than outside; other runtimes do without
    /// as well.</summary>
    public static CgroupPlan WithoutDevices(CgroupPlan plan) => plan with
    {
        DeviceProgram = null,
        Writes = [.. plan.Writes.Where(write => write.Property != Devices)],
    };

    private static bool IsIn(CgroupFolder folder, CgroupWrite write) => write.File.StartsWith(folder.HostPath + "/", StringComparison.Ordinal);

    /// <summary>What gives the caller cgroups, for the end of an error's text.</summary>
    public static string WhatHelps(int version, Caller caller)
    {
        if (!caller.IsOrdinary)
            return "in a container, its cgroups are not its own to change; run it with --privileged";
        if (version == 1)
            return $"no cgroup was delegated to {caller.Name}: with cgroup v1 root gives a folder in each hierarchy, and linux.cgroupsPath names it";
        return Directory.Exists("/run/systemd/system")
            ? $"no cgroup was delegated to {caller.Name} here: `systemd-run --user --scope -p Delegate=yes vrun …` begins in one that is; where the user has no session, `loginctl enable-linger {caller.Name}` comes before"
            : $"no cgroup was delegated to {caller.Name} here: root makes a folder, gives it and its cgroup.procs, cgroup.threads and cgroup.subtree_control to the user, and starts the session in a folder below";
    }

    // To move a process, its mover must be able to write to cgroup.procs of the folder that holds both places.
    private static bool MayMoveWithin(string folder) =>
        Files.TryAccess(null, folder, W_OK | X_OK) == 0 && Files.TryAccess(null, folder + "/cgroup.procs", W_OK) == 0;
}
