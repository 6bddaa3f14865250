using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>exec: a further process in a container that runs.</summary>
public sealed class ExecTests : KernelTest
{
    private TestBundle Running(Action<TestBundle>? change = null)
    {
        TestBundle bundle = Sleeper();
        change?.Invoke(bundle);
        Start(bundle);
        return bundle;
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Exec_SeesTheContainersNamespaces()
    {
        TestBundle bundle = Running(b => b.WithNamespace("cgroup"));
        int pid = Pid(bundle.Id);
        foreach (string kind in new[] { "pid", "net", "ipc", "uts", "mnt", "cgroup" })
            Assert.That(Exec(bundle.Id, "readlink", $"/proc/self/ns/{kind}").Succeeded().Text, Is.EqualTo(Host.Namespace(pid.ToString(), kind)), kind);
        Assert.That(Exec(bundle.Id, "hostname").Succeeded().Text, Is.EqualTo("inside"));
        Assert.That(Exec(bundle.Id, "ls", "/").Succeeded().Lines, Does.Contain("bin").And.Contain("proc"));
        Assert.That(Exec(bundle.Id, "sh", "-c", "cat /proc/1/comm").Succeeded().Text, Is.EqualTo("sh"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Exec_IsInTheContainersCgroups()
    {
        TestBundle bundle = Running();
        string inside = Exec(bundle.Id, "cat", "/proc/self/cgroup").Succeeded().Output;
        string first = Host.ReadProc($"/proc/{Pid(bundle.Id)}/cgroup");
        // Our own choice: on a hybrid host the v2 hierarchy, which has no controllers, is left alone.
        Assert.That(Controllers(inside), Is.EqualTo(Controllers(first)));
        Delete(bundle.Id);
        static IEnumerable<string> Controllers(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("0::"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(42)]
    [TestCase(255)]
    public void Exec_GivesTheProgramsExitCode(int code)
    {
        TestBundle bundle = Running();
        Assert.That(Exec(bundle.Id, "sh", "-c", $"exit {code}").ExitCode, Is.EqualTo(code));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_EndedByASignal_Gives128AndItsNumber()
    {
        TestBundle bundle = Running();
        Assert.That(Exec(bundle.Id, "sh", "-c", "kill -KILL $$").ExitCode, Is.EqualTo(137));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_EnvironmentIsTheContainersAndMore()
    {
        TestBundle bundle = Running(b => b.WithEnv("OWN=container", "BOTH=container"));
        string[] env = Call("exec", "-e", "MORE=exec", "-e", "BOTH=exec", bundle.Id, "env").Succeeded().Lines;
        Assert.That(env, Does.Contain("OWN=container").And.Contain("MORE=exec").And.Contain("BOTH=exec").And.Contain("HOME=/root"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_Cwd_IsTheContainersOrTheOneThatIsAskedFor()
    {
        TestBundle bundle = Running(b => b.Set("process.cwd", "/tmp"));
        Assert.That(Exec(bundle.Id, "pwd").Succeeded().Text, Is.EqualTo("/tmp"));
        Assert.That(Call("exec", "--cwd", "/etc", bundle.Id, "pwd").Succeeded().Text, Is.EqualTo("/etc"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_MissingCwd_IsRefused()
    {
        TestBundle bundle = Running();
        Outcome exec = Call("exec", "--cwd", "/no/such", bundle.Id, "pwd");
        Assert.That(exec.ExitCode, Is.EqualTo(255));
        Assert.That(exec.Error, Does.Contain("no such file or directory"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Exec_UserGroupsAndAdditionalGroups()
    {
        TestBundle bundle = Running(b => b.WithUser(0, 0, 7));
        Assert.Multiple(() =>
        {
            Assert.That(Ids("-u", "1000"), Is.EqualTo("1000 0 0 7"));
            Assert.That(Ids("-u", "1000:100"), Is.EqualTo("1000 100 100 7"));
            Assert.That(Ids("--user", "5:6", "-g", "20", "-g", "30"), Is.EqualTo("5 6 6 7 20 30"));
        });
        Delete(bundle.Id);
        string Ids(params string[] options) => Call(["exec", .. options, bundle.Id, "sh", "-c", "echo $(id -u) $(id -g) $(id -G)"]).Succeeded().Text;
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Exec_Capabilities_AreTheContainersAndOnlyMoreWhenAsked()
    {
        TestBundle bundle = Running(b => b.WithCapabilities("CAP_CHOWN"));
        const string chown = "0000000000000001";
        Assert.That(Sets(), Is.EqualTo($"0000000000000000 {chown} {chown} {chown} 0000000000000000"));
        const string both = "0000000000000021";
        Assert.That(Sets("--cap", "CAP_KILL"), Is.EqualTo($"0000000000000000 {both} {both} {both} 0000000000000000"));
        Delete(bundle.Id);
        // Inheritable, permitted, effective, bounding, ambient.
        string Sets(params string[] options) => string.Join(' ', Call(["exec", .. options, bundle.Id, "grep", "Cap", "/proc/self/status"]).Succeeded().Lines.Select(l => l.Split('\t')[1].Trim()));
    }

    [Test, Category("Standard")]
    public void Exec_Stdio_IsPassedAsGiven()
    {
        TestBundle bundle = Running();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "exec", bundle.Id, "sh", "-c", "cat; echo err >&2");
        Outcome exec = new Launch(launch.Path, [.. launch.Arguments]) { Input = "from outside"u8.ToArray(), Filter = launch.Filter }.Start().Wait().Succeeded();
        Assert.That(exec.Output, Is.EqualTo("from outside"));
        Assert.That(exec.Error, Is.EqualTo("err\n"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_WithoutTty_HasNone()
    {
        TestBundle bundle = Running();
        Assert.That(Exec(bundle.Id, "sh", "-c", "test -t 0 || test -t 1 || echo none").Succeeded().Text, Is.EqualTo("none"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Exec_Detached_WritesThePidFileAndGoesOn()
    {
        TestBundle bundle = Running();
        string pidFile = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", pidFile, bundle.Id, "sleep", "1000").Succeeded();
        int pid = int.Parse(File.ReadAllText(pidFile));
        Assert.That(Host.IsAlive(pid));
        Assert.That(Host.Namespace(pid.ToString(), "pid"), Is.EqualTo(Host.Namespace(Pid(bundle.Id).ToString(), "pid")));
        Assert.That(Host.ReadProc($"/proc/{pid}/cmdline"), Is.EqualTo("sleep\01000\0"));
        Delete(bundle.Id);
        Assert.That(Host.IsAlive(pid), Is.False, "it outlives its container");
    }

    [Test, Category("Standard")]
    public void Exec_ProcessFile_IsAWholeProcessDocument()
    {
        TestBundle bundle = Running();
        JsonObject process = new()
        {
            ["args"] = TestBundle.Texts("sh", "-c", "echo $X $(id -u) $(pwd) $(grep CapEff /proc/self/status | cut -f2)"),
            ["env"] = TestBundle.Texts("PATH=/bin", "X=file"),
            ["cwd"] = "/tmp",
            ["user"] = new JsonObject { ["uid"] = 12, ["gid"] = 13 },
        };
        File.WriteAllText(Box.Folder + "/process.json", process.ToJsonString());
        Assert.That(Call("exec", "--process", Box.Folder + "/process.json", bundle.Id).Succeeded().Text, Does.StartWith("file 12 /tmp 0000000000000000"));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_IntoCreated_IsAllowed()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Assert.That(Exec(bundle.Id, "echo", "hello").Succeeded().Text, Is.EqualTo("hello"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_IntoStopped_IsRefusedWith255()
    {
        TestBundle bundle = Running();
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Outcome exec = Exec(bundle.Id, "true");
        exec.Failed("cannot exec in a stopped container");
        Assert.That(exec.ExitCode, Is.EqualTo(255));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_IntoPaused_IsRefusedUnlessAsked()
    {
        TestBundle bundle = Running();
        Call("pause", bundle.Id).Succeeded();
        Assert.That(Exec(bundle.Id, "true").Failed("paused container").ExitCode, Is.EqualTo(255));
        using RunningProgram exec = RuntimeUnderTest.Command(Box.StateRoot, "exec", "--ignore-paused", bundle.Id, "echo", "late").Start();
        Thread.Sleep(100);
        Assert.That(exec.Output, Is.Empty);
        Call("resume", bundle.Id).Succeeded();
        Assert.That(exec.Wait().Succeeded().Text, Is.EqualTo("late"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    [TestCase("nosuchprogram", "executable file not found in $PATH")]
    [TestCase("/no/such/program", "no such file or directory")]
    [TestCase("/etc/passwd", "permission denied")]
    public void Exec_BadProgram_Gives255AndTheWordsOfEngines(string program, string words)
    {
        TestBundle bundle = Running();
        Outcome exec = Exec(bundle.Id, program);
        Assert.That(exec.ExitCode, Is.EqualTo(255), exec.ToString());
        Assert.That(exec.Error, Does.Contain(words));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_IntoNoContainer_IsRefused() => Assert.That(Exec(Box.Name + "x", "true").FailedInOneLine("does not exist").ExitCode, Is.EqualTo(255));

    [Test]
    public void Exec_WithoutProgram_IsRefused()
    {
        TestBundle bundle = Running();
        Call("exec", bundle.Id).FailedInOneLine("process args cannot be empty");
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_OptionsAfterTheId_AreTheProgramsOwn()
    {
        TestBundle bundle = Running();
        Assert.That(Exec(bundle.Id, "echo", "-t", "--user", "x").Succeeded().Text, Is.EqualTo("-t --user x"));
        Delete(bundle.Id);
    }

    [Test, Category("Fallback")]
    public void Exec_InAUserNamespace_IsRootThere()
    {
        TestBundle bundle = Running(b => b.WithUserNamespace());
        string pidFile = Box.Folder + "/pid";
        Assert.That(Exec(bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("0"));
        Call("exec", "-d", "--pid-file", pidFile, bundle.Id, "sleep", "1000").Succeeded();
        Assert.That(Host.Status(int.Parse(File.ReadAllText(pidFile)), "Uid"), Does.StartWith("100000\t"));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_SubCgroup_MustExistAndStayBelow()
    {
        TestBundle bundle = Running();
        string folder = Host.CgroupFolder("pids", $"/{bundle.Id}/sub");
        Directory.CreateDirectory(folder);
        // One hierarchy, which needs no name, or one of many.
        (string name, string line) = Host.IsUnified ? ("", "^0::") : ("pids:", "pids");
        Assert.That(Call("exec", "--cgroup", name + "sub", bundle.Id, "grep", line, "/proc/self/cgroup").Succeeded().Text, Does.EndWith($"/{bundle.Id}/sub"));
        Call("exec", "--cgroup", name + "../..", bundle.Id, "true").FailedInOneLine("leads up");
        Call("exec", "--cgroup", name + "nosuch", bundle.Id, "true").FailedInOneLine();
        if (Host.IsUnified)
            Call("exec", "--cgroup", "pids:sub", bundle.Id, "true").FailedInOneLine("one hierarchy");
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_CpuAffinity_IsThatOfTheDocument()
    {
        TestBundle bundle = Running(b => b.Set("process.execCPUAffinity", new JsonObject { ["initial"] = "0", ["final"] = "1" }));
        Require.That(Environment.ProcessorCount > 1, "needs two CPUs");
        Assert.That(Exec(bundle.Id, "grep", "Cpus_allowed_list", "/proc/self/status").Succeeded().Text, Does.EndWith("\t1"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_PreservedDescriptors_AreThere()
    {
        TestBundle bundle = Running();
        using FileDescriptor memory = Files.CreateMemory("passed");
        Files.Write(memory, "passed on"u8, "memory");
        Files.Rewind(memory);
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "exec", "--preserve-fds", "1", bundle.Id, "sh", "-c", "cat <&3");
        launch.Descriptors[3] = memory;
        Assert.That(launch.Start().Wait().Succeeded().Text, Is.EqualTo("passed on"));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_SignalsAreForwarded()
    {
        TestBundle bundle = Running();
        using RunningProgram exec = RuntimeUnderTest.Command(Box.StateRoot, "exec", bundle.Id, "sh", "-c", "trap 'echo got usr1; exit 4' USR1; echo ready; while :; do sleep 0.05; done").Start();
        Assert.That(Host.Eventually(() => exec.Output.Contains("ready")));
        exec.Signal(Native.Raw.Signal.SIGUSR1);
        Outcome outcome = exec.Wait(10_000);
        Assert.That(outcome.ExitCode, Is.EqualTo(4), outcome.ToString());
        Assert.That(outcome.Output, Does.Contain("got usr1"));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_ManyAtOnce_AllSucceed()
    {
        TestBundle bundle = Running();
        List<RunningProgram> execs = [.. Enumerable.Range(0, 16).Select(i => RuntimeUnderTest.Command(Box.StateRoot, "exec", bundle.Id, "echo", $"n{i}").Start())];
        Assert.That(execs.Select(e => e.Wait().Succeeded().Text), Is.EqualTo(Enumerable.Range(0, 16).Select(i => $"n{i}")));
        Delete(bundle.Id);
    }
}
