using System.Text;
using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Oci;

/// <summary>Documents that the tests of this folder share, and short ways to read and write them.</summary>
internal static class Documents
{
    /// <summary>A specification with every member that the reader knows, each with a value that is not its default, in the writer's order.</summary>
    public const string Full = """
        {
            "ociVersion": "1.3.0",
            "process": {
                "terminal": true,
                "consoleSize": { "height": 25, "width": 80 },
                "user": { "uid": 1, "gid": 2, "umask": 18, "additionalGids": [5, 6], "username": "u" },
                "args": ["sh", "-c", "true"],
                "commandLine": "cmd",
                "env": ["PATH=/bin", "TERM=xterm"],
                "cwd": "/",
                "capabilities": {
                    "bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"],
                    "permitted": ["CAP_KILL"], "ambient": ["CAP_NO_SUCH_THING"]
                },
                "rlimits": [
                    { "type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024 },
                    { "type": "RLIMIT_CORE", "hard": 0, "soft": 0 }
                ],
                "noNewPrivileges": true,
                "apparmorProfile": "profile",
                "oomScoreAdj": -1000,
                "scheduler": {
                    "policy": "SCHED_DEADLINE", "nice": -5, "priority": 3, "flags": ["SCHED_FLAG_RECLAIM"],
                    "runtime": 1, "deadline": 2, "period": 3
                },
                "selinuxLabel": "a:b:c:s0",
                "ioPriority": { "class": "IOPRIO_CLASS_BE", "priority": 4 },
                "execCPUAffinity": { "initial": "0-3,7", "final": "1" }
            },
            "root": { "path": "rootfs", "readonly": true },
            "hostname": "web",
            "domainname": "example",
            "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec"] },
                {
                    "destination": "/data", "source": "/srv", "options": ["bind", "idmap"],
                    "uidMappings": [{ "containerID": 0, "hostID": 1000, "size": 1 }],
                    "gidMappings": [{ "containerID": 0, "hostID": 1000, "size": 4294967295 }]
                }
            ],
            "hooks": {
                "prestart": [{ "path": "/h", "args": ["h", "a"], "env": ["A=1"], "timeout": 5 }],
                "createRuntime": [{ "path": "/h" }],
                "createContainer": [{ "path": "/h" }],
                "startContainer": [{ "path": "/h" }],
                "poststart": [{ "path": "/h" }],
                "poststop": [{ "path": "/h" }]
            },
            "annotations": { "org.example.key": "value", "": "empty name" },
            "linux": {
                "uidMappings": [{ "containerID": 0, "hostID": 100000, "size": 65536 }],
                "gidMappings": [{ "containerID": 0, "hostID": 100000, "size": 65536 }],
                "sysctl": { "net.ipv4.ip_forward": "1" },
                "resources": {
                    "devices": [
                        { "allow": false, "type": "a", "access": "rwm" },
                        { "allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw" }
                    ],
                    "memory": {
                        "limit": 536870912, "reservation": 1, "swap": -1, "kernel": -1, "kernelTCP": -1, "swappiness": 60,
                        "disableOOMKiller": false, "useHierarchy": false, "checkBeforeUpdate": true
                    },
                    "cpu": {
                        "shares": 1024, "quota": -1, "burst": 1, "period": 100000, "realtimeRuntime": 950000,
                        "realtimePeriod": 1000000, "cpus": "0-1", "mems": "0", "idle": 1
                    },
                    "pids": { "limit": 100 },
                    "blockIO": {
                        "weight": 10, "leafWeight": 11,
                        "weightDevice": [{ "major": 8, "minor": 0, "weight": 500, "leafWeight": 300 }],
                        "throttleReadBpsDevice": [{ "major": 8, "minor": 0, "rate": 600 }],
                        "throttleWriteBpsDevice": [{ "major": 8, "minor": 0, "rate": 600 }],
                        "throttleReadIOPSDevice": [{ "major": 8, "minor": 0, "rate": 600 }],
                        "throttleWriteIOPSDevice": [{ "major": 8, "minor": 16, "rate": 18446744073709551615 }]
                    },
                    "hugepageLimits": [{ "pageSize": "2MB", "limit": 9223372036854772000 }],
                    "network": { "classID": 1048577, "priorities": [{ "name": "eth0", "priority": 500 }] },
                    "rdma": { "mlx5_1": { "hcaHandles": 3, "hcaObjects": 10000 } },
                    "unified": { "memory.high": "max" }
                },
                "cgroupsPath": "/myRuntime/myContainer",
                "namespaces": [
                    { "type": "pid" }, { "type": "network", "path": "/var/run/netns/n" }, { "type": "mount" }, { "type": "ipc" },
                    { "type": "uts" }, { "type": "user" }, { "type": "cgroup" }, { "type": "time" }
                ],
                "devices": [
                    { "path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0 }
                ],
                "netDevices": { "eth0": { "name": "container_eth0" }, "ens4": {} },
                "seccomp": {
                    "defaultAction": "SCMP_ACT_ERRNO",
                    "defaultErrnoRet": 1,
                    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
                    "flags": ["SECCOMP_FILTER_FLAG_LOG"],
                    "listenerPath": "/run/listener",
                    "listenerMetadata": "metadata",
                    "syscalls": [
                        {
                            "names": ["getcwd", "chmod"], "action": "SCMP_ACT_ALLOW", "errnoRet": 0,
                            "args": [
                                { "index": 5, "value": 18446744073709551615, "valueTwo": 9223372036854775808, "op": "SCMP_CMP_MASKED_EQ" }
                            ]
                        }
                    ]
                },
                "rootfsPropagation": "rslave",
                "maskedPaths": ["/proc/kcore"],
                "readonlyPaths": ["/proc/sys"],
                "mountLabel": "system_u:object_r:svirt_sandbox_file_t:s0",
                "intelRdt": {
                    "closID": "guaranteed", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=7f0;1=1f", "memBwSchema": "MB:0=20;1=70",
                    "enableMonitoring": true
                },
                "memoryPolicy": { "mode": "MPOL_BIND", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"] },
                "personality": { "domain": "LINUX32", "flags": ["F"] },
                "timeOffsets": { "monotonic": { "secs": -5, "nanosecs": 999999999 }, "boottime": { "secs": 100, "nanosecs": 1 } }
            },
            "solaris": { "milestone": "svc:/milestone/container:default" },
            "windows": { "layerFolders": ["C:\\layer"] },
            "vm": { "kernel": { "path": "/k" } },
            "zos": {},
            "freebsd": { "jail": {} }
        }
        """;

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    public static Spec Read(string json) => SpecReader.Read(Bytes(json));

    /// <summary>What is wrong with a specification, a line each; empty where nothing is.</summary>
    public static string[] ErrorsOf(string json)
    {
        try
        {
            Read(json);
            return [];
        }
        catch (DocumentException e)
        {
            return [.. e.Errors.Select(error => error.ToString())];
        }
    }

    public static string Write(Spec spec, bool indented = false)
    {
        using StringWriter output = new();
        SpecWriter.Write(spec, output, indented);
        return output.ToString();
    }

    /// <summary>A minimal specification with these members in addition.</summary>
    public static string With(string members) => $$"""{"ociVersion":"1.3.0",{{members}}}""";
}
