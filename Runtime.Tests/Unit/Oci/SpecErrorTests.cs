using NUnit.Framework;
using Vessel.Oci.Json;

namespace Vessel.Tests.Unit.Oci;

public sealed class SpecErrorTests
{
    [TestCase("process.cwd: missing", "\"process\":{}")]
    [TestCase("process.cwd: missing", "\"process\":{\"cwd\":null}")]
    [TestCase("process.cwd: \"tmp\" is not an absolute path", "\"process\":{\"cwd\":\"tmp\"}")]
    [TestCase("process.cwd: \"\" is not an absolute path", "\"process\":{\"cwd\":\"\"}")]
    [TestCase("process.cwd: expected text, found a list", "\"process\":{\"cwd\":[\"/\",{\"a\":1}]}")]
    [TestCase("process.cwd: has a NUL in it", "\"process\":{\"cwd\":\"/a\\u0000b\"}")]
    [TestCase("process.args[1]: has a NUL in it", "\"process\":{\"cwd\":\"/\",\"args\":[\"a\",\"\\u0000\"]}")]
    [TestCase("process.args[0]: expected text, found null", "\"process\":{\"cwd\":\"/\",\"args\":[null]}")]
    [TestCase("process.env[0]: has a NUL in it", "\"process\":{\"cwd\":\"/\",\"env\":[\"A=\\u0000\"]}")]
    [TestCase("process.env: expected a list, found \"A=1\"", "\"process\":{\"cwd\":\"/\",\"env\":\"A=1\"}")]
    [TestCase("process.user.uid: 4294967296 is above 4294967295", "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":4294967296}}")]
    [TestCase("process.user.uid: -1 is below 0", "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":-1}}")]
    [TestCase("process.user.additionalGids[1]: expected a whole number, found null", "\"process\":{\"cwd\":\"/\",\"user\":{\"additionalGids\":[1,null]}}")]
    [TestCase("process.terminal: expected true or false, found \"yes\"", "\"process\":{\"cwd\":\"/\",\"terminal\":\"yes\"}")]
    [TestCase("process.consoleSize.width: missing", "\"process\":{\"cwd\":\"/\",\"consoleSize\":{\"height\":1}}")]
    [TestCase("process.oomScoreAdj: 1001 is above 1000", "\"process\":{\"cwd\":\"/\",\"oomScoreAdj\":1001}")]
    [TestCase("process.capabilities: expected an object, found a list", "\"process\":{\"cwd\":\"/\",\"capabilities\":[\"CAP_KILL\"]}")]
    [TestCase("process.rlimits[1].type: \"RLIMIT_CPU\" is there already, at [0]", "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":1,\"soft\":1},{\"type\":\"RLIMIT_CPU\",\"hard\":1,\"soft\":1}]}")]
    [TestCase("process.rlimits[0].soft: missing", "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":1}]}")]
    [TestCase("process.rlimits[0].hard: 18446744073709551616 is above 18446744073709551615", "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":18446744073709551616,\"soft\":1}]}")]
    [TestCase("process.ioPriority.class: \"BE\" is not an I/O class (IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE)", "\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"BE\",\"priority\":1}}")]
    [TestCase("process.ioPriority.priority: 8 is above 7", "\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}}")]
    [TestCase("process.scheduler.policy: missing", "\"process\":{\"cwd\":\"/\",\"scheduler\":{}}")]
    [TestCase("process.execCPUAffinity.final: \"one\" is not a list of CPUs (0-3,7)", "\"process\":{\"cwd\":\"/\",\"execCPUAffinity\":{\"final\":\"one\"}}")]
    [TestCase("root.path: missing", "\"root\":{}")]
    [TestCase("root.path: is empty", "\"root\":{\"path\":\"\"}")]
    [TestCase("root: expected an object, found \"rootfs\"", "\"root\":\"rootfs\"")]
    [TestCase("hostname: has a NUL in it", "\"hostname\":\"a\\u0000\"")]
    [TestCase("mounts[0].destination: missing", "\"mounts\":[{\"source\":\"/a\"}]")]
    [TestCase("mounts[1]: expected an object, found null", "\"mounts\":[{\"destination\":\"/a\"},null]")]
    [TestCase("mounts[0].source: has a NUL in it", "\"mounts\":[{\"destination\":\"/a\",\"source\":\"\\u0000\"}]")]
    [TestCase("mounts[0].uidMappings[0].size: missing", "\"mounts\":[{\"destination\":\"/a\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]}]")]
    [TestCase("hooks.poststop[0].path: \"a\" is not an absolute path", "\"hooks\":{\"poststop\":[{\"path\":\"a\"}]}")]
    [TestCase("hooks.prestart[0].timeout: 0 is below 1", "\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"timeout\":0}]}")]
    [TestCase("annotations.a: expected text, found 1", "\"annotations\":{\"a\":1}")]
    [TestCase("annotations['a.b']: expected text, found null", "\"annotations\":{\"a.b\":null}")]
    [TestCase("linux.namespaces[2].type: \"nett\" is not a namespace (pid, network, mount, ipc, uts, user, cgroup, time)", "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"nett\"}]}")]
    [TestCase("linux.resources.memory.limit: expected a whole number, found \"12\"", "\"linux\":{\"resources\":{\"memory\":{\"limit\":\"12\"}}}")]
    [TestCase("linux.resources.memory.limit: -5 is below -1", "\"linux\":{\"resources\":{\"memory\":{\"limit\":-5}}}")]
    [TestCase("linux.resources.memory.limit: expected a whole number, found 1.0", "\"linux\":{\"resources\":{\"memory\":{\"limit\":1.0}}}")]
    [TestCase("linux.resources.memory.limit: expected a whole number, found 1e3", "\"linux\":{\"resources\":{\"memory\":{\"limit\":1e3 }}}")]
    [TestCase("linux.resources.memory.limit: 9223372036854775808 is above 9223372036854775807", "\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775808}}}")]
    [TestCase("linux.resources.memory.limit: -9223372036854775809 is below -1", "\"linux\":{\"resources\":{\"memory\":{\"limit\":-9223372036854775809}}}")]
    [TestCase("linux.resources.cpu.shares: 9999999999999999999999999999999999999999… is above 18446744073709551615", "\"linux\":{\"resources\":{\"cpu\":{\"shares\":99999999999999999999999999999999999999999999999999}}}")]
    [TestCase("linux.resources.blockIO.weight: 65536 is above 65535", "\"linux\":{\"resources\":{\"blockIO\":{\"weight\":65536}}}")]
    [TestCase("linux.resources.hugepageLimits[0].pageSize: \"64kB\" is not a page size (64KB, 2MB, 1GB)", "\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1}]}}")]
    [TestCase("linux.resources.hugepageLimits[0].pageSize: \"\" is not a page size (64KB, 2MB, 1GB)", "\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"\",\"limit\":1}]}}")]
    [TestCase("linux.resources.devices[0].type: \"x\" is not a device type (a, c, b, u, p)", "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"x\"}]}}")]
    [TestCase("linux.resources.devices[0].access: \"rx\" is not made of r, w and m", "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rx\"}]}}")]
    [TestCase("linux.resources.rdma.mlx5_1.hcaHandles: expected a whole number, found \"x\"", "\"linux\":{\"resources\":{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":\"x\"}}}}")]
    [TestCase("linux.devices[0].type: \"a\" is not a device type (c, b, u, p)", "\"linux\":{\"devices\":[{\"path\":\"/dev/a\",\"type\":\"a\"}]}")]
    [TestCase("linux.sysctl['net.x']: has a NUL in it", "\"linux\":{\"sysctl\":{\"net.x\":\"\\u0000\"}}")]
    [TestCase("linux.sysctl.net\\u0000x: the name has a NUL in it", "\"linux\":{\"sysctl\":{\"net\\u0000x\":\"1\"}}")]
    [TestCase("linux.rootfsPropagation: \"rw\" is not a propagation (private, shared, slave, unbindable, rprivate, rshared, rslave, runbindable)", "\"linux\":{\"rootfsPropagation\":\"rw\"}")]
    [TestCase("linux.intelRdt.memBwSchema: \"MB:0=1\\u000aL3:0=f\" is not one line that begins with MB:", "\"linux\":{\"intelRdt\":{\"memBwSchema\":\"MB:0=1\\nL3:0=f\"}}")]
    [TestCase("linux.memoryPolicy.flags[0]: \"X\" is not a memory policy flag (MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES)", "\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"flags\":[\"X\"]}}")]
    [TestCase("linux.personality.domain: \"BSD\" is not a personality (LINUX, LINUX32)", "\"linux\":{\"personality\":{\"domain\":\"BSD\"}}")]
    [TestCase("linux.timeOffsets: \"realtime\" is not a clock with an offset (monotonic, boottime)", "\"linux\":{\"timeOffsets\":{\"realtime\":{\"secs\":1}}}")]
    [TestCase("linux.seccomp.defaultAction: missing", "\"linux\":{\"seccomp\":{}}")]
    [TestCase("linux.seccomp.syscalls[0].names: is empty", "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}]}}")]
    [TestCase("linux.seccomp.syscalls[0].args[0].index: 6 is above 5", "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}]}}")]
    [TestCase("linux.seccomp.flags[0]: \"X\" is not a seccomp flag (SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)", "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"flags\":[\"X\"]}}")]
    public void Read_WrongMember_SaysWhereAndWhat(string error, string members)
    {
        Assert.That(Documents.ErrorsOf(Documents.With(members)), Is.EqualTo(new[] { error }));
    }

    [TestCase("1.0.0", null)]
    [TestCase("1.3.0", null)]
    [TestCase("1.0.0-rc5-dev", null)]
    [TestCase("1.2.0+dev", null)]
    [TestCase("2.0.0", "ociVersion: \"2.0.0\" is not a version that can be read (1.x.y)")]
    [TestCase("0.9.0", "ociVersion: \"0.9.0\" is not a version that can be read (1.x.y)")]
    [TestCase("10.0.0", "ociVersion: \"10.0.0\" is not a version that can be read (1.x.y)")]
    [TestCase("", "ociVersion: \"\" is not a version that can be read (1.x.y)")]
    [TestCase("1.0", "ociVersion: \"1.0\" is not a version that can be read (1.x.y)")]
    [TestCase("1.0.0.0", "ociVersion: \"1.0.0.0\" is not a version that can be read (1.x.y)")]
    [TestCase("1..0", "ociVersion: \"1..0\" is not a version that can be read (1.x.y)")]
    [TestCase("1.01.0", "ociVersion: \"1.01.0\" is not a version that can be read (1.x.y)")]
    [TestCase("v1.0.0", "ociVersion: \"v1.0.0\" is not a version that can be read (1.x.y)")]
    [TestCase("1.0.0-", "ociVersion: \"1.0.0-\" is not a version that can be read (1.x.y)")]
    public void Read_OciVersion_IsCheckedForMajorOne(string version, string? error)
    {
        Assert.That(Documents.ErrorsOf($$"""{"ociVersion":"{{version}}"}"""), Is.EqualTo(error is null ? [] : new[] { error }));
    }

    [Test]
    public void Read_ManyErrors_ReportsThemAllInOrder()
    {
        string[] errors = Documents.ErrorsOf("""
            {
                "process": { "args": {"no": ["list"]}, "user": {"uid": "root"}, "env": [1, "A=1", {}] },
                "mounts": [{"destination": "/ok"}, {"destination": 5, "options": "ro"}, {}],
                "linux": { "namespaces": [{"type": "pid"}, {}], "resources": 5, "cgroupsPath": "/fine" }
            }
            """);

        Assert.That(errors, Is.EqualTo(new[]
        {
            "process.args: expected a list, found an object",
            "process.user.uid: expected a whole number, found \"root\"",
            "process.env[0]: expected text, found 1",
            "process.env[2]: expected text, found an object",
            "process.cwd: missing",
            "mounts[1].destination: expected text, found 5",
            "mounts[1].options: expected a list, found \"ro\"",
            "mounts[2].destination: missing",
            "linux.namespaces[1].type: missing",
            "linux.resources: expected an object, found 5",
            "ociVersion: missing",
        }));
    }

    [Test]
    public void Read_EndlessErrors_StopsCounting()
    {
        string[] errors = Documents.ErrorsOf(Documents.With($"\"mounts\":[{string.Join(',', Enumerable.Repeat("1", 5000))}]"));

        Assert.That(errors, Has.Length.EqualTo(101));
        DocumentException e = new("x", [.. errors.Select(error => new DocumentError("", error))]);
        Assert.That(e.Message, Does.StartWith("x: mounts[0]: expected").And.EndsWith("found 1; and more").And.Length.LessThan(1500));
        Assert.That(errors[^1], Is.EqualTo("and more"));
    }

    [Test]
    public void Read_HostileText_IsShownShortAndWithoutControls()
    {
        string[] errors = Documents.ErrorsOf(Documents.With(
            $$$"""
            "linux":{"namespaces":[{"type":"\u001b[2J{{{new string('x', 500)}}}"}],"sysctl":{"\u202e{{{new string('y', 500)}}}":1}}
            """));

        Assert.Multiple(() =>
        {
            Assert.That(errors[0], Does.StartWith("linux.namespaces[0].type: \"\\u001b[2Jxxx").And.Contain("xxx…\" is not a namespace"));
            Assert.That(errors[1], Does.Contain("\\u202eyyy").And.Length.LessThan(300));
        });
    }

    [TestCase("[]", "expected an object, found a list")]
    [TestCase("null", "expected an object, found null")]
    [TestCase("5", "expected an object, found 5")]
    [TestCase("\"x\"", "expected an object, found \"x\"")]
    public void Read_OtherThanAnObject_SaysSo(string json, string error)
    {
        Assert.That(Documents.ErrorsOf(json), Is.EqualTo(new[] { error }));
    }

    [Test]
    public void DocumentException_NamesTheDocument()
    {
        DocumentException e = Assert.Throws<DocumentException>(() => Vessel.Oci.Runtime.SpecReader.Read(Documents.Bytes("{}"), "/b/config.json"))!;

        Assert.Multiple(() =>
        {
            Assert.That(e.DocumentName, Is.EqualTo("/b/config.json"));
            Assert.That(e.Message, Is.EqualTo("/b/config.json: ociVersion: missing"));
            Assert.That(e.Errors, Is.EqualTo(new[] { new DocumentError("ociVersion", "missing") }));
        });
    }
}
