using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Native.Safe;

namespace Vessel.Core.Diagnosis;

/// <summary>Cgroups: which version, which controllers reach a container, who makes them.</summary>
internal static class CgroupFindings
{
    private const string Topic = "cgroups";
    private const int W_OK = 2;

    private static readonly string[] Expected = ["cpu", "cpuset", "memory", "pids", "io"];

    public static IEnumerable<Finding> Of(RuntimeHost host)
    {
        switch (host.Cgroups.Version)
        {
            case 0:
                yield return new Finding(Topic, "version", FindingStatus.Missing, "none is mounted: no limits, no pause", "mount -t cgroup2 none /sys/fs/cgroup");
                break;
            case 1:
                yield return new Finding(Topic, "version", FindingStatus.Ok, Directory.Exists("/sys/fs/cgroup/unified") ? "1 (hybrid)" : "1");
                yield return Legacy(host.Cgroups, host.Caller);
                break;
            default:
                yield return new Finding(Topic, "version", FindingStatus.Ok, "2");
                yield return Unified(host);
                break;
        }
        yield return Driver(host.Caller);
    }

    private static Finding Legacy(CgroupHost cgroups, Caller caller)
    {
        if (caller.IsOrdinary && cgroups.Hierarchies.All(h => Files.TryAccess(null, h.MountPoint, W_OK) != 0))
            return new Finding(Topic, "controllers", FindingStatus.Missing, $"none is {caller.Name}'s: no limits, no pause, unless linux.cgroupsPath names a folder that is", Delegation.WhatHelps(1, caller));
        string[] missing = [.. Expected.Select(c => c == "io" ? "blkio" : c).Append("devices").Append("freezer").Where(c => cgroups.Find(c) is null)];
        string all = string.Join(' ', cgroups.Hierarchies.SelectMany(h => h.Controllers));
        return missing.Length == 0
            ? new Finding(Topic, "controllers", FindingStatus.Ok, all)
            : new Finding(Topic, "controllers", FindingStatus.Missing, $"{all}; not mounted: {string.Join(' ', missing)}", $"mount -t cgroup -o {missing[0]} cgroup /sys/fs/cgroup/{missing[0]}");
    }

    // Those that a container's cgroup gets: at the top for root, where they are delegated for others.
    private static Finding Unified(RuntimeHost host)
    {
        string place = host.Cgroups.Hierarchies[0].MountPoint;
        string advice = "they are built into the kernel, or not: boot parameter cgroup_disable=, or another kernel";
        if (host.Caller.IsOrdinary)
        {
            CgroupPath path = Delegation.PlaceOf(host.Cgroups, null, "x", host.Caller);
            place += path.Value[..path.Value.LastIndexOf('/')];
            if (Files.TryAccess(null, place.Length == 0 ? "/" : place, W_OK) != 0)
                return new Finding(Topic, "controllers", FindingStatus.Missing, $"no cgroup is delegated to {host.Caller.Name}: no limits, no pause", Delegation.WhatHelps(2, host.Caller));
            advice = "systemctl edit user@.service, with [Service] and Delegate=cpu cpuset io memory pids; then log in again";
        }
        string[] there = (HostExamination.Text(place + "/cgroup.controllers") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] missing = [.. Expected.Except(there)];
        string value = $"{string.Join(' ', there)}{(host.Caller.IsOrdinary ? $" (below {place})" : "")}";
        return missing.Length == 0
            ? new Finding(Topic, "controllers", FindingStatus.Ok, value)
            : new Finding(Topic, "controllers", FindingStatus.Missing, $"{value}; not there: {string.Join(' ', missing)}", advice);
    }

    private static Finding Driver(Caller caller)
    {
        if (!Directory.Exists("/run/systemd/system"))
            return new Finding(Topic, "driver", FindingStatus.Ok, "files (systemd does not run: no --systemd-cgroup)");
        try
        {
            using SystemdManager manager = SystemdManager.Connect(caller.IsOrdinary);
            return new Finding(Topic, "driver", FindingStatus.Ok, $"systemd {manager.Version} by --systemd-cgroup{(caller.IsOrdinary ? ", the user's own" : "")}; files without");
        }
        catch (Exception e) when (e is RuntimeException or SyscallException)
        {
            return new Finding(Topic, "driver", FindingStatus.Missing, "files; systemd runs and cannot be reached", e.Message);
        }
    }
}
