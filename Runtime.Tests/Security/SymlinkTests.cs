using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Images whose folders and files are symbolic links to the host. One test a published escape.</summary>
public sealed class SymlinkTests : KernelTest
{
    // A link that leads to the host by every way there is: absolute, and up past the root.
    private static string[] Ways(string target) => [target, "../../../../../../../../.." + target];

    private static void Plant(string path, string target)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
    }

    // Runs it with each way; whatever the outcome, the host is as it was.
    private List<Outcome> Attack(string link, string target, Action<TestBundle> change, Canary canary, string script = "true")
    {
        List<Outcome> outcomes = [];
        foreach (string way in Ways(target))
        {
            TestBundle bundle = Shell(script).WithOwnRootfs();
            Plant(bundle.Rootfs + link, way);
            change(bundle);
            outcomes.Add(Run(bundle));
            canary.IsUntouched();
            AssertNothingLeft();
        }
        return outcomes;
    }

    private Canary NewCanary() => new(Box.Folder + "/canary");

    [Test, Category("Fallback")]
    [TestCase("/proc", TestName = "CVE_2019_19921_and_2023_27561_ProcIsALink")]
    [TestCase("/sys", TestName = "CVE_2023_27561_SysIsALink")]
    public void ProcOrSysIsALink_IsRefused(string place)
    {
        Canary canary = NewCanary();
        foreach (Outcome outcome in Attack(place, canary.Folder, _ => { }, canary))
            outcome.FailedInOneLine(place);
        // And a link that stays inside.
        TestBundle bundle = Shell("true").WithOwnRootfs();
        Plant(bundle.Rootfs + place, "/evil");
        Directory.CreateDirectory(bundle.Rootfs + "/evil");
        Run(bundle).FailedInOneLine(place);
        Assert.That(Directory.GetFileSystemEntries(bundle.Rootfs + "/evil"), Is.Empty);
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void CVE_2023_27561_ParentOfProcIsALink()
    {
        Canary canary = NewCanary();
        Attack("/a", canary.Folder, b => b.WithMount("/a/proc", "proc", "proc"), canary).ForEach(o => o.FailedInOneLine("/a/proc"));
    }

    // On the image's /proc a volume with a fake attr/exec: the label must not go there.
    [Test]
    public void CVE_2019_16884_AVolumeOnProc_IsRefusedOrHarmless()
    {
        string fake = Directory.CreateDirectory(Box.Folder + "/fake/self/attr").Parent!.Parent!.FullName;
        File.WriteAllText(fake + "/self/attr/exec", "");
        TestBundle bundle = Shell("true").WithMount("/proc", "bind", fake, "bind").Set("process.apparmorProfile", "unconfined");
        Run(bundle);
        Assert.That(File.ReadAllText(fake + "/self/attr/exec"), Is.Empty);
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    [TestCase("/data")]
    [TestCase("/data/below")]
    [TestCase("/data/sub/deep2/new")]
    public void CVE_2019_18837_and_2024_45310_MountTargetOrItsParentIsALink(string target)
    {
        Canary canary = NewCanary();
        string source = Directory.CreateDirectory(Box.Folder + "/source").FullName;
        File.WriteAllText(source + "/mark", "mounted\n");
        // It lands inside, or is refused.
        foreach (Outcome outcome in Attack("/data", canary.Folder, b => b.WithMount(target, "bind", source, "bind"), canary, $"cat {target}/mark"))
            if (outcome.ExitCode == 0)
                Assert.That(outcome.Text, Is.EqualTo("mounted"));
        foreach (Outcome outcome in Attack("/data", canary.Folder, b => b.WithMount(target + "x", "tmpfs", "tmpfs"), canary))
            Assert.That(outcome.Error, Is.Empty.Or.Not.Contain("internal"));
    }

    [Test, Category("Fallback")]
    public void CVE_2024_45310_FileTargetIsALinkToAHostFile()
    {
        Canary canary = NewCanary();
        File.WriteAllText(Box.Folder + "/one", "mounted\n");
        Attack("/etc/resolv.conf", canary.Folder + "/missing", b => b.WithMount("/etc/resolv.conf", "bind", Box.Folder + "/one", "bind"), canary);
        Attack("/etc/resolv.conf", canary.Folder + "/file", b => b.WithMount("/etc/resolv.conf", "bind", Box.Folder + "/one", "bind"), canary);
    }

    [Test, Category("Fallback")]
    [TestCase("/dev", "")]
    [TestCase("/dev/pts", "/pts")]
    [TestCase("/dev/shm", "/sub")]
    [TestCase("/dev/mqueue", "/sub")]
    public void CVE_2026_41579_and_2026_47766_DevOrAFolderOfItIsALink(string link, string target)
    {
        Canary canary = NewCanary();
        // With a fresh /dev, and on the image's own.
        Attack(link, canary.Folder + target, _ => { }, canary);
        Attack(link, canary.Folder + target, b => b.WithoutMount("/dev"), canary);
        Attack(link, canary.Folder + target, b => b.WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue"), canary);
    }

    [Test, Category("Fallback")]
    [TestCase("null")]
    [TestCase("zero")]
    [TestCase("ptmx")]
    [TestCase("console")]
    [TestCase("fd")]
    public void CVE_2026_88264_and_2026_88265_DeviceIsALink_WithoutAFreshDev(string name)
    {
        Canary canary = NewCanary();
        foreach (string target in new[] { canary.Folder + "/" + name, canary.Folder + "/missing" })
            Attack("/dev/" + name, target, b => b.WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue").WithUser(1000, 1000), canary);
        // And the image's link leads to a file that the container itself has from the host.
        TestBundle bundle = Shell("true").WithOwnRootfs().WithUser(1000, 1000).WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue").WithMount("/mnt", "bind", canary.Folder, "bind");
        Plant(bundle.Rootfs + "/dev/" + name, "/mnt/" + (name == "fd" ? "sub" : "file"));
        Outcome run = Run(bundle);
        canary.IsUntouched();
        if (name is "null" or "zero")
            run.FailedInOneLine("/dev/" + name);
    }

    [Test, Category("Fallback")]
    public void CVE_2025_52565_and_2026_88264_ConsoleIsALink_WithATerminal()
    {
        Canary canary = NewCanary();
        foreach (string target in new[] { canary.Folder + "/console", canary.Folder + "/missing", "/mnt/console" })
        {
            TestBundle bundle = Shell("true").WithOwnRootfs().Set("process.terminal", true).WithoutMount("/dev").WithMount("/mnt", "bind", canary.Folder, "bind");
            Plant(bundle.Rootfs + "/dev/console", target);
            Run(bundle).FailedInOneLine();
            canary.IsUntouched();
            AssertNothingLeft();
        }
    }

    [Test, Category("Fallback")]
    public void CVE_2025_52565_PtmxIsALink_WithATerminal()
    {
        Canary canary = NewCanary();
        TestBundle bundle = Shell("true").WithOwnRootfs().Set("process.terminal", true).WithoutMount("/dev").WithoutMount("/dev/pts").WithMount("/mnt", "bind", canary.Folder, "bind");
        Plant(bundle.Rootfs + "/dev/pts", "/mnt");
        Run(bundle).FailedInOneLine();
        canary.IsUntouched();
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void CVE_2025_31133_MaskedPath_WhenTheImagesNullIsALink()
    {
        // Masked is what the host's null device covers, or there is no container.
        TestBundle bundle = Shell("cat /secret; stat -c '%F %t:%T' /secret").WithOwnRootfs().WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue");
        File.WriteAllText(bundle.Rootfs + "/secret", "secret");
        Plant(bundle.Rootfs + "/dev/null", "/proc/sys/kernel/core_pattern");
        bundle.Set("linux.maskedPaths", TestBundle.Texts("/secret"));
        string before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Outcome run = Run(bundle);
        if (run.ExitCode == 0)
            Assert.That(run.Text, Is.EqualTo("character special file 1:3"));
        else
            run.FailedInOneLine("/dev/null");
        Assert.That(File.ReadAllText("/proc/sys/kernel/core_pattern"), Is.EqualTo(before));
    }

    [Test, Category("Fallback")]
    public void CVE_2025_31133_MaskedOrReadonlyPathIsALinkToTheHost()
    {
        Canary canary = NewCanary();
        Attack("/secret", canary.Folder + "/file", b => b.Set("linux.maskedPaths", TestBundle.Texts("/secret")), canary);
        Attack("/secret", canary.Folder + "/sub", b => b.Set("linux.readonlyPaths", TestBundle.Texts("/secret")), canary);
    }

    [Test, Category("Fallback")]
    public void CVE_2026_55686_WorkingFolderThroughALink_IsMadeInsideOrRefused()
    {
        Canary canary = NewCanary();
        Attack("/work", canary.Folder, b => b.Set("process.cwd", "/work/made"), canary);
        Attack("/work", canary.Folder + "/missing", b => b.Set("process.cwd", "/work"), canary);
    }

    [Test, Category("Fallback")]
    public void CVE_2025_24965_TmpcopyupFollowsNoLink()
    {
        Canary canary = NewCanary();
        TestBundle bundle = Shell("cat /seed/link").WithOwnRootfs().WithMount("/seed", "tmpfs", "tmpfs", "tmpcopyup");
        Directory.CreateDirectory(bundle.Rootfs + "/seed");
        File.CreateSymbolicLink(bundle.Rootfs + "/seed/link", canary.Folder + "/file");
        File.CreateSymbolicLink(bundle.Rootfs + "/seed/sub", canary.Folder);
        Run(bundle).Failed();
        canary.IsUntouched();
    }

    [Test]
    public void MagicLinks_InAMountTarget_AreNoWayOut()
    {
        Canary canary = NewCanary();
        foreach (string target in new[] { "/proc/self/root/data", "/proc/1/root/data", "/proc/self/cwd/data", "/proc/self/fd/3/data", "/proc/thread-self/root/data" })
        {
            Run(Shell("true").WithOwnRootfs().WithMount(target, "bind", canary.Folder, "bind"));
            canary.IsUntouched();
            AssertNothingLeft();
        }
    }

    [Test]
    public void Cgroup_MountTargetIsALink()
    {
        Canary canary = NewCanary();
        Attack("/cg", canary.Folder, b => b.WithMount("/cg", "cgroup", "cgroup", "ro"), canary);
    }
}
