using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary><c>--systemd-cgroup</c>: a container's cgroup is a scope of systemd, which knows its limits, and which goes with it.</summary>
[Category("Systemd"), Category("Host"), Category("Standard")]
public sealed class SystemdTests : SystemdTest
{
    private static void Reload() => new Launch(Require.Program("systemctl", "systemd"), "daemon-reload").Start().Wait().Succeeded();

    private static bool IsLoaded(TestBundle bundle) => Show(bundle, "LoadState") != "not-found";

    private static string ScopeFile(TestBundle bundle, string controller, string file) =>
        File.ReadAllText(Host.CgroupFolder(controller, $"/system.slice/{Unit(bundle)}/{file}")).Trim();

    private int StartInScope(TestBundle bundle)
    {
        Systemd("create", "-b", InScope(bundle).Save().Folder, bundle.Id).Succeeded();
        Systemd("start", bundle.Id).Succeeded();
        return Pid(bundle.Id);
    }

    private void AssertGone(TestBundle bundle)
    {
        Assert.That(Host.Eventually(() => !IsLoaded(bundle)), $"{Unit(bundle)} is still there");
        Assert.That(Host.CgroupHierarchies().Select(h => $"{h}/system.slice/{Unit(bundle)}").Where(Directory.Exists), Is.Empty);
        AssertNothingLeft();
    }

