using Vessel.Native.Raw;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>The document that <c>spec</c> writes: a container to begin with.</summary>
public static class DefaultSpec
{
    private static readonly string[] DefaultCapabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    /// <summary>A container of root's, with a network of its own that holds only the loopback interface.</summary>
    /// <param name="cgroupVersion">The version of the host's cgroups. On v1 the container has no cgroup namespace, as
    /// with other runtimes: tools in it find their limits by the paths that the host has.</param>
    public static Spec Create(int cgroupVersion = 2) => new()
    {
        OciVersion = OciVersion.Written,
        Process = new SpecProcess
        {
            Terminal = true,
            Args = ["sh"],
            Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            Cwd = "/",
            Capabilities = new LinuxCapabilities { Bounding = DefaultCapabilities, Effective = DefaultCapabilities, Permitted = DefaultCapabilities },
            Rlimits = [new PosixRlimit("RLIMIT_NOFILE", 1024, 1024)],
            NoNewPrivileges = true,
        },
        Root = new SpecRoot { Path = "rootfs", Readonly = true },
        Hostname = "vrun",
        Mounts =
        [
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
        ],
        Linux = new SpecLinux
        {
            Resources = new LinuxResources { Devices = [new LinuxDeviceCgroup { Allow = false, Access = "rwm" }] },
            Namespaces = [.. Types("pid", "network", "ipc", "uts", "mount"), .. CgroupNamespace(cgroupVersion)],
            MaskedPaths =
            [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                "/proc/sched_debug", "/sys/firmware", "/proc/scsi", "/proc/interrupts", "/sys/devices/virtual/powercap", "/sys/devices/system/cpu/cpu0/thermal_throttle",
            ],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    /// <summary>A container of an ordinary user's: that user is root inside, the network is the host's.</summary>
    /// <param name="cgroupVersion">The version of the host's cgroups.</param>
    public static Spec Rootless(int cgroupVersion = 2)
    {
        Spec spec = Create(cgroupVersion);
        SpecLinux linux = spec.Linux!;
        return spec with
        {
            // Without the host's network interfaces being the container's own, sysfs cannot be mounted: it is bound.
            Mounts =
            [
                .. spec.Mounts.Where(m => m.Type is not ("sysfs" or "cgroup")).Select(m => m.Type == "devpts" ? m with { Options = [.. m.Options.Where(o => !o.StartsWith("gid=", StringComparison.Ordinal))] } : m),
                Mount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro"),
                // Over the host's, which is a mount of its own below /sys and not made read-only with it.
                spec.Mounts.First(m => m.Type == "cgroup"),
            ],
            Linux = linux with
            {
                Resources = null,
                Namespaces = [.. Types("pid", "ipc", "uts", "mount", "user"), .. CgroupNamespace(cgroupVersion)],
                UidMappings = [new LinuxIdMapping(0, (uint)Kernel.Call(SYS.geteuid), 1)],
                GidMappings = [new LinuxIdMapping(0, (uint)Kernel.Call(SYS.getgid), 1)],
            },
        };
    }

    private static IEnumerable<LinuxNamespace> CgroupNamespace(int cgroupVersion) => cgroupVersion == 1 ? [] : Types("cgroup");

    private static SpecMount Mount(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };

    private static IEnumerable<LinuxNamespace> Types(params string[] types) => types.Select(type => new LinuxNamespace { Type = type });
}
