using Vessel.Core.Containers;
using Vessel.Core.Namespaces;
using Vessel.Core.Process;
using Vessel.Native.Safe;

namespace Vessel.Core.Diagnosis;

/// <summary>Looks at what a container can have on this host, for this caller. Nothing of the host is changed; what can only be told by trying is tried in a child that ends at once.</summary>
public static class HostExamination
{
    /// <summary>All findings, topic after topic.</summary>
    public static IReadOnlyList<Finding> Run(RuntimeHost host) =>
    [
        .. KernelFindings(host),
        .. CgroupFindings.Of(host),
        .. NamespaceFindings.Of(host),
        .. UserFindings(host.Caller, host.Features),
        .. SecurityFindings.Of(),
        .. FilesystemFindings.Of(host),
    ];

    private static IEnumerable<Finding> KernelFindings(RuntimeHost host)
    {
        const string topic = "kernel";
        yield return new Finding(topic, "release", FindingStatus.Ok, Text("/proc/sys/kernel/osrelease") ?? "unknown");
        KernelFeatures f = host.Features;
        List<string> missing = [];
        foreach ((bool has, string name) in new[] { (f.OpenAt2, "openat2 (5.6)"), (f.MountApi, "fsopen, move_mount (5.2)"), (f.MountSetAttr, "mount_setattr (5.12)"), (f.Clone3, "clone3 (5.3)"), (f.CloseRangeCloexec, "close_range (5.11)") })
            if (!has)
                missing.Add(name);
        yield return missing.Count == 0
            ? new Finding(topic, "system calls", FindingStatus.Ok, "all of the newer ones")
            : new Finding(topic, "system calls", FindingStatus.Missing, $"without {string.Join(", ", missing)}", "an older way is taken; a newer kernel, or a seccomp filter around us that allows them, is faster");
        string container = Container();
        yield return new Finding(topic, "inside a container", FindingStatus.Ok, container.Length == 0 ? "no" : container);
    }

    private static IEnumerable<Finding> UserFindings(Caller caller, KernelFeatures features)
    {
        const string topic = "user";
        yield return new Finding(topic, "caller", FindingStatus.Ok, $"{caller.Name} ({caller.Uid}){(Caller.IsInUserNamespace ? ", in a user namespace" : "")}");
        if (!caller.IsOrdinary)
            yield break;
        foreach (SubordinateIds ids in new[] { SubordinateIds.Users, SubordinateIds.Groups })
        {
            string? path = Programs.FindOnPath(ids.Program);
            yield return path is null
                ? new Finding(topic, ids.Program, FindingStatus.Missing, "not installed: a container can have one user only", "apt-get install uidmap")
                : new Finding(topic, ids.Program, FindingStatus.Ok, path);
            string ranges = string.Join(", ", ids.RangesOf(caller).Select(r => $"{r.First}:{r.Count}"));
            yield return ranges.Length == 0
                ? new Finding(topic, ids.File, FindingStatus.Missing, "no ids for this user: a container can have one user only", ids.HowToGive(caller))
                : new Finding(topic, ids.File, FindingStatus.Ok, ranges);
        }
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        yield return Directory.Exists(runtime)
            ? new Finding(topic, "XDG_RUNTIME_DIR", FindingStatus.Ok, runtime!)
            : new Finding(topic, "XDG_RUNTIME_DIR", Directory.Exists($"/run/user/{caller.Uid}") ? FindingStatus.Ok : FindingStatus.Missing, "not set", $"loginctl enable-linger {caller.Name}; export XDG_RUNTIME_DIR=/run/user/{caller.Uid}");
    }

    // What engines leave in a container for its programs to see.
    private static string Container()
    {
        if (Text("/run/systemd/container") is { Length: > 0 } named)
            return named;
        if (File.Exists("/.dockerenv"))
            return "docker";
        if (File.Exists("/run/.containerenv"))
            return "podman";
        return Environment.GetEnvironmentVariable("container") ?? "";
    }

    /// <summary>A small file's text without its end; null where it isn't there.</summary>
    internal static string? Text(string path) => Files.TryReadText(null, path)?.Trim();
}