    [Test]
    public void Run_IsInItsScope_AndTheScopeGoes()
    {
        TestBundle bundle = InScope(Shell("cat /proc/self/cgroup"));
        Outcome run = Systemd("run", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Assert.That(run.Output, Does.Contain($"/system.slice/{Unit(bundle)}"));
        AssertGone(bundle);
    }

    [Test]
    public void Limits_AreTheUnitsProperties_AndStayOverAReload()
    {
        TestBundle bundle = Sleeper().Set("linux.resources.memory", JsonNode.Parse("""{"limit": 67108864}""")).Set("linux.resources.pids", JsonNode.Parse("""{"limit": 77}"""))
            .Set("linux.resources.cpu", JsonNode.Parse("""{"shares": 512, "quota": 40000, "period": 100000}"""));
        int pid = StartInScope(bundle);
        Assert.That(Host.CgroupOf(pid, "memory"), Is.EqualTo($"/system.slice/{Unit(bundle)}"));
        Assert.That(Show(bundle, "ActiveState"), Is.EqualTo("active"));
        Assert.That(Show(bundle, "Delegate"), Is.EqualTo("yes"));
        Assert.That(Show(bundle, Host.IsUnified ? "MemoryMax" : "MemoryLimit"), Is.EqualTo("67108864"));
        Assert.That(Show(bundle, "TasksMax"), Is.EqualTo("77"));
        Assert.That(Show(bundle, "CPUQuotaPerSecUSec"), Is.EqualTo("400ms"));
        string[] before = Values();
        Reload();
        Assert.That(Values(), Is.EqualTo(before));
        Assert.That(before[0], Is.EqualTo("67108864"));
        Delete(bundle.Id);
        AssertGone(bundle);

        string[] Values() => Host.IsUnified
            ? [ScopeFile(bundle, "", "memory.max"), ScopeFile(bundle, "", "pids.max"), ScopeFile(bundle, "", "cpu.weight"), ScopeFile(bundle, "", "cpu.max")]
            : [ScopeFile(bundle, "memory", "memory.limit_in_bytes"), ScopeFile(bundle, "pids", "pids.max"), ScopeFile(bundle, "cpu", "cpu.shares"), ScopeFile(bundle, "cpu", "cpu.cfs_quota_us")];
    }

    [Test]
    public void Update_ChangesTheUnit_AndStaysOverAReload()
    {
        TestBundle bundle = Sleeper().Set("linux.resources.memory", JsonNode.Parse("""{"limit": 67108864}"""));
        StartInScope(bundle);
        Systemd("update", "--memory", "128m", "--pids-limit", "55", bundle.Id).Succeeded();
        Reload();
        Assert.That(Show(bundle, Host.IsUnified ? "MemoryMax" : "MemoryLimit"), Is.EqualTo("134217728"));
        Assert.That(ScopeFile(bundle, "memory", Host.IsUnified ? "memory.max" : "memory.limit_in_bytes"), Is.EqualTo("134217728"));
        Assert.That(ScopeFile(bundle, "pids", "pids.max"), Is.EqualTo("55"));
        Delete(bundle.Id);
        AssertGone(bundle);
    }

    [Test]
    public void Devices_StayOverAReload()
    {
        const string Try = "(: </dev/k) 2>/dev/null && echo log; (: </dev/null) && echo null; (: </dev/f) && echo full";
        TestBundle bundle = Sleeper().Set("linux.resources.devices", JsonNode.Parse("""[{"allow": false, "access": "rwm"}]"""));
        StartInScope(bundle);
        Exec(bundle.Id, "sh", "-c", "mknod /dev/k c 1 11; mknod /dev/f c 1 7").Succeeded();
        Assert.That(Exec(bundle.Id, "sh", "-c", Try).Lines, Is.EqualTo(new[] { "null", "full" }));
        Reload();
        Assert.That(Exec(bundle.Id, "sh", "-c", Try).Lines, Is.EqualTo(new[] { "null", "full" }));
        Delete(bundle.Id);
        AssertGone(bundle);
    }

    [Test]
    public void Exec_IsInTheScope_AlsoAfterAReload()
    {
        TestBundle bundle = Sleeper();
        StartInScope(bundle);
        Reload();
        Assert.That(Exec(bundle.Id, "cat", "/proc/self/cgroup").Succeeded().Output, Does.Contain($"/system.slice/{Unit(bundle)}"));
        Delete(bundle.Id);
        AssertGone(bundle);
    }

    [Test]
    public void PauseResumeKill_WorkInAScope()
    {
        TestBundle bundle = Sleeper();
        int pid = StartInScope(bundle);
        Systemd("pause", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("paused"));
        Systemd("resume", bundle.Id).Succeeded();
        Assert.That(Call("ps", "-f", "json", bundle.Id).Succeeded().Output, Does.Contain(pid.ToString()));
        Systemd("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Systemd("delete", bundle.Id).Succeeded();
        AssertGone(bundle);
    }

    [Test]
    public void Killed_TheScopeIsGoneAfterDelete()
    {
        TestBundle bundle = Sleeper();
        int pid = StartInScope(bundle);
        Native.Raw.Kernel.Call(Native.Raw.SYS.kill, pid, Native.Raw.Signal.SIGKILL);
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Delete(bundle.Id);
        AssertGone(bundle);
    }

    [Test]
    public void ANestedSlice_IsMade()
    {
        TestBundle bundle = Sleeper();
        bundle.Set("linux.cgroupsPath", $"{Box.Name}-in.slice:vt:{bundle.Id}");
        Systemd("create", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Assert.That(Host.CgroupOf(Pid(bundle.Id), "memory"), Is.EqualTo($"/{Box.Name}.slice/{Box.Name}-in.slice/{Unit(bundle)}"));
        Delete(bundle.Id);
        new Launch(Require.Program("systemctl", "systemd"), "stop", $"{Box.Name}.slice", $"{Box.Name}-in.slice").Start().Wait();
        // The slices' own cgroups, in hierarchies of v1 that systemd does not know.
        foreach (string hierarchy in Host.CgroupHierarchies())
            Sandbox.RemoveCgroup($"{hierarchy}/{Box.Name}.slice");
        AssertGone(bundle);
    }

    [Test]
    [TestCase("/plain/path")]
    [TestCase("system.slice:vt")]
    [TestCase("a.slice:b:c:d")]
    [TestCase("no-slice:vt:x")]
    [TestCase("system.slice:vt:a/b")]
    [TestCase("../system.slice:vt:x")]
    public void ABadPath_IsRefusedAndLeavesNothing(string path)
    {
        TestBundle bundle = Sleeper().Set("linux.cgroupsPath", path);
        Assert.That(Systemd("create", "-b", bundle.Save().Folder, bundle.Id).ExitCode, Is.Not.Zero);
        AssertNothingLeft();
    }
}
