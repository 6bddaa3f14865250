using System.Globalization;
using System.Runtime.InteropServices;
using Vessel.Oci.Image;
using Vessel.Oci.Runtime;

namespace Vessel.Images.Bundles;

/// <summary>An image's config as a container's (image-spec, "Conversion to OCI Runtime Configuration"), with docker's defaults for the rest.</summary>
public static class ImageSpec
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    private static readonly string[] Namespaces = ["mount", "network", "uts", "pid", "ipc", "cgroup"];

    /// <summary>The document.</summary>
    /// <param name="image">The image's config.</param>
    /// <param name="user">Who its <c>User</c> is in its own root filesystem.</param>
    /// <param name="hostname">What the container is called.</param>
    /// <param name="options">What is wanted beside what the image says; null for nothing.</param>
    public static Spec Of(ImageConfig image, ImageUser user, string hostname, BundleOptions? options = null)
    {
        options ??= new BundleOptions();
        ContainerConfig config = image.Config;
        List<string> arguments = [.. config.Entrypoint, .. options.Command.Count > 0 ? options.Command : config.Cmd];
        return new Spec
        {
            OciVersion = OciVersion.Written,
            Process = new SpecProcess
            {
                User = new SpecUser { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.AdditionalGids },
                Args = arguments.Count > 0 ? arguments : ["sh"],
                Terminal = options.HasTerminal,
                Env = Environment(config, user, hostname, options),
                Cwd = string.IsNullOrEmpty(config.WorkingDir) ? "/" : config.WorkingDir.StartsWith('/') ? config.WorkingDir : "/" + config.WorkingDir,
                // Ordinary users have none of them until a program's file gives some: then up to the bounding set.
                Capabilities = user.Uid == 0
                    ? new LinuxCapabilities { Bounding = Capabilities, Effective = Capabilities, Permitted = Capabilities }
                    : new LinuxCapabilities { Bounding = Capabilities },
            },
            Root = new SpecRoot { Path = "rootfs" },
            Hostname = hostname,
            Annotations = Annotations(image),
            Mounts =
            [
                Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
                Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
                Mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev"),
                Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=67108864"),
            ],
            Linux = new SpecLinux
            {
                Resources = new LinuxResources { Devices = [new LinuxDeviceCgroup { Allow = false, Access = "rwm" }] },
                Seccomp = DefaultSeccomp.Of(Capabilities, RuntimeInformation.ProcessArchitecture),
                Namespaces = [.. Namespaces.Select(type => new LinuxNamespace { Type = type })],
                MaskedPaths =
                [
                    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
                ],
                ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            },
        };
    }

    private static List<string> Environment(ContainerConfig config, ImageUser user, string hostname, BundleOptions options)
    {
        // An entry without a value's sign is no variable: no program could read it.
        List<string> variables = [.. config.Env.Where(variable => variable.IndexOf('=') > 0)];
        foreach (string variable in options.Environment)
        {
            string name = variable.Split('=', 2)[0];
            variables.RemoveAll(v => v.Split('=', 2)[0] == name);
            if (name.Length < variable.Length)
                variables.Add(variable);
        }
        foreach (string variable in (string[])[DefaultPath, $"HOSTNAME={hostname}", $"HOME={user.Home}", .. options.HasTerminal ? (string[])["TERM=xterm"] : []])
            if (!variables.Any(v => v.StartsWith(variable[..(variable.IndexOf('=') + 1)], StringComparison.Ordinal)))
                variables.Add(variable);
        return variables;
    }

    // The image's own labels win over what is derived.
    private static Dictionary<string, string> Annotations(ImageConfig image)
    {
        Dictionary<string, string?> derived = new()
        {
            ["org.opencontainers.image.os"] = image.Os,
            ["org.opencontainers.image.architecture"] = image.Architecture,
            ["org.opencontainers.image.variant"] = image.Variant,
            ["org.opencontainers.image.author"] = image.Author,
            ["org.opencontainers.image.created"] = image.CreatedAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["org.opencontainers.image.stopSignal"] = image.Config.StopSignal,
            ["org.opencontainers.image.exposedPorts"] = string.Join(',', image.Config.ExposedPorts),
        };
        Dictionary<string, string> annotations = derived.Where(a => !string.IsNullOrEmpty(a.Value)).ToDictionary(a => a.Key, a => a.Value!);
        foreach ((string name, string value) in image.Config.Labels)
            annotations[name] = value;
        return annotations;
    }

    private static SpecMount Mount(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };
}
