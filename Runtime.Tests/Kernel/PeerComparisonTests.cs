using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>cgroup v2 beside runc and crun: the same document leaves the same values in the same files, and lets the same devices through.</summary>
[Category("CgroupV2"), Category("Host")]
public sealed class PeerComparisonTests : CgroupTest
{
    private const string Missing = "-";

    // A property, the file that it shows in, what update then asks for; and where ours is meant to differ from runc 1.1's, why.
    private sealed record Row(string Property, string Json, string File, string? Update = null, string? Differs = null);

    private static readonly Row[] Rows =
    [
        new("memory.limit", "67108864", "memory.max", """{"memory": {"limit": 134217728}}"""),
        new("memory.limit", "-1", "memory.max"),
        new("memory.limit", "-1", "memory.swap.max"),
        new("memory.reservation", "33554432", "memory.low", """{"memory": {"reservation": 16777216}}"""),
        new("memory", """{"limit": 67108864, "swap": 134217728}""", "memory.swap.max", """{"memory": {"limit": 67108864, "swap": 201326592}}"""),
        new("memory", """{"limit": 67108864, "swap": 67108864}""", "memory.swap.max"),
        new("memory", """{"limit": 67108864, "swap": -1}""", "memory.swap.max"),
        new("memory", """{"limit": 67108864}""", "memory.swap.max"),
        new("cpu.shares", "2", "cpu.weight", """{"cpu": {"shares": 512}}"""),
        new("cpu.shares", "100", "cpu.weight"),
        new("cpu.shares", "1024", "cpu.weight", """{"cpu": {"shares": 2048}}"""),
        new("cpu.shares", "262144", "cpu.weight"),
        new("cpu.quota", "40000", "cpu.max", """{"cpu": {"quota": 20000, "period": 50000}}"""),
        new("cpu.period", "50000", "cpu.max"),
        new("cpu", """{"quota": -1, "period": 20000}""", "cpu.max"),
        new("cpu.cpus", "\"0\"", "cpuset.cpus", """{"cpu": {"cpus": "0-1"}}"""),
        new("cpu.mems", "\"0\"", "cpuset.mems"),
        new("pids.limit", "77", "pids.max", """{"pids": {"limit": 66}}"""),
        new("pids.limit", "-1", "pids.max"),
        new("hugepageLimits", """[{"pageSize": "2MB", "limit": 4194304}]""", "hugetlb.2MB.max"),
        new("blockIO.weight", "100", "io.weight"),
        new("blockIO.weight", "100", "io.bfq.weight"),
        new("blockIO.throttleReadBpsDevice", """[{"major": DISK, "rate": 1048576}]""", "io.max"),
        new("blockIO.throttleWriteIOPSDevice", """[{"major": DISK, "rate": 100}]""", "io.max"),
        new("unified", """{"memory.high": "50331648"}""", "memory.high", """{"unified": {"memory.high": "40894464"}}"""),
        new("unified", """{"memory.min": "1048576"}""", "memory.min"),
        new("unified", """{"memory.oom.group": "1"}""", "memory.oom.group"),
        new("unified", """{"cpu.weight.nice": "5"}""", "cpu.weight.nice"),
        new("unified", """{"cpuset.cpus.partition": "member"}""", "cpuset.cpus.partition"),
        new("unified", """{"misc.max": "sev max"}""", "misc.max"),
    ];

    private static readonly (char Type, int Major, int Minor)[] Nodes =
    [
        ('c', 1, 1), ('c', 1, 3), ('c', 1, 5), ('c', 1, 7), ('c', 1, 8), ('c', 1, 9), ('c', 1, 11), ('c', 5, 0), ('c', 5, 2), ('c', 136, 0), ('c', 136, 1),
        ('c', 10, 200), ('c', 10, 229), ('c', 10, 235), ('c', 10, 237), ('c', 7, 0), ('c', 29, 0), ('c', 13, 63), ('c', 21, 0), ('c', 108, 0), ('c', 189, 0), ('c', 226, 0),
        ('b', 7, 0), ('b', 8, 0), ('b', 1, 0), ('b', 254, 0), ('b', 11, 0), ('b', 9, 0), ('b', 253, 0), ('b', 43, 0),
    ];

    [Test]
    public void Limits_AfterCreateAndAfterUpdate_AreRuncs()
    {
        string[] runtimes = ["vrun", "runc", "crun"];
        StringBuilder table = new();
        List<string> differences = [];
        Tell("property", "value", "file", runtimes);
        foreach (Row row in Rows)
        {
            (string Create, string Update)[] values = [.. runtimes.Select(r => Values(r, row))];
            Tell(row.Property, row.Json, row.File, [.. values.Select(v => v.Create)]);
            if (row.Update is not null)
                Tell(row.Property, "then " + row.Update, row.File, [.. values.Select(v => v.Update)]);
            if (row.Differs is null && values[0] != values[1])
                differences.Add($"{row.Property} {row.Json} {row.Update}: {row.File}: ours {values[0]}, runc's {values[1]}, crun's {values[2]}");
        }
        TestContext.Out.WriteLine(table);
        if (Environment.GetEnvironmentVariable("VESSEL_REPORTS") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(folder, "limits.txt"), table.ToString());
        Assert.That(differences, Is.Empty);

        void Tell(string property, string value, string file, string[] values) => table.AppendLine($"{property,-34} {value,-60} {file,-22} {string.Join(' ', values.Select(v => $"{v,-26}"))}");
    }

