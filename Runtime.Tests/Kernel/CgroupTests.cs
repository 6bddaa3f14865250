using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Cgroups of either version: processes in their folders, limits that hold, folders that go.</summary>
[Category("Host")]
public sealed class CgroupTests : CgroupTest
{
    private static string MemoryLimit => Host.IsUnified ? "memory.max" : "memory.limit_in_bytes";

    private static IEnumerable<string> FoldersOf(string path) => Host.CgroupHierarchies().Select(h => h + path);

    [Test, Category("Standard"), Category("Fallback")]
    public void Path_AbsoluteAndNested_IsThatInEveryHierarchy()
    {
        string path = $"/{Box.Name}top/in/side";
        TestBundle bundle = Sleeper().Set("linux.cgroupsPath", path).Set("linux.resources.memory", new JsonObject { ["limit"] = 64 * Mega });
        int pid = Start(bundle);
        Assert.That(Host.CgroupsOf(pid).Values, Has.All.EqualTo(path));
        Assert.That(File.ReadAllText($"{Host.CgroupFolder("memory", path)}/{MemoryLimit}").Trim(), Is.EqualTo("67108864"));
        Delete(bundle.Id);
        Assert.That(FoldersOf(path).Where(Directory.Exists), Is.Empty);
        // Folders above are nobody's: they may be another container's by now.
        foreach (string top in FoldersOf($"/{Box.Name}top"))
            Sandbox.RemoveCgroup(top);
    }

    [Test]
    public void Path_Relative_BeginsAtTheTop()
    {
        TestBundle bundle = Sleeper().Set("linux.cgroupsPath", $"{Box.Name}rel");
        int pid = Start(bundle);
        Assert.That(Host.CgroupsOf(pid).Values, Has.All.EqualTo($"/{Box.Name}rel"));
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test]
    [TestCase("/../{0}up")]
    [TestCase("/{0}a/../../{0}up")]
    [TestCase("../{0}up")]
    [TestCase("/")]
    [TestCase("/.")]
    public void Path_LeadingUpOrToTheTop_IsRefused(string path)
    {
        // runc reads `/..` as the root; a path that says so is a mistake or worse.
        Outcome create = Create(Sleeper().Set("linux.cgroupsPath", string.Format(path, Box.Name)));
        create.FailedInOneLine("linux.cgroupsPath");
        AssertNothingLeft();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Processes_OfContainerAndOfExec_AreInTheContainersCgroupOfEveryHierarchy()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        string file = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", file, bundle.Id, "sleep", "1000").Succeeded();
        int second = int.Parse(File.ReadAllText(file));
        Assert.Multiple(() =>
        {
            Assert.That(Host.CgroupsOf(pid).Values, Has.All.EqualTo("/" + bundle.Id));
            Assert.That(Host.CgroupsOf(second), Is.EqualTo(Host.CgroupsOf(pid)));
        });
        Delete(bundle.Id);
    }

