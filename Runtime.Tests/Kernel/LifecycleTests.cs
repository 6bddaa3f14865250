using System.Text.Json;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>create, start, state, kill, delete, run: the life of a container.</summary>
[Category("Host")]
public sealed class LifecycleTests : KernelTest
{
    [Test, Category("Standard"), Category("Fallback")]
    public void Create_Start_Kill_Delete_GoThroughTheStatesOfTheSpecification()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("created"));
        Call("start", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"), "it is not stopped");
        Call("delete", bundle.Id).Succeeded();
        Call("state", bundle.Id).Failed("does not exist");
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Created_TheProgramDoesNotRunYet()
    {
        TestBundle bundle = Shell("echo ran > /out/file").WithMount("/out", "bind", Box.Folder, "bind", "rw");
        Create(bundle).Succeeded();
        Thread.Sleep(100);
        Assert.That(File.Exists(Box.Folder + "/file"), Is.False, "the program ran before start");
        Call("start", bundle.Id).Succeeded();
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/file")), "the program did not run after start");
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void State_HasTheMembersOfTheSpecificationAndOfRunc()
    {
        TestBundle bundle = Sleeper().Set("annotations", new System.Text.Json.Nodes.JsonObject { ["org.example.key"] = "value" });
        Create(bundle).Succeeded();
        JsonElement state = State(bundle.Id);
        Assert.Multiple(() =>
        {
            Assert.That(state.GetProperty("ociVersion").GetString(), Does.Match(@"^1\.\d+\.\d+"));
            Assert.That(state.GetProperty("id").GetString(), Is.EqualTo(bundle.Id));
            Assert.That(state.GetProperty("status").GetString(), Is.EqualTo("created"));
            Assert.That(state.GetProperty("bundle").GetString(), Is.EqualTo(bundle.Folder));
            Assert.That(state.GetProperty("rootfs").GetString(), Is.EqualTo(bundle.Rootfs));
            Assert.That(state.GetProperty("annotations").GetProperty("org.example.key").GetString(), Is.EqualTo("value"));
            Assert.That(state.GetProperty("owner").GetString(), Is.EqualTo(RuntimeUnderTest.IsRunc ? "" : "root").Or.EqualTo("root"));
            Assert.That(DateTimeOffset.Parse(state.GetProperty("created").GetString()!), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
            Assert.That(Host.IsAlive(state.GetProperty("pid").GetInt32()));
        });
        Call("start", bundle.Id).Succeeded();
        Call("kill", bundle.Id, "9").Succeeded();
        Assert.That(Host.Eventually(() => Pid(bundle.Id) == 0), "the pid of a stopped container is 0");
        Delete(bundle.Id);
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase("exit 0", 0)]
    [TestCase("exit 1", 1)]
    [TestCase("exit 42", 42)]
    [TestCase("exit 255", 255)]
    [TestCase("kill -TERM $$", 128 + 15)]
    [TestCase("kill -KILL $$", 128 + 9)]
    [TestCase("kill -SEGV $$", 128 + 11)]
    public void Run_GivesTheProgramsExitCode(string script, int code)
    {
        // The first process of a pid namespace ignores signals of its own without a handler: the script runs in a child, whose end the shell tells.
        TestBundle bundle = code > 128 ? Bundle().WithArgs("/bin/sh", "-c", $"sh -c '{script}'; exit $?") : Shell(script);
        Assert.That(Run(bundle).ExitCode, Is.EqualTo(code));
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Run_AProgramEndedByASignal_Gives128AndItsNumber()
    {
        TestBundle bundle = Sleeper().WithArgs("sleep", "1000");
        using RunningProgram run = Begin(bundle);
        Assert.That(Host.Eventually(() => Call("state", bundle.Id) is { ExitCode: 0 } state && state.Output.Contains("running")), "it does not run");
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(run.Wait().ExitCode, Is.EqualTo(137));
        AssertNothingLeft();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Run_Detached_ReturnsAtOnceAndTheContainerRunsOn()
    {
        TestBundle bundle = Sleeper();
        string pidFile = Box.Folder + "/pid";
        Assert.That(Run(bundle, "--detach", "--pid-file", pidFile).Succeeded().ExitCode, Is.Zero);
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Assert.That(File.ReadAllText(pidFile), Is.EqualTo(Pid(bundle.Id).ToString()), "the pid file has the number and no line end");
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Create_PidFile_HasTheFirstProcess()
    {
        TestBundle bundle = Sleeper();
        string pidFile = Box.Folder + "/pid";
        Create(bundle, "--pid-file", pidFile).Succeeded();
        int pid = int.Parse(File.ReadAllText(pidFile));
        Assert.That(pid, Is.EqualTo(Pid(bundle.Id)));
        Assert.That(Host.Namespace(pid.ToString(), "pid"), Is.Not.EqualTo(Host.Namespace("self", "pid")));
        Delete(bundle.Id);
    }

    [Test]
    public void Run_Keep_LeavesAStoppedContainer()
    {
        TestBundle bundle = Shell("exit 3");
        Assert.That(Run(bundle, "--keep").ExitCode, Is.EqualTo(3));
        Assert.That(Status(bundle.Id), Is.EqualTo("stopped"));
        Call("delete", bundle.Id).Succeeded();
    }

    [Test, Category("Standard")]
    [TestCase("TERM")]
    [TestCase("SIGTERM")]
    [TestCase("15")]
    [TestCase(null)]
    public void Kill_TakesNamesAndNumbers(string? signal)
    {
        TestBundle bundle = Sleeper().WithShell("trap 'echo got > /out/file; exit 0' TERM; echo > /out/ready; while :; do sleep 0.05; done").WithMount("/out", "bind", Box.Folder, "bind");
        Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/ready")), "the trap is not set");
        Call(signal is null ? ["kill", bundle.Id] : ["kill", bundle.Id, signal]).Succeeded();
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/file")), "the signal did not arrive");
        Delete(bundle.Id);
    }

    [Test]
    public void Kill_RealTimeSignal_ByName()
    {
        TestBundle bundle = Bundle().WithArgs("sleep", "1000");
        // Not its pid namespace's first process: that would ignore a signal without a handler.
        bundle.WithoutNamespace("pid");
        Start(bundle);
        Call("kill", bundle.Id, "RTMIN+1").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Delete(bundle.Id);
    }

    [Test]
    public void Kill_UnknownSignal_IsRefused()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        foreach (string signal in new[] { "NOSUCH", "65", "-9", "9x", "+9", "999999999999" })
            Call("kill", bundle.Id, "--", signal).FailedInOneLine();
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Delete(bundle.Id);
    }

    [Test]
    public void Kill_All_ReachesEveryProcess()
    {
        TestBundle bundle = Shell("sleep 1000 & sleep 1000 & echo; wait").WithoutNamespace("pid");
        Start(bundle);
        string procs = Host.CgroupFolder("freezer", $"/{bundle.Id}/cgroup.procs");
        Assert.That(Host.Eventually(() => File.ReadAllLines(procs).Length == 3));
        Call("kill", "--all", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => File.ReadAllLines(procs).Length == 0), "processes are left");
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Delete_Force_RunningContainer_IsKilledAndRemoved()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        Call("delete", "--force", bundle.Id).Succeeded();
        Assert.That(Host.IsAlive(pid), Is.False);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Delete_Force_IsIdempotent()
    {
        Call("delete", "--force", Box.Name + "x").Succeeded();
        Call("delete", Box.Name + "x").Failed("does not exist");
    }

    [Test, Category("Standard")]
    public void Delete_Created_WithoutForce_IsAllowed()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Call("delete", bundle.Id).Succeeded();
        AssertNothingLeft();
    }

    [Test]
    public void Delete_Force_WithoutPidNamespace_LeavesNoProcess()
    {
        TestBundle bundle = Shell("sleep 1000 & sleep 1000 & echo; wait").WithoutNamespace("pid");
        Start(bundle);
        Assert.That(Host.Eventually(() => File.ReadAllLines(Host.CgroupFolder("freezer", $"/{bundle.Id}/cgroup.procs")).Length == 3));
        Call("delete", "--force", bundle.Id).Succeeded();
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Run_OrphansInThePidNamespace_EndWithIt()
    {
        Run(Shell("(sleep 1000 &) ; (sleep 1000 &) ; exit 5"));
        AssertNothingLeft();
    }

    [Test]
    public void Container_WhoseProcessDied_IsStoppedWhoeverLooks()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        Assert.That((int)Native.Raw.Kernel.Call(SYS.kill, pid, Signal.SIGKILL), Is.Zero);
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Call("kill", bundle.Id, "TERM").Failed("not running");
        Exec(bundle.Id, "true").Failed();
        Call("delete", bundle.Id).Succeeded();
    }

    [Test, Category("Standard")]
    public void BundleWithoutOption_IsTheWorkingFolder()
    {
        TestBundle bundle = Shell("echo here");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", bundle.Id);
        bundle.Save();
        Outcome outcome = new Launch(launch.Path, [.. launch.Arguments]) { WorkingFolder = bundle.Folder, Filter = launch.Filter }.Start().Wait();
        Assert.That(outcome.Succeeded().Text, Is.EqualTo("here"));
    }

    [Test]
    public void PidfdSocket_ReceivesAHandleOfTheFirstProcess()
    {
        TestBundle bundle = Sleeper();
        using DescriptorSocket socket = new(Box.Folder + "/pidfd");
        using RunningProgram create = RuntimeUnderTest.Command(Box.StateRoot, "create", "--pidfd-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, Native.Safe.FileDescriptor? pidfd) = socket.Receive();
        create.Wait().Succeeded();
        Assert.That(pidfd, Is.Not.Null);
        string info = File.ReadAllText($"/proc/self/fdinfo/{pidfd!.Number}");
        Assert.That(info, Does.Match($@"Pid:\s+{Pid(bundle.Id)}\b"));
        pidfd.Dispose();
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Create_OfAnIdInUse_LeavesTheOtherContainersPidFile()
    {
        TestBundle bundle = Sleeper();
        string file = Box.Folder + "/pid";
        Create(bundle, "--pid-file", file).Succeeded();
        string pid = File.ReadAllText(file);
        Create(bundle, "--pid-file", file).Failed("exist");
        Assert.That(File.ReadAllText(file), Is.EqualTo(pid));
        Delete(bundle.Id);
    }
}