    // Null: no rules at all. The last is what docker writes.
    [TestCase(null)]
    [TestCase("""[{"allow": false, "access": "rwm"}]""")]
    [TestCase("""[{"allow": false, "access": "rwm"}, {"allow": true, "type": "b", "major": 7, "access": "r"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]""")]
    [TestCase("""[{"allow": true, "access": "rwm"}]""")]
    [TestCase("""
        [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
         {"allow": true, "type": "c", "major": 1, "minor": 9, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 8, "access": "rwm"},
         {"allow": true, "type": "c", "major": 5, "minor": 0, "access": "rwm"}, {"allow": true, "type": "c", "major": 5, "minor": 1, "access": "rwm"},
         {"allow": false, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]
        """)]
    public void Devices_ThirtyNodes_AsWithRunc(string? rules)
    {
        TestBundle bundle = Shell(TryNodes);
        if (rules is null)
            bundle.Remove("linux.resources");
        else
            bundle.Set("linux.resources.devices", JsonNode.Parse(rules));
        string[] ours = Lines("vrun"), theirs = Lines("runc");
        Assert.That(ours, Has.Length.EqualTo(Nodes.Length));
        Assert.That(ours, Is.EqualTo(theirs));

        string[] Lines(string runtime) => Peer(runtime, "run", "-b", bundle.Save().Folder, bundle.Id).Succeeded().Lines;
    }

    [Test]
    public void Devices_OneAllowedAndLaterWithdrawn()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        string[] before = Exec(bundle.Id, "sh", "-c", TryNodes).Succeeded().Lines;
        UpdateFrom(bundle.Id, """{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw"}]}""").Succeeded();
        string[] allowed = Exec(bundle.Id, "sh", "-c", TryNodes).Succeeded().Lines;
        Assert.That(allowed.Except(before).Single(), Does.StartWith("c 1:11 "));
        UpdateFrom(bundle.Id, """{"devices": [{"allow": false, "access": "rwm"}]}""").Succeeded();
        Assert.That(Exec(bundle.Id, "sh", "-c", TryNodes).Succeeded().Lines, Is.EqualTo(before));
        Delete(bundle.Id);
    }

    // While rules are replaced a thousand times, what neither allows is never open.
    [Test]
    public void Devices_Replaced_LeaveNoGap()
    {
        TestBundle bundle = Shell("mknod /dev/k c 1 11; echo ready >/out/ready; while [ ! -e /out/stop ]; do (: </dev/k) 2>/dev/null && echo open; done; true").WithMount("/out", "bind", Box.Folder, "bind");
        using RunningProgram run = Begin(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/ready")));
        for (int i = 0; i < 40; i++)
            UpdateFrom(bundle.Id, $$"""{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "b", "major": {{i + 7}}, "access": "rw"}]}""").Succeeded();
        File.WriteAllText(Box.Folder + "/stop", "");
        Assert.That(run.Wait().Succeeded().Output, Is.Empty);
    }

    // Whether it can be made, opened for reading, opened for writing. What a device says that is allowed and isn't there is not the rules' word.
    private static string TryNodes =>
        $"umask 0; i=0; for n in {string.Join(' ', Nodes.Select(n => $"{n.Type}:{n.Major}:{n.Minor}"))}; do IFS=: read t a b <<X\n$n\nX\n" + """
            i=$((i+1)); f=/dev/node$i; rm -f $f; m=no; mknod $f $t $a $b 2>/dev/null && m=yes
            r=yes; case "$( (: <$f) 2>&1)" in *ermi*) r=no;; esac
            w=yes; case "$( (: >>$f) 2>&1)" in *ermi*) w=no;; esac
            rm -f $f; echo "$t $a:$b $m $r $w"; done
            """;

    private Outcome Peer(string runtime, params string[] arguments)
    {
        string path = runtime == "vrun" ? RuntimeUnderTest.Path : Require.Program(runtime, runtime);
        return new Launch(path, ["--root", $"{Box.Folder}/{runtime}", .. arguments]).Start().Wait();
    }

    private (string Create, string Update) Values(string runtime, Row row)
    {
        TestBundle bundle = Limited(row.Property, row.Json.Replace("DISK", Disk().Replace(":", ", \"minor\": ")));
        string Read() => File.Exists(Host.CgroupFolder("", $"/{bundle.Id}/{row.File}")) ? CgroupFile(bundle, "", row.File).Replace("\n", "; ") : Missing;
        if (Peer(runtime, "create", "-b", bundle.Save().Folder, bundle.Id).ExitCode != 0)
        {
            // crun leaves the cgroup of a create that failed.
            Peer(runtime, "delete", "--force", bundle.Id);
            Sandbox.RemoveCgroup(Host.CgroupFolder("", "/" + bundle.Id));
            return ("refused", "");
        }
        string create = Read(), update = "";
        if (row.Update is not null)
        {
            string file = bundle.Folder + "/update.json";
            File.WriteAllText(file, row.Update);
            update = Peer(runtime, "update", "-r", file, bundle.Id).ExitCode == 0 ? Read() : "refused";
        }
        Peer(runtime, "delete", "--force", bundle.Id).Succeeded();
        // crun now and then leaves that of a container as well. Ours must be gone: the test's end looks.
        if (runtime is "runc" or "crun")
            Sandbox.RemoveCgroup(Host.CgroupFolder("", "/" + bundle.Id));
        return (create, update);
    }
}
