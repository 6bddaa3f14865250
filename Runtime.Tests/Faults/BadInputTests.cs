using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>Bad input: one line that says what is wrong, an exit code that is not zero, and nothing left behind.</summary>
public sealed class BadInputTests : KernelTest
{
    private Outcome RunConfig(string json)
    {
        TestBundle bundle = Bundle();
        File.WriteAllText(bundle.Folder + "/config.json", json);
        return Call("run", "-b", bundle.Folder, bundle.Id);
    }

    private void Refused(TestBundle bundle, params string[] words)
    {
        foreach (string command in new[] { "run", "create" })
        {
            Outcome outcome = Call(command, "-b", bundle.Save().Folder, bundle.Id);
            outcome.FailedInOneLine(words);
            AssertNothingLeft();
        }
    }

    [Test]
    public void NoConfig()
    {
        Call("run", "-b", Box.Folder, Box.Name + "x").FailedInOneLine("config.json", "no such file or directory");
        Call("run", "-b", Box.Folder + "/none", Box.Name + "x").FailedInOneLine("config.json", "no such file or directory");
        AssertNothingLeft();
    }

    [Test]
    public void ConfigIsAFolder()
    {
        TestBundle bundle = Bundle();
        Directory.CreateDirectory(bundle.Folder + "/config.json");
        Call("run", "-b", bundle.Folder, bundle.Id).FailedInOneLine("config.json");
        AssertNothingLeft();
    }

    [Test]
    public void TruncatedAtEveryTenthByte()
    {
        string whole = Shell("true").Config.ToJsonString();
        for (int length = 0; length < whole.Length; length += 97)
            RunConfig(whole[..length]).FailedInOneLine();
        AssertNothingLeft();
    }

