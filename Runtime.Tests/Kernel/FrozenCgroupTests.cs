using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>A frozen cgroup is refused, thawed or named: no command waits for somebody to thaw it.</summary>
[Category("Host")]
public sealed class FrozenCgroupTests : CgroupTest
{
    private static string FolderOf(string path) => Host.CgroupFolder("freezer", path);

    private static void Freeze(string folder, bool frozen = true) =>
        File.WriteAllText(folder + (Host.IsUnified ? "/cgroup.freeze" : "/freezer.state"), Host.IsUnified ? frozen ? "1" : "0" : frozen ? "FROZEN" : "THAWED");

    private static void Move(int pid, string folder) => File.WriteAllText(folder + "/cgroup.procs", $"{pid}");

    private string FreezeNew(string path)
    {
        string folder = Directory.CreateDirectory(FolderOf(path)).FullName;
        Freeze(folder);
        return folder;
    }

    // A process of the container in a cgroup below the container's own, which is frozen.
    private (int Init, int Second) StartWithFrozenBelow(TestBundle bundle, bool movesInit)
    {
        int init = Start(bundle);
        string file = Box.Folder + "/pid";
        Call("exec", "--detach", "--pid-file", file, bundle.Id, "sleep", "1000").Succeeded();
        int second = int.Parse(File.ReadAllText(file));
        string below = Directory.CreateDirectory(FolderOf($"/{bundle.Id}/below")).FullName;
        Move(second, below);
        if (movesInit)
            Move(init, below);
        Freeze(below);
        return (init, second);
    }

    [Test]
    [TestCase("run")]
    [TestCase("create")]
    public void Create_InACgroupThatIsFrozen_IsRefused(string command)
    {
        TestBundle bundle = Sleeper();
        string folder = FreezeNew("/" + bundle.Id);
        Call(command, "-b", bundle.Save().Folder, bundle.Id).FailedInOneLine("container's cgroup unexpectedly frozen", folder);
        AssertNothingLeft();
    }

    [Test]
    public void Run_BelowACgroupThatIsFrozen_IsRefused()
    {
        string folder = FreezeNew($"/{Box.Name}top");
        TestBundle bundle = Sleeper().Set("linux.cgroupsPath", $"/{Box.Name}top/in");
        Run(bundle).FailedInOneLine("container's cgroup unexpectedly frozen");
        Freeze(folder, frozen: false);
        RemoveTop();
    }

    [Test]
    public void Exec_InACgroupThatIsFrozen_IsRefused()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        string below = Directory.CreateDirectory(FolderOf($"/{bundle.Id}/below")).FullName;
        Freeze(below);
        Call("exec", "--cgroup", Host.IsUnified ? "below" : "freezer:below", bundle.Id, "true").FailedInOneLine("cannot exec in a cgroup that is frozen", below);
        Freeze(below, frozen: false);
        Call("exec", "--cgroup", Host.IsUnified ? "below" : "freezer:below", bundle.Id, "true").Succeeded();
        Delete(bundle.Id);
    }

    [Test, Category("CgroupV1")]
    public void Exec_InAV2CgroupOfAHybridHost_ThatIsFrozen_IsRefused()
    {
        MountEntry? unified = Host.MountsOf("self").FirstOrDefault(m => m.Type == "cgroup2");
        Require.That(unified is not null && !Host.IsUnified, "needs a hybrid host: v2 mounted beside v1");
        TestBundle bundle = Sleeper();
        Start(bundle);
        string folder = $"{unified!.Point}/{bundle.Id}";
        File.WriteAllText(folder + "/cgroup.freeze", "1");
        Call("exec", bundle.Id, "true").FailedInOneLine("cannot exec in a cgroup that is frozen", folder);
        File.WriteAllText(folder + "/cgroup.freeze", "0");
        Delete(bundle.Id);
    }

    [Test, Category("CgroupV1")]
    public void Run_WhereAHybridHostsV2TreeIsFull_DoesWithoutIt()
    {
        MountEntry? unified = Host.MountsOf("self").FirstOrDefault(m => m.Type == "cgroup2");
        Require.That(unified is not null && !Host.IsUnified, "needs a hybrid host: v2 mounted beside v1");
        string full = Directory.CreateDirectory($"{unified!.Point}/{Box.Name}full").FullName;
        File.WriteAllText(full + "/cgroup.max.descendants", "0");
        Outcome run = Run(Shell("echo ran").Set("linux.cgroupsPath", $"/{Box.Name}full/in"));
        Directory.Delete(full);
        foreach (string top in Directory.GetDirectories("/sys/fs/cgroup").Select(h => $"{h}/{Box.Name}full").Where(Directory.Exists))
            Directory.Delete(top);
        Assert.That(run.Succeeded().Text, Is.EqualTo("ran"));
    }

    [Test]
    public void Start_OfAContainerThatIsFrozen_IsRefused_AndWorksAfterTheThaw()
    {
        TestBundle bundle = Sleeper();
        Create(bundle).Succeeded();
        Freeze(FolderOf("/" + bundle.Id));
        Call("start", bundle.Id).FailedInOneLine("paused");
        Freeze(FolderOf("/" + bundle.Id), frozen: false);
        Call("start", bundle.Id).Succeeded();
        Delete(bundle.Id);
    }

    [Test]
    [TestCase(false)]
    [TestCase(true)]
    public void KillAll_EndsProcessesThatAreFrozenBelow(bool movesInit)
    {
        TestBundle bundle = Sleeper();
        (int init, int second) = StartWithFrozenBelow(bundle, movesInit);
        Call("kill", "-a", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(init) && !Host.IsAlive(second)));
        Delete(bundle.Id);
    }

    [Test]
    public void Kill_EndsAnInitThatIsFrozenBelow()
    {
        TestBundle bundle = Sleeper();
        (int init, _) = StartWithFrozenBelow(bundle, movesInit: true);
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(init)));
        Delete(bundle.Id);
    }

    [Test]
    [TestCase(false)]
    [TestCase(true)]
    public void DeleteForce_EndsProcessesThatAreFrozenBelow(bool movesInit)
    {
        TestBundle bundle = Sleeper();
        StartWithFrozenBelow(bundle, movesInit);
        Delete(bundle.Id);
        AssertNothingLeft();
    }

    // On v2 SIGKILL reaches a frozen process.
    [Test, Category("CgroupV1")]
    public void DeleteForce_BelowACgroupThatIsFrozen_NamesIt()
    {
        TestBundle bundle = Sleeper().Set("linux.cgroupsPath", $"/{Box.Name}top/in");
        Start(bundle);
        string top = FolderOf($"/{Box.Name}top");
        Freeze(top);
        Call("delete", "-f", bundle.Id).FailedInOneLine(top, "thawed");
        Freeze(top, frozen: false);
        Delete(bundle.Id);
        RemoveTop();
    }

    private void RemoveTop()
    {
        foreach (string hierarchy in Host.CgroupHierarchies())
            Sandbox.RemoveCgroup($"{hierarchy}/{Box.Name}top");
    }
}
