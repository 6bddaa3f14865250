using Vessel.Core.Rootfs;
using Vessel.Core.Security;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>What this build can do, whatever the host: the features document (runtime-spec, features.md).</summary>
public static class RuntimeFeatures
{
    /// <summary>The document.</summary>
    public static Features Get(string version, string commit) => new()
    {
        OciVersionMin = OciVersion.Minimum,
        OciVersionMax = OciVersion.Current,
        Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        MountOptions = MountOptions.Names,
        Linux = new FeaturesLinux
        {
            Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
            Capabilities = Capabilities.Names,
            Cgroup = new FeaturesCgroup { V1 = true, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
            Seccomp = new FeaturesSeccomp
            {
                Enabled = true,
                Actions = SpecWords.SeccompActions,
                Operators = SpecWords.SeccompOperators,
                Archs = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"],
                KnownFlags = SpecWords.SeccompFlags,
                SupportedFlags = SpecWords.SeccompFlags,
            },
            Apparmor = true,
            Selinux = true,
            IntelRdt = new FeaturesIntelRdt { Enabled = false },
            IdmapMounts = true,
            NetDevices = false,
        },
        Annotations = new Dictionary<string, string>
        {
            ["io.github.vessel.vrun.version"] = version,
            ["io.github.vessel.vrun.commit"] = commit,
            ["org.opencontainers.runc.checkpoint.enabled"] = "false",
        },
        PotentiallyUnsafeConfigAnnotations = [],
    };
}
