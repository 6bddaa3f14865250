using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>Writes the features document.</summary>
public static class FeaturesWriter
{
    public static void Write(Features features, TextWriter output, bool indented = false) =>
        JsonMapWriter.Write(output, indented, features, Members);

    private static void Members(JsonMapWriter json, Features features)
    {
        json.Always("ociVersionMin", features.OciVersionMin);
        json.Always("ociVersionMax", features.OciVersionMax);
        json.AlwaysList("hooks", features.Hooks);
        json.AlwaysList("mountOptions", features.MountOptions);
        json.Object("linux", features.Linux, Linux);
        json.Map("annotations", features.Annotations);
        json.AlwaysList("potentiallyUnsafeConfigAnnotations", features.PotentiallyUnsafeConfigAnnotations);
    }

    private static void Linux(JsonMapWriter json, FeaturesLinux linux)
    {
        json.AlwaysList("namespaces", linux.Namespaces);
        json.AlwaysList("capabilities", linux.Capabilities);
        json.Object("cgroup", linux.Cgroup, Cgroup);
        json.Object("seccomp", linux.Seccomp, Seccomp);
        Enabled(json, "apparmor", linux.Apparmor);
        Enabled(json, "selinux", linux.Selinux);
        json.Object("intelRdt", linux.IntelRdt, IntelRdt);
        json.Object("memoryPolicy", linux.MemoryPolicy, MemoryPolicy);
        if (linux.IdmapMounts is not null)
            json.Object("mountExtensions", linux, static (json, linux) => Enabled(json, "idmap", linux.IdmapMounts));
        Enabled(json, "netDevices", linux.NetDevices);
    }

    private static void Cgroup(JsonMapWriter json, FeaturesCgroup cgroup)
    {
        json.Member("v1", cgroup.V1);
        json.Member("v2", cgroup.V2);
        json.Member("systemd", cgroup.Systemd);
        json.Member("systemdUser", cgroup.SystemdUser);
        json.Member("rdma", cgroup.Rdma);
    }

    private static void Seccomp(JsonMapWriter json, FeaturesSeccomp seccomp)
    {
        json.Member("enabled", seccomp.Enabled);
        json.AlwaysList("actions", seccomp.Actions);
        json.AlwaysList("operators", seccomp.Operators);
        json.AlwaysList("archs", seccomp.Archs);
        json.AlwaysList("knownFlags", seccomp.KnownFlags);
        json.AlwaysList("supportedFlags", seccomp.SupportedFlags);
    }

    private static void IntelRdt(JsonMapWriter json, FeaturesIntelRdt intelRdt)
    {
        json.Member("enabled", intelRdt.Enabled);
        json.Member("schemata", intelRdt.Schemata);
        json.Member("monitoring", intelRdt.Monitoring);
    }

    private static void MemoryPolicy(JsonMapWriter json, FeaturesMemoryPolicy policy)
    {
        json.AlwaysList("modes", policy.Modes);
        json.AlwaysList("flags", policy.Flags);
    }

    private static void Enabled(JsonMapWriter json, string name, bool? isEnabled)
    {
        if (isEnabled is { } value)
            json.Object(name, value, static (json, value) => json.Always("enabled", value));
    }
}