    [Test]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("42")]
    [TestCase("\"text\"")]
    [TestCase("{}")]
    [TestCase("{\"ociVersion\": 1}")]
    [TestCase("{\"ociVersion\": \"9.0.0\"}")]
    [TestCase("\ufeff\0\0\0")]
    public void NotAConfig(string json)
    {
        RunConfig(json).FailedInOneLine();
        AssertNothingLeft();
    }

    [Test]
    public void VeryDeepJson()
    {
        RunConfig(new string('[', 100_000)).FailedInOneLine();
        RunConfig(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))).FailedInOneLine();
        AssertNothingLeft();
    }

    [Test]
    public void VeryLargeConfig()
    {
        TestBundle bundle = Bundle();
        using (FileStream file = File.Create(bundle.Folder + "/config.json"))
            file.SetLength(2L << 30);
        Call("run", "-b", bundle.Folder, bundle.Id).FailedInOneLine("config.json", "larger");
        AssertNothingLeft();
    }

    [Test]
    [TestCase("process.args", "\"true\"")]
    [TestCase("process.args", "[1]")]
    [TestCase("process.args", "[]")]
    [TestCase("process.args", "[\"\"]")]
    [TestCase("process.user.uid", "\"root\"")]
    [TestCase("process.user.uid", "-1")]
    [TestCase("process.user.uid", "4294967296")]
    [TestCase("process.user.uid", "1.5")]
    [TestCase("process.terminal", "\"yes\"")]
    [TestCase("process.env", "{}")]
    [TestCase("process.oomScoreAdj", "5000")]
    [TestCase("root", "\"rootfs\"")]
    [TestCase("mounts", "{}")]
    [TestCase("linux.namespaces", "\"pid\"")]
    [TestCase("linux.resources.memory.limit", "\"64m\"")]
    [TestCase("linux.resources.pids.limit", "99999999999999999999")]
    [TestCase("linux.maskedPaths", "[null]")]
    [TestCase("hooks.prestart", "[{}]")]
    [TestCase("linux.seccomp.defaultAction", "\"SCMP_ACT_NONE\"")]
    [TestCase("process.rlimits", "[{\"type\":\"RLIMIT_NONE\",\"soft\":1,\"hard\":1}]")]
    [TestCase("process.rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"soft\":2,\"hard\":1}]")]
    public void WrongTypeOrValue_IsNamedByItsPath(string path, string json) =>
        Refused(Shell("true").Set(path, JsonNode.Parse(json)), path);

    [Test]
    public void UnknownNamespace() => Refused(Shell("true").WithNamespace("nett"), "linux.namespaces[5].type", "nett");

    [Test]
    [TestCase("linux.intelRdt", "{\"closID\":\"x\"}")]
    [TestCase("linux.netDevices", "{\"eth0\":{}}")]
    [TestCase("windows", "{}")]
    [TestCase("vm", "{}")]
    [TestCase("linux.personality", "{\"domain\":\"LINUX\",\"flags\":[\"X\"]}")]
    [TestCase("process.apparmorProfile", "\"unconfined-none\"")]
    [TestCase("process.selinuxLabel", "\"a_u:a_r:a_t:s0\"")]
    public void Unsupported_IsRefusedByItsName(string path, string json) => Refused(Shell("true").Set(path, JsonNode.Parse(json)), path);

    [Test]
    public void MissingRoot()
    {
        Refused(Shell("true").Set("root.path", Box.Folder + "/none"), "none", "no such file or directory");
        Refused(Shell("true").Set("root.path", "/etc/passwd"), "/etc/passwd", "not a directory");
        Refused(Shell("true").Remove("root"), "root");
    }

    [Test]
    public void MissingProcess() => Refused(Shell("true").Remove("process"), "process");

    [Test]
    [TestCase("/no/such/program")]
    [TestCase("nosuchprogram")]
    [TestCase("/etc/passwd")]
    [TestCase("/bin")]
    [TestCase("/bin/")]
    public void BadProgram(string program) => Refused(Bundle().WithArgs(program), program);

    [Test]
    public void ProgramOfNoKnownFormat()
    {
        TestBundle bundle = Bundle().WithArgs("/garbage").WithOwnRootfs();
        File.WriteAllBytes(bundle.Rootfs + "/garbage", [1, 2, 3]);
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/garbage", 0x1ed /* 0755 */);
        Call("run", "-b", bundle.Save().Folder, bundle.Id).FailedInOneLine("/garbage", "exec format error");
        AssertNothingLeft();
        Call("create", "-b", bundle.Folder, bundle.Id).Succeeded();
        Call("start", bundle.Id).FailedInOneLine("/garbage", "exec format error");
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Call("delete", bundle.Id).Succeeded();
    }

    [Test]
    public void MissingMountSource() => Refused(Shell("true").WithMount("/tmp", "bind", Box.Folder + "/none", "bind"), Box.Folder + "/none", "no such file or directory");

    [Test]
    public void UnknownFilesystemAndOption()
    {
        Refused(Shell("true").WithMount("/tmp", "nosuchfs", "none"), "nosuchfs", "/tmp");
        Refused(Shell("true").WithMount("/tmp", "tmpfs", "tmpfs", "nosuchoption"), "/tmp");
    }

    [Test]
    public void FolderOverFile_AndFileOverFolder()
    {
        Refused(Shell("true").WithMount("/etc/passwd", "bind", Box.Folder, "bind"), "/etc/passwd");
        File.WriteAllText(Box.Folder + "/f", "");
        Refused(Shell("true").WithMount("/tmp", "bind", Box.Folder + "/f", "bind"), "/tmp");
    }

    [Test]
    public void MissingTarget_OnAReadonlyRoot_IsMadeBeforeItIsReadonly()
    {
        TestBundle bundle = Shell("ls -d /made").WithOwnRootfs(isReadonly: true).WithMount("/made", "tmpfs", "tmpfs");
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("/made"));
    }

    [Test]
    [TestCase("a/b")]
    [TestCase("..")]
    [TestCase(".")]
    [TestCase("")]
    [TestCase("../x")]
    [TestCase("/etc")]
    [TestCase("a b")]
    [TestCase("a\nb")]
    [TestCase("ü")]
    [TestCase("a:b")]
    [TestCase("$(x)")]
    public void BadId(string id)
    {
        TestBundle bundle = Shell("true");
        foreach (string command in new[] { "run", "create" })
            Call(command, "-b", bundle.Save().Folder, id).FailedInOneLine("id");
        foreach (string command in new[] { "start", "state", "delete", "kill", "pause", "resume", "ps" })
            Call(command, id).FailedInOneLine();
        AssertNothingLeft();
    }

    [Test]
    public void VeryLongId()
    {
        TestBundle bundle = Shell("true").Save();
        Outcome run = Call("run", "-b", bundle.Folder, new string('x', 5000));
        run.FailedInOneLine("5000 characters");
        Assert.That(run.Error, Has.Length.LessThan(600), "the id is repeated whole");
        Call("run", "-b", bundle.Folder, Box.Name + new string('x', 300)).FailedInOneLine();
        AssertNothingLeft();
    }

    [Test]
    public void CreateTwice()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Create(bundle).FailedInOneLine("already exists");
        Run(bundle).FailedInOneLine("already exists");
        Assert.That(Status(bundle.Id), Is.EqualTo("created"), "the second create harmed the first");
        Call("start", bundle.Id).Succeeded();
        Delete(bundle.Id);
    }

    [Test]
    public void StartTwice()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("start", bundle.Id).FailedInOneLine("cannot start an already running container");
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);
    }

    [Test]
    public void StartStopped()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Call("start", bundle.Id).FailedInOneLine("cannot start a container that has stopped");
        Delete(bundle.Id);
    }

    [Test]
    public void DeleteWhileRunning()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("delete", bundle.Id).FailedInOneLine("cannot delete container", "not stopped");
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);
    }

    [Test]
    public void KillAndExecStopped()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Call("kill", bundle.Id, "TERM").FailedInOneLine("not running");
        Assert.That(Exec(bundle.Id, "true").FailedInOneLine("stopped").ExitCode, Is.EqualTo(255));
        Call("pause", bundle.Id).FailedInOneLine();
        Call("update", "--pids-limit", "5", bundle.Id).FailedInOneLine();
        Call("events", "--stats", bundle.Id).FailedInOneLine("not running");
        Delete(bundle.Id);
    }

    [Test]
    [TestCase("linux.resources.cpu", "{\"cpus\":\"9999\"}", "linux.resources.cpu.cpus")]
    [TestCase("linux.resources.cpu", "{\"cpus\":\"x\"}", "linux.resources.cpu.cpus")]
    [TestCase("linux.resources.cpu", "{\"period\":1}", "linux.resources.cpu.period")]
    [TestCase("linux.resources.memory", "{\"swappiness\":1000}", "linux.resources.memory.swappiness")]
    [TestCase("linux.resources.unified", "{\"memory.max\":\"1\"}", "linux.resources.unified")]
    [TestCase("linux.resources.rdma", "{\"mlx\":{\"hcaHandles\":1}}", "rdma")]
    [TestCase("linux.resources.hugepageLimits", "[{\"pageSize\":\"3MB\",\"limit\":1}]", "hugepageLimits")]
    [Category("CgroupV1")]
    public void CgroupLimitThatTheKernelRefuses_IsNamed(string path, string json, string word) => Refused(Shell("true").Set(path, JsonNode.Parse(json)), word);

    [Test, Category("CgroupV1")]
    public void NetworkClass_IsSetWhereItsHierarchyIs_AndRefusedByNameElsewhere()
    {
        TestBundle bundle = Shell("true").Set("linux.resources.network", JsonNode.Parse("""{"classID": 1}"""));
        if (Host.CgroupHierarchy("net_cls") is null)
            Refused(bundle, "net_cls");
        else
            Run(bundle).Succeeded();
    }

    [Test]
    public void CgroupsPath_ThatLeadsUp()
    {
        Refused(Shell("true").Set("linux.cgroupsPath", "/../x"), "linux.cgroupsPath");
        Refused(Shell("true").Set("linux.cgroupsPath", $"/{Box.Name}/../../x"), "linux.cgroupsPath");
        Refused(Shell("true").Set("linux.cgroupsPath", "/"), "linux.cgroupsPath");
    }

    [Test]
    public void NamespaceThatIsNone() => Refused(Shell("true").WithNamespace("ipc", "/etc/hostname"), "linux.namespaces[4].path", "/etc/hostname");

    [Test]
    public void DiskFull_UnderTheStateRoot()
    {
        string full = Directory.CreateDirectory(Box.Folder + "/full").FullName;
        // Room for less and less: it ends at another place each time.
        int refused = 0;
        for (int pages = 1; pages <= 6; pages++)
            for (int inodes = 3; inodes <= 8; inodes++)
            {
                using (TemporaryMount.Tmpfs(full, $"size={pages * 4096},nr_inodes={inodes}"))
                {
                    TestBundle bundle = Shell("true").Save();
                    Outcome run = RuntimeUnderTest.Command(full + "/state", "run", "-b", bundle.Folder, bundle.Id).Start().Wait();
                    if (run.ExitCode == 0)
                        continue;
                    refused++;
                    run.FailedInOneLine("no space left on device");
                    Assert.That(Directory.Exists(full + "/state") ? Directory.GetFileSystemEntries(full + "/state") : [], Is.Empty, "state is left");
                    // The tmpfs itself is the test's.
                    Assert.That(Box.Left().Where(line => line != $"mount on {full}"), Is.Empty);
                }
                AssertNothingLeft();
            }
        Assert.That(refused, Is.GreaterThan(2));
    }

    [Test]
    public void StateRoot_ThatIsNoFolder()
    {
        File.WriteAllText(Box.Folder + "/file", "");
        TestBundle bundle = Shell("true").Save();
        RuntimeUnderTest.Command(Box.Folder + "/file", "run", "-b", bundle.Folder, bundle.Id).Start().Wait().FailedInOneLine("not a directory");
        RuntimeUnderTest.Command(Box.Folder + "/file", "list").Start().Wait().FailedInOneLine("not a directory");
    }

    [Test]
    public void PidFile_ThatCannotBeWritten_UndoesTheContainer()
    {
        TestBundle bundle = Sleeper();
        Create(bundle, "--pid-file", Box.Folder + "/none/pid").FailedInOneLine("none");
        Run(bundle, "-d", "--pid-file", Box.Folder + "/none/pid").FailedInOneLine("none");
        AssertNothingLeft();
    }

    [Test]
    public void DamagedState_IsToldAndCanBeForcedAway()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        int pid = Pid(bundle.Id);
        File.WriteAllText($"{Box.StateRoot}/{bundle.Id}/state.json", "{\"version\":1,");
        Call("state", bundle.Id).FailedInOneLine("state.json");
        Call("list").Succeeded();
        Native.Raw.Kernel.Call(Native.Raw.SYS.kill, pid, 9);
        foreach (string hierarchy in Host.CgroupHierarchies())
            Sandbox.RemoveCgroup($"{hierarchy}/{bundle.Id}");
        Directory.Delete($"{Box.StateRoot}/{bundle.Id}", recursive: true);
    }
}
