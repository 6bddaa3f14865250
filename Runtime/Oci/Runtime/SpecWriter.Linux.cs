using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecWriter
{
    private static void Linux(JsonMapWriter json, SpecLinux linux)
    {
        json.List("uidMappings", linux.UidMappings, IdMapping);
        json.List("gidMappings", linux.GidMappings, IdMapping);
        json.Map("sysctl", linux.Sysctl);
        json.Object("resources", linux.Resources, Resources);
        json.Member("cgroupsPath", linux.CgroupsPath);
        json.List("namespaces", linux.Namespaces, Namespace);
        json.List("devices", linux.Devices, Device);
        json.Map("netDevices", linux.NetDevices, NetDevice);
        json.Object("seccomp", linux.Seccomp, Seccomp);
        json.Member("rootfsPropagation", linux.RootfsPropagation);
        json.List("maskedPaths", linux.MaskedPaths);
        json.List("readonlyPaths", linux.ReadonlyPaths);
        json.Member("mountLabel", linux.MountLabel);
        json.Object("intelRdt", linux.IntelRdt, IntelRdt);
        json.Object("memoryPolicy", linux.MemoryPolicy, MemoryPolicy);
        json.Object("personality", linux.Personality, Personality);
        json.Map("timeOffsets", linux.TimeOffsets, TimeOffset);
    }

    private static void IdMapping(JsonMapWriter json, LinuxIdMapping mapping)
    {
        json.Always("containerID", mapping.ContainerID);
        json.Always("hostID", mapping.HostID);
        json.Always("size", mapping.Size);
    }

    private static void Namespace(JsonMapWriter json, LinuxNamespace ns)
    {
        json.Always("type", ns.Type);
        json.Member("path", ns.Path);
    }

    private static void Device(JsonMapWriter json, LinuxDevice device)
    {
        json.Always("path", device.Path);
        json.Always("type", device.Type);
        json.Always("major", device.Major);
        json.Always("minor", device.Minor);
        json.Member("fileMode", device.FileMode);
        json.Member("uid", device.Uid);
        json.Member("gid", device.Gid);
    }

    private static void NetDevice(JsonMapWriter json, LinuxNetDevice device) => json.Member("name", device.Name);

    private static void IntelRdt(JsonMapWriter json, LinuxIntelRdt intelRdt)
    {
        json.Member("closID", intelRdt.ClosID);
        json.List("schemata", intelRdt.Schemata);
        json.Member("l3CacheSchema", intelRdt.L3CacheSchema);
        json.Member("memBwSchema", intelRdt.MemBwSchema);
        json.Flag("enableMonitoring", intelRdt.EnableMonitoring);
    }

    private static void MemoryPolicy(JsonMapWriter json, LinuxMemoryPolicy policy)
    {
        json.Always("mode", policy.Mode);
        json.Member("nodes", policy.Nodes);
        json.List("flags", policy.Flags);
    }

    private static void Personality(JsonMapWriter json, LinuxPersonality personality)
    {
        json.Always("domain", personality.Domain);
        json.List("flags", personality.Flags);
    }

    private static void TimeOffset(JsonMapWriter json, LinuxTimeOffset offset)
    {
        json.Member("secs", offset.Secs == 0 ? null : offset.Secs);
        json.Member("nanosecs", offset.Nanosecs == 0 ? null : offset.Nanosecs);
    }
}
