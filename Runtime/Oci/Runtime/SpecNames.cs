using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary>Every member name of config.json on Linux, for all its objects together.</summary>
internal static class SpecNames
{
    public static JsonNames All { get; } = new(
        "ociVersion", "process", "root", "hostname", "domainname", "mounts", "hooks", "annotations", "linux", "solaris", "windows", "vm",
        "zos", "freebsd", "path", "readonly", "destination", "type", "source", "options", "uidMappings", "gidMappings", "terminal",
        "consoleSize", "user", "args", "commandLine", "env", "cwd", "capabilities", "rlimits", "noNewPrivileges", "apparmorProfile",
        "oomScoreAdj", "scheduler", "selinuxLabel", "ioPriority", "execCPUAffinity", "height", "width", "uid", "gid", "umask",
        "additionalGids", "username", "initial", "final", "bounding", "effective", "inheritable", "permitted", "ambient", "hard", "soft",
        "policy", "nice", "priority", "flags", "runtime", "deadline", "period", "class", "prestart", "createRuntime", "createContainer",
        "startContainer", "poststart", "poststop", "timeout", "sysctl", "resources", "cgroupsPath", "namespaces", "devices", "netDevices",
        "seccomp", "rootfsPropagation", "maskedPaths", "readonlyPaths", "mountLabel", "intelRdt", "memoryPolicy", "personality",
        "timeOffsets", "containerID", "hostID", "size", "secs", "nanosecs", "major", "minor", "fileMode", "name", "allow", "access",
        "closID", "schemata", "l3CacheSchema", "memBwSchema", "enableMonitoring", "mode", "nodes", "domain", "memory", "cpu", "pids",
        "blockIO", "hugepageLimits", "network", "rdma", "unified", "limit", "reservation", "swap", "kernel", "kernelTCP", "swappiness",
        "disableOOMKiller", "useHierarchy", "checkBeforeUpdate", "shares", "quota", "burst", "realtimeRuntime", "realtimePeriod", "cpus",
        "mems", "idle", "weight", "leafWeight", "weightDevice", "throttleReadBpsDevice", "throttleWriteBpsDevice",
        "throttleReadIOPSDevice", "throttleWriteIOPSDevice", "rate", "pageSize", "classID", "priorities", "hcaHandles", "hcaObjects",
        "defaultAction", "defaultErrnoRet", "architectures", "listenerPath", "listenerMetadata", "syscalls", "names", "action",
        "errnoRet", "index", "value", "valueTwo", "op");
}
