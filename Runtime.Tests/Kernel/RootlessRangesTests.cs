using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers of a user whom root has given ranges of ids: the virtual machines' <c>tester</c>.</summary>
[Category("Vm"), Category("Host")]
public sealed class RootlessRangesTests : RootlessTest
{
    private protected override OrdinaryUser User => OrdinaryUser.Tester;

    [SetUp]
    public void NeedsTheUser() => Require.That(File.Exists("/etc/subuid") && File.ReadAllText("/etc/subuid").Contains("tester:"), "needs the user tester with ranges: a virtual machine of build/vm");

    [Test, Category("Fallback")]
    public void Users_AreMappedByNewuidmap_AndGroupsCanBeSet()
    {
        TestBundle bundle = Ranged(Shell("id -u; id -g; id -G; touch /tmp/mine; cat /proc/self/setgroups; sleep 1000")).WithUser(1000, 1001, 50, 60).WithMount("/tmp", "tmpfs", "tmpfs", "mode=1777");
        using RunningProgram run = Begin(bundle);
        Assert.That(Host.Eventually(() => run.Output.Contains("allow") || run.HasEnded), run.Error);
        Assert.That(run.Output, Is.EqualTo("1000\n1001\n1001 50 60\nallow\n"));
        int pid = Pid(bundle.Id);
        Assert.That(Host.Status(pid, "Uid").Split('\t'), Has.All.EqualTo("100999"));
        Assert.That(Host.Status(pid, "Gid").Split('\t'), Has.All.EqualTo("101000"));
        Assert.That(Host.Status(pid, "Groups").Split(' '), Is.EquivalentTo(new[] { "100049", "100059", "101000" }).Or.EquivalentTo(new[] { "100049", "100059" }));
        Assert.That(Exec(bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("1000"));
        Assert.That(Call("exec", "-u", "0", bundle.Id, "id", "-u").Succeeded().Text, Is.EqualTo("0"));
        Assert.That(Call("ps", bundle.Id).Succeeded().Output, Does.Contain("sleep 1000"));
        Call("kill", bundle.Id, "KILL").Succeeded();
        run.Wait();
        AssertNothingLeft();
    }

    [Test]
    public void Groups_OfTheCaller_AreDropped()
    {
        Box.ActAs(new OrdinaryUser(User.Uid, User.Gid, 4, 24));
        Assert.That(Run(Ranged(Shell("id -G"))).Succeeded().Text, Is.EqualTo("0"));
    }

    [Test]
    public void RootInside_CanBeAnotherUser_AndNeedNotPassTheHome()
    {
        // The container's root is 100000 outside, and nobody in the user's own folder, which is 0700.
        TestBundle bundle = Mine(Shell("id -u; cat /data/file")).WithUserNamespace();
        string home = Directory.CreateDirectory(Box.Folder + "/home").FullName;
        Fixtures.CopyBusybox(home + "/rootfs");
        Directory.CreateDirectory(home + "/data");
        File.WriteAllText(home + "/data/file", "data");
        Directory.CreateDirectory(home + "/rootfs/data");
        Box.GiveAway(home);
        File.SetUnixFileMode(home, (UnixFileMode)0x1c0);
        bundle.Set("root.path", home + "/rootfs").WithMount("/data", "bind", home + "/data", "bind", "ro");
        Assert.That(Run(bundle).Succeeded().Output, Is.EqualTo("0\ndata"));
    }

    [Test]
    public void Users_OutsideOfTheRange_AreRefused_InTheProgramsOwnWords()
    {
        Run(Mine(Shell("true")).WithUserNamespace(200000)).FailedInOneLine("newuidmap: uid range", "not allowed", "/etc/subuid gives tester 100000-165535");
        TestBundle bundle = Ranged(Shell("true"));
        bundle.Set("linux.gidMappings", new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 200000, ["size"] = 10 }));
        Run(bundle).FailedInOneLine("newgidmap: gid range", "not allowed", "/etc/subgid gives tester 100000-165535");
        AssertNothingLeft();
    }

    [Test]
    public void OneIdOnly_OfAUserWithoutRanges()
    {
        Box.ActAs(OrdinaryUser.Single);
        Assert.That(Run(Shell("id -u").ForUser(OrdinaryUser.Single)).Succeeded().Text, Is.EqualTo("0"));
        Run(Ranged(Shell("true"))).FailedInOneLine("newuidmap", "/etc/subuid gives single none", "usermod --add-subuids 100000-165535 single");
    }
}