    // The runtime's own pages are not the container's.
    [Test, Category("Fallback")]
    public void Memory_OneMebibyte_IsEnoughToStartTrue()
    {
        TestBundle bundle = Bundle().WithArgs("true").Set("linux.resources.memory", new JsonObject { ["limit"] = Mega, ["swap"] = Mega });
        for (int i = 0; i < 5; i++)
            Run(bundle).Succeeded();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Pids_TheLimitHoldsInside()
    {
        TestBundle bundle = Shell("i=0; while [ $i -lt 40 ]; do sleep 100 & i=$((i+1)); done; echo all").Set("linux.resources.pids", new JsonObject { ["limit"] = 20 });
        Outcome run = Run(bundle);
        Assert.That(run.Output, Is.Empty);
        run.Failed("can't fork");
    }

    [Test, Category("Standard")]
    public void Cpuset_IsWhatTheProcessMayUse()
    {
        TestBundle bundle = Shell("grep Cpus_allowed_list: /proc/self/status").Set("linux.resources.cpu", new JsonObject { ["cpus"] = "0" });
        Assert.That(Run(bundle).Succeeded().Text, Does.EndWith("\t0"));
    }

    [Test, Category("Standard")]
    public void OutOfMemory_RunEndsWith137()
    {
        TestBundle bundle = Shell("x=0123456789; while :; do x=$x$x; done").Set("linux.resources.memory", new JsonObject { ["limit"] = 8 * Mega, ["swap"] = 8 * Mega });
        Assert.That(Run(bundle).ExitCode, Is.EqualTo(137));
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void OutOfMemory_EventsSaySo()
    {
        TestBundle bundle = Shell("while [ ! -e /out/go ]; do sleep 0.02; done; x=0123456789; while :; do x=$x$x; done").WithMount("/out", "bind", Box.Folder, "bind")
            .Set("linux.resources.memory", new JsonObject { ["limit"] = 8 * Mega, ["swap"] = 8 * Mega });
        int pid = Start(bundle);
        using RunningProgram events = RuntimeUnderTest.Command(Box.StateRoot, "events", "--interval", "100ms", bundle.Id).Start();
        Assert.That(Host.Eventually(() => events.Output.Contains("\"stats\"")), "no statistics");
        File.WriteAllText(Box.Folder + "/go", "");
        Assert.That(Host.Eventually(() => events.Output.Contains($"{{\"type\":\"oom\",\"id\":\"{bundle.Id}\"")), events.Output);
        Assert.That(Host.Eventually(() => !Host.IsAlive(pid)));
        Delete(bundle.Id);
        events.Wait(10_000).Succeeded();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Delete_RemovesCgroupsBelowToo()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        foreach (string folder in FoldersOf("/" + bundle.Id).Where(Directory.Exists))
            Directory.CreateDirectory(folder + "/below/deeper");
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Call("delete", bundle.Id).Succeeded();
        Assert.That(FoldersOf("/" + bundle.Id).Where(Directory.Exists), Is.Empty);
        AssertNothingLeft();
    }

    [Test]
    public void Delete_ACgroupThatTheContainerMade_WithAProcessInIt()
    {
        // Without a pid namespace the process outlives the container's first one.
        TestBundle bundle = Sleeper().WithoutNamespace("pid");
        Start(bundle);
        string file = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", file, bundle.Id, "sleep", "1000").Succeeded();
        int second = int.Parse(File.ReadAllText(file));
        foreach (string folder in new[] { "memory", "freezer", "pids" }.Select(c => Host.CgroupFolder(c, $"/{bundle.Id}/own")).Distinct())
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(folder + "/cgroup.procs", second.ToString());
        }
        Delete(bundle.Id);
        Assert.That(Host.Eventually(() => !Host.IsAlive(second)), "a process of the container is left");
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Delete_LeavesNoFolder()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Assert.That(FoldersOf("/" + bundle.Id).Count(Directory.Exists), Is.GreaterThan(Host.IsUnified ? 0 : 5));
        Delete(bundle.Id);
        Assert.That(FoldersOf("/" + bundle.Id).Where(Directory.Exists), Is.Empty);
    }

    [Test, Category("Fallback")]
    public void AnotherContainersCgroup_IsRefused_AndItsProcessLivesOn()
    {
        TestBundle first = Sleeper();
        int pid = Start(first);
        Dictionary<string, string> before = Host.CgroupsOf(pid);
        string limit = CgroupFile(first, "memory", MemoryLimit);
        TestBundle second = Sleeper().Set("linux.cgroupsPath", "/" + first.Id).Set("linux.resources.memory", new JsonObject { ["limit"] = 64 * Mega });
        Create(second).FailedInOneLine("cgroup is not empty");
        Assert.That(Host.IsAlive(pid));
        Assert.That(Host.CgroupsOf(pid), Is.EqualTo(before));
        Assert.That(CgroupFile(first, "memory", MemoryLimit), Is.EqualTo(limit));
        Assert.That(Status(first.Id), Is.EqualTo("running"));
        Assert.That(Call("list", "-q").Lines, Is.EqualTo(new[] { first.Id }));
        Delete(first.Id);
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void ACgroupAboveAnotherContainers_IsRefused()
    {
        TestBundle first = Sleeper().Set("linux.cgroupsPath", $"/{Box.Name}top/in");
        int pid = Start(first);
        Create(Sleeper().Set("linux.cgroupsPath", $"/{Box.Name}top")).FailedInOneLine("cgroup is not empty");
        Assert.That(Host.IsAlive(pid));
        Delete(first.Id);
        foreach (string top in FoldersOf($"/{Box.Name}top"))
            Sandbox.RemoveCgroup(top);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void AnEmptyFolderOfThatName_IsTaken()
    {
        TestBundle bundle = Sleeper();
        string folder = Directory.CreateDirectory(Host.CgroupFolder("memory", "/" + bundle.Id)).FullName;
        int pid = Start(bundle);
        Assert.That(Host.CgroupOf(pid, "memory"), Is.EqualTo("/" + bundle.Id));
        Delete(bundle.Id);
        Assert.That(Directory.Exists(folder), Is.False);
    }
}
