using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static SpecLinux? Linux(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<LinuxIdMapping> uidMappings = [], gidMappings = [];
        IReadOnlyDictionary<string, string> sysctl = EmptyMap.Of<string>();
        LinuxResources? resources = null;
        string? cgroupsPath = null, rootfsPropagation = null, mountLabel = null;
        IReadOnlyList<LinuxNamespace> namespaces = [];
        IReadOnlyList<LinuxDevice> devices = [];
        IReadOnlyDictionary<string, LinuxNetDevice> netDevices = EmptyMap.Of<LinuxNetDevice>();
        LinuxSeccomp? seccomp = null;
        IReadOnlyList<string> maskedPaths = [], readonlyPaths = [];
        LinuxIntelRdt? intelRdt = null;
        LinuxMemoryPolicy? memoryPolicy = null;
        LinuxPersonality? personality = null;
        IReadOnlyDictionary<string, LinuxTimeOffset> timeOffsets = EmptyMap.Of<LinuxTimeOffset>();
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "uidMappings": uidMappings = json.List(IdMapping); break;
                case "gidMappings": gidMappings = json.List(IdMapping); break;
                case "sysctl": sysctl = json.TextMap(); break;
                case "resources": resources = Resources(json); break;
                case "cgroupsPath": cgroupsPath = json.Text(); break;
                case "namespaces": namespaces = json.List(Namespace); break;
                case "devices": devices = json.List(Device); break;
                case "netDevices": netDevices = json.Map(NetDevice); break;
                case "seccomp": seccomp = Seccomp(json); break;
                case "rootfsPropagation": rootfsPropagation = Propagation(json); break;
                case "maskedPaths": maskedPaths = json.TextList(); break;
                case "readonlyPaths": readonlyPaths = json.TextList(); break;
                case "mountLabel": mountLabel = json.Text(); break;
                case "intelRdt": intelRdt = IntelRdt(json); break;
                case "memoryPolicy": memoryPolicy = MemoryPolicy(json); break;
                case "personality": personality = Personality(json); break;
                case "timeOffsets": timeOffsets = json.Map(TimeOffset); break;
                default: json.Keep(ref others); break;
            }
        }

        foreach (string clock in timeOffsets.Keys)
        {
            if (clock is not ("monotonic" or "boottime"))
                json.Error("timeOffsets", $"{DocumentText.Quote(clock)} is not a clock with an offset (monotonic, boottime)");
        }

        return new SpecLinux
        {
            UidMappings = uidMappings,
            GidMappings = gidMappings,
            Sysctl = sysctl,
            Resources = resources,
            CgroupsPath = cgroupsPath,
            Namespaces = namespaces,
            Devices = devices,
            NetDevices = netDevices,
            Seccomp = seccomp,
            RootfsPropagation = rootfsPropagation,
            MaskedPaths = maskedPaths,
            ReadonlyPaths = readonlyPaths,
            MountLabel = mountLabel,
            IntelRdt = intelRdt,
            MemoryPolicy = memoryPolicy,
            Personality = personality,
            TimeOffsets = timeOffsets,
            Extensions = others,
        };
    }

    // Go writes an unset text as "" where it has no omitempty, and older tools did so here.
    private static string? Propagation(JsonMapReader json) =>
        json.IsEmptyText ? null : json.OneOf(SpecWords.Propagations, "a propagation");

    private static LinuxNamespace? Namespace(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? type = null, path = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "type": type = json.OneOf(SpecWords.Namespaces, "a namespace"); break;
                case "path": path = json.Text(); break;
                default: json.Keep(ref others); break;
            }
        }

        // An empty path is an absent one: a new namespace.
        return new LinuxNamespace { Type = json.Required(type, "type"), Path = path is "" ? null : path, Extensions = others };
    }

    private static LinuxIdMapping? IdMapping(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        uint? containerID = null, hostID = null, size = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "containerID": containerID = json.UInt32(); break;
                case "hostID": hostID = json.UInt32(); break;
                case "size": size = json.UInt32(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxIdMapping(json.Required(containerID, "containerID"), json.Required(hostID, "hostID"), json.Required(size, "size"))
        {
            Extensions = others,
        };
    }

    private static LinuxTimeOffset? TimeOffset(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? secs = null;
        uint? nanosecs = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "secs": secs = json.Int64(); break;
                case "nanosecs": nanosecs = json.UInt32(maximum: 999_999_999); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxTimeOffset(secs ?? 0, nanosecs ?? 0) { Extensions = others };
    }
}
