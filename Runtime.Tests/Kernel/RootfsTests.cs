using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The container's root and the mounts of every kind on it.</summary>
public sealed class RootfsTests : KernelTest
{
    private string HostFolder(string name = "host")
    {
        string folder = Directory.CreateDirectory($"{Box.Folder}/{name}").FullName;
        File.WriteAllText(folder + "/file", "of the host\n");
        return folder;
    }

    // What the container says of its mounts.
    private List<MountEntry> MountsInside(Action<TestBundle> change) => MountEntry.ParseAll(RunShell("cat /proc/self/mountinfo", change).Output);

    // `docker run --tmpfs /t -u 1000`: the image has no such directory.
    [Test, Category("Fallback")]
    public void Tmpfs_OnADirectoryThatIsNotThere_IsOpenToAll_AsOftenAsItIsMounted()
    {
        TestBundle bundle = Shell("touch /t/a /new/t/a /dev/t/a && stat -c %a /t /new /new/t /dev/t /opt /with").WithOwnRootfs().WithUser(1000, 1000);
        Directory.CreateDirectory(bundle.Rootfs + "/opt");
        File.SetUnixFileMode(bundle.Rootfs + "/opt", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);
        foreach (string target in new[] { "/t", "/new/t", "/dev/t", "/opt" })
            bundle.WithMount(target, "tmpfs", "tmpfs", "size=1m");
        bundle.WithMount("/with", "tmpfs", "tmpfs", "mode=700");
        for (int i = 0; i < 2; i++)
            Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "1777", "755", "1777", "1777", "510", "700" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Readonly_RootCannotBeWritten()
    {
        Outcome run = Run(Shell("touch /x").WithOwnRootfs(isReadonly: true));
        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain("Read-only file system"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Writable_RootCanBeWritten()
    {
        TestBundle bundle = Shell("echo written > /x").WithOwnRootfs();
        Run(bundle).Succeeded();
        Assert.That(File.ReadAllText(bundle.Rootfs + "/x"), Is.EqualTo("written\n"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Pivot_TheHostIsNotReachable()
    {
        List<MountEntry> mounts = MountsInside(_ => { });
        Assert.That(mounts[0].Point, Is.EqualTo("/"));
        Assert.That(mounts.Select(m => m.Point), Has.None.Contain(Box.Folder));
        Assert.That(mounts.Where(m => m.Point == "/").Count(), Is.EqualTo(1), "the old root is still there");
        Assert.That(RunShell("ls /..").Lines, Is.EqualTo(RunShell("ls /").Lines));
        Assert.That(RunShell("ls -d /work /usr/share/dotnet /var/lib/dpkg 2>/dev/null; echo end").Text, Is.EqualTo("end"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void NoPivot_RunsInItsRoot()
    {
        Outcome run = Run(Shell("hostname; ls /; ls /.."), "--no-pivot").Succeeded();
        Assert.That(run.Lines[0], Is.EqualTo("inside"));
        Assert.That(run.Lines, Does.Contain("bin").And.Not.Contain("work").And.Not.Contain("vmlinuz"));
    }

    [Test, Category("Fallback")]
    public void WithoutMountNamespace_TheRootIsAChroot()
    {
        TestBundle bundle = Shell("ls /; ls /..; readlink /proc/self/ns/mnt").WithoutNamespace("mount");
        bundle.Set("mounts", new JsonArray()).Set("linux.maskedPaths", new JsonArray()).Set("linux.readonlyPaths", new JsonArray()).Set("root.readonly", false);
        Outcome run = Run(bundle);
        Assert.That(run.Lines, Does.Contain("bin").And.Not.Contain("vmlinuz"), run.ToString());
    }

    // runc 1.1 sets the propagation of its mount namespace's first root, and the container's own root is private whatever the document says.
    [TestCase("private", "", Category = "Standard")]
    [TestCase("slave", "master:")]
    [TestCase("shared", "shared:")]
    public void RootfsPropagation_IsThatOfTheDocument(string propagation, string shown)
    {
        // The mount that holds the bundle is shared, in a mount namespace of the test's own; the host's may be private.
        string unshare = Require.Program("unshare", "util-linux");
        TestBundle bundle = Shell("grep ' / / ' /proc/self/mountinfo || head -1 /proc/self/mountinfo").Set("linux.rootfsPropagation", propagation).WithOwnRootfs();
        bundle.Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id);
        string script = $"mount --bind {Box.Folder} {Box.Folder} && mount --make-shared {Box.Folder} && exec {launch.Path} {string.Join(' ', launch.Arguments)}";
        Outcome run = new Launch(unshare, "--mount", "--propagation", "private", "sh", "-c", script) { Filter = launch.Filter }.Start().Wait().Succeeded();
        MountEntry root = MountEntry.ParseAll(run.Output)[0];
        if (shown.Length == 0)
            Assert.That(root.Propagation, Is.Empty);
        else
            Assert.That(root.Propagation, Does.Contain(shown), run.Output);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Bind_FolderAndFile_ShowTheHostsFiles()
    {
        string host = HostFolder();
        Outcome run = RunShell("cat /data/file; cat /one; echo changed > /data/new", b => b.WithOwnRootfs().WithMount("/data", "bind", host, "bind", "rw").WithMount("/one", "bind", host + "/file", "bind", "ro"));
        Assert.That(run.Lines, Is.EqualTo(new[] { "of the host", "of the host" }));
        Assert.That(File.ReadAllText(host + "/new"), Is.EqualTo("changed\n"));
    }

    [Test, Category("Standard")]
    public void Bind_RelativeSource_BeginsAtTheBundle()
    {
        TestBundle bundle = Shell("cat /data/file").WithOwnRootfs().WithMount("/data", "bind", "beside", "bind");
        Directory.CreateDirectory(bundle.Folder + "/beside");
        File.WriteAllText(bundle.Folder + "/beside/file", "relative\n");
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("relative"));
    }

    // The specification: "relative to the bundle"; root.path may lie anywhere else.
    [Test]
    public void Bind_RelativeSource_BeginsAtTheBundle_WhereverTheRootIs()
    {
        TestBundle bundle = Shell("cat /tmp/file").WithMount("/tmp", "bind", "beside", "bind");
        Directory.CreateDirectory(bundle.Folder + "/beside");
        File.WriteAllText(bundle.Folder + "/beside/file", "relative\n");
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("relative"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Bind_Readonly_RefusesWrites_AndTheHostsMountStaysWritable()
    {
        string host = HostFolder();
        Outcome run = Run(Shell("touch /data/x").WithOwnRootfs().WithMount("/data", "bind", host, "bind", "ro"));
        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain("Read-only"));
        File.WriteAllText(host + "/y", "");
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Rbind_TakesTheMountsBelow_BindDoesNot()
    {
        string host = HostFolder();
        string below = Directory.CreateDirectory(host + "/below").FullName;
        using TemporaryMount mount = TemporaryMount.Tmpfs(below);
        File.WriteAllText(below + "/deep", "deep\n");
        Assert.That(RunShell("cat /tmp/below/deep", b => b.WithMount("/tmp", "bind", host, "rbind", "rw")).Text, Is.EqualTo("deep"));
        Assert.That(RunShell("ls /tmp/below", b => b.WithMount("/tmp", "bind", host, "bind", "rw")).Text, Is.Empty);
    }

    // Mapped mounts and recursive attributes came with Linux 5.12; an older kernel's refusal names it.
    private bool IsRefusedByOldKernel(TestBundle bundle)
    {
        if (Native.Safe.KernelFeatures.Probe().MountSetAttr)
            return false;
        Run(bundle).FailedInOneLine("Linux 5.12");
        return true;
    }

    [Test]
    public void Rro_MakesTheMountsBelowReadonlyToo_RoDoesNot()
    {
        string host = HostFolder();
        string below = Directory.CreateDirectory(host + "/below").FullName;
        using TemporaryMount mount = TemporaryMount.Tmpfs(below);
        Assert.That(RunShell("touch /tmp/below/x && echo written; touch /tmp/x || echo refused", b => b.WithMount("/tmp", "bind", host, "rbind", "ro")).Text, Is.EqualTo("written\nrefused"));
        TestBundle rro = Shell("touch /tmp/below/y || echo refused; touch /tmp/x || echo refused").WithMount("/tmp", "bind", host, "rbind", "rro");
        if (IsRefusedByOldKernel(rro))
            return;
        Assert.That(Run(rro).Succeeded().Text, Is.EqualTo("refused\nrefused"));
        Assert.That(File.Exists(below + "/y"), Is.False);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Nosuid_Noexec_Nodev_HaveEffect()
    {
        string host = HostFolder();
        Fixtures.CopyProgram(Fixtures.Busybox + "/bin/busybox", host + "/busybox");
        Outcome run = RunShell("/tmp/busybox true && echo executed; /root/busybox true || echo refused; mknod /root/null c 1 3; echo x > /root/null || echo nodev; grep -E ' /root ' /proc/self/mountinfo",
            b => b.WithMount("/tmp", "bind", host, "bind").WithMount("/root", "bind", host, "bind", "noexec", "nodev", "nosuid"));
        Assert.That(run.Lines[0], Is.EqualTo("executed"));
        Assert.That(run.Lines[1], Is.EqualTo("refused"));
        Assert.That(run.Lines[2], Is.EqualTo("nodev"));
        Assert.That(run.Lines[3], Does.Contain("nosuid").And.Contain("nodev").And.Contain("noexec"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Tmpfs_SizeAndModeAreThoseOfTheDocument()
    {
        Outcome run = RunShell("stat -c %a /tmp; df -k /tmp | tail -1 | tr -s ' ' | cut -d' ' -f2; echo data > /tmp/x && cat /tmp/x", b => b.WithMount("/tmp", "tmpfs", "tmpfs", "size=1024k", "mode=1711", "nosuid"));
        // runc 1.1 gives a tmpfs the mode of the folder that it covers.
        Assert.That(run.Lines, Is.EqualTo(new[] { RuntimeUnderTest.IsRunc ? "1777" : "1711", "1024", "data" }));
    }

    [Test, Category("Standard")]
    public void Tmpfs_Readonly_IsReadonlyAtTheEnd_AndHoldsWhatIsMountedOnIt()
    {
        string host = HostFolder();
        Outcome run = RunShell("touch /tmp/x || echo refused; cat /tmp/sub/file", b => b.WithMount("/tmp", "tmpfs", "tmpfs", "ro").WithMount("/tmp/sub", "bind", host, "bind"));
        Assert.That(run.Lines, Is.EqualTo(new[] { "refused", "of the host" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Tmpcopyup_BeginsWithACopyOfWhatIsCovered()
    {
        TestBundle bundle = Shell("cat /seed/file /seed/sub/deep; readlink /seed/link; stat -c '%a %u:%g' /seed/file; echo more > /seed/new").WithOwnRootfs().WithMount("/seed", "tmpfs", "tmpfs", "tmpcopyup", "mode=755");
        Directory.CreateDirectory(bundle.Rootfs + "/seed/sub");
        File.WriteAllText(bundle.Rootfs + "/seed/file", "one\n");
        File.WriteAllText(bundle.Rootfs + "/seed/sub/deep", "two\n");
        File.CreateSymbolicLink(bundle.Rootfs + "/seed/link", "/etc/passwd");
        Native.Safe.Files.TryChangeOwner(null, bundle.Rootfs + "/seed/file", 5, 6);
        Native.Safe.Files.TryChangeMode(null, bundle.Rootfs + "/seed/file", 0x1e8 /* 0750 */);
        Outcome run = Run(bundle).Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "one", "two", "/etc/passwd", "750 5:6" }));
        Assert.That(File.Exists(bundle.Rootfs + "/seed/new"), Is.False);
    }

    [Test]
    public void IdmappedBind_ShowsMappedOwners()
    {
        string host = HostFolder();
        Native.Safe.Files.TryChangeOwner(null, host + "/file", 1000, 1000);
        JsonArray map = new(new JsonObject { ["containerID"] = 1000, ["hostID"] = 2000, ["size"] = 1 });
        TestBundle bundle = Shell("stat -c %u:%g /tmp/file").WithMount("/tmp", "bind", host, "bind");
        JsonNode mount = bundle.Array("mounts")[^1]!;
        mount["uidMappings"] = map;
        mount["gidMappings"] = map.DeepClone();
        if (IsRefusedByOldKernel(bundle))
            return;
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("2000:2000"));
        Assert.That(Host.Stat(host + "/file").stx_uid, Is.EqualTo(1000));
    }

    [Test]
    public void IdmappedBind_OfTheContainersOwnMapping()
    {
        string host = HostFolder();
        TestBundle bundle = Shell("stat -c %u:%g /tmp/file; touch /tmp/new").WithUserNamespace().WithMount("/tmp", "bind", host, "bind", "idmap");
        if (IsRefusedByOldKernel(bundle))
            return;
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("0:0"));
        Assert.That(Host.Stat(host + "/new").stx_uid, Is.Zero);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void MissingTargets_AreMade()
    {
        string host = HostFolder();
        TestBundle bundle = Shell("cat /a/b/c/file /x/y/one").WithOwnRootfs().WithMount("/a/b/c", "bind", host, "bind").WithMount("/x/y/one", "bind", host + "/file", "bind");
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "of the host", "of the host" }));
        Assert.That(Directory.Exists(bundle.Rootfs + "/a/b/c"));
        Assert.That(File.Exists(bundle.Rootfs + "/x/y/one"));
    }

    [Test, Category("Fallback")]
    public void MissingTarget_BehindADanglingLink_IsMadeInsideTheRoot()
    {
        string host = HostFolder();
        TestBundle bundle = Shell("cat /etc/resolv.conf; cat /run/resolv/conf").WithOwnRootfs().WithMount("/etc/resolv.conf", "bind", host + "/file", "bind");
        File.CreateSymbolicLink(bundle.Rootfs + "/etc/resolv.conf", "/run/resolv/conf");
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "of the host", "of the host" }));
        Assert.That(File.Exists(bundle.Rootfs + "/run/resolv/conf"));
        Assert.That(File.Exists("/run/resolv/conf"), Is.False);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Target_WithDotsAndSlashes_IsCleaned()
    {
        string host = HostFolder();
        Assert.That(RunShell("cat /tmp/file", b => b.WithMount("//tmp/./", "bind", host, "bind")).Text, Is.EqualTo("of the host"));
    }

    [Test, Category("Standard")]
    public void Overlay_WithALongListOfLayers()
    {
        List<string> layers = [];
        for (int i = 0; i < 20; i++)
        {
            string layer = Directory.CreateDirectory($"{Box.Folder}/layers/a-layer-with-a-rather-long-name-{i}").FullName;
            File.WriteAllText($"{layer}/f{i}", $"{i}\n");
            layers.Add(layer);
        }
        string upper = Directory.CreateDirectory(Box.Folder + "/upper").FullName, work = Directory.CreateDirectory(Box.Folder + "/work").FullName;
        Outcome run = RunShell("cat /tmp/f0 /tmp/f19; echo up > /tmp/new; grep ' /tmp ' /proc/self/mountinfo | grep -c overlay",
            b => b.WithMount("/tmp", "overlay", "overlay", $"lowerdir={string.Join(':', layers)}", $"upperdir={upper}", $"workdir={work}"));
        Assert.That(run.Lines, Is.EqualTo(new[] { "0", "19", "1" }));
        Assert.That(File.ReadAllText(upper + "/new"), Is.EqualTo("up\n"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Nested_MountsAreMadeInOrder()
    {
        string host = HostFolder();
        Outcome run = RunShell("cat /tmp/a/b/file; touch /tmp/a/x && touch /tmp/y && ls /tmp/a", b => b
            .WithMount("/tmp", "tmpfs", "tmpfs", "size=1m").WithMount("/tmp/a", "tmpfs", "tmpfs", "size=1m").WithMount("/tmp/a/b", "bind", host, "bind"));
        Assert.That(run.Lines, Is.EqualTo(new[] { "of the host", "b", "x" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void MountOverAFreshTmpfs_TheLaterOneIsSeen()
    {
        string host = HostFolder();
        Outcome run = RunShell("cat /tmp/file; ls /tmp/sub 2>/dev/null; true", b => b
            .WithMount("/tmp", "tmpfs", "tmpfs").WithMount("/tmp/sub", "tmpfs", "tmpfs").WithMount("/tmp", "bind", host, "bind"));
        // A mount of the same place hides what was below it.
        Assert.That(run.Lines[0], Is.EqualTo("of the host"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void MountOverAFreshTmpfs_ThenBelow_GoesToTheLaterOne()
    {
        string host = HostFolder();
        Directory.CreateDirectory(host + "/sub");
        Outcome run = RunShell("cat /tmp/file; touch /tmp/sub/x && ls /tmp/sub", b => b
            .WithMount("/tmp", "tmpfs", "tmpfs").WithMount("/tmp", "bind", host, "bind").WithMount("/tmp/sub", "tmpfs", "tmpfs", "size=64k"));
        Assert.That(run.Lines, Is.EqualTo(new[] { "of the host", "x" }));
        Assert.That(File.Exists(host + "/sub/x"), Is.False, "the tmpfs did not go on the later mount");
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Standard_Filesystems_AreThere()
    {
        List<MountEntry> mounts = MountsInside(_ => { });
        Assert.Multiple(() =>
        {
            foreach ((string point, string type) in new[] { ("/proc", "proc"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"), ("/dev/shm", "tmpfs"), ("/dev/mqueue", "mqueue"), ("/sys", "sysfs") })
                Assert.That(mounts.Any(m => m.Point == point && m.Type == type), $"{type} on {point}");
            MountEntry shm = mounts.First(m => m.Point == "/dev/shm");
            Assert.That(shm.Has("nosuid") && shm.Has("noexec") && shm.Has("nodev"), shm.ToString());
            Assert.That(mounts.First(m => m.Point == "/sys").Has("ro"));
            Assert.That(mounts.First(m => m.Point == "/dev/pts").SuperOptions, Does.Contain("gid=5").And.Contain("mode=620").And.Contain("ptmxmode=666"));
        });
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void MaskedPaths_FilesAreEmptyAndFoldersToo()
    {
        TestBundle bundle = Shell("cat /secret/file; ls /hidden; cat /proc/timer_list; echo x > /hidden/x || echo refused; stat -c %F /secret/file").WithOwnRootfs();
        Directory.CreateDirectory(bundle.Rootfs + "/secret");
        Directory.CreateDirectory(bundle.Rootfs + "/hidden");
        File.WriteAllText(bundle.Rootfs + "/secret/file", "secret");
        File.WriteAllText(bundle.Rootfs + "/hidden/file", "secret");
        bundle.Set("linux.maskedPaths", TestBundle.Texts("/secret/file", "/hidden", "/no/such", "/no/such/below", "/proc/timer_list"));
        // runc 1.1 fails where a file stands for a folder on the way; a path below a file is one that isn't there.
        if (RuntimeUnderTest.IsVrun)
            bundle.Array("linux.maskedPaths").Add((JsonNode)"/secret/file/below");
        Outcome run = Run(bundle).Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "refused", "character special file" }), run.ToString());
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void ReadonlyPaths_CanBeReadAndNotWritten()
    {
        TestBundle bundle = Shell("cat /kept/file; echo x > /kept/new || echo refused; echo x > /kept/file || echo refused; echo 1 > /proc/sys/kernel/hostname 2>/dev/null || echo refused").WithOwnRootfs();
        Directory.CreateDirectory(bundle.Rootfs + "/kept");
        File.WriteAllText(bundle.Rootfs + "/kept/file", "kept\n");
        bundle.Set("linux.readonlyPaths", TestBundle.Texts("/kept", "/no/such", "/proc/sys"));
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "kept", "refused", "refused", "refused" }));
    }

    [Test, Category("Standard")]
    public void ReadonlyPaths_KeepTheMountsOtherOptions()
    {
        MountEntry entry = MountsInside(_ => { }).Last(m => m.Point == "/proc/sys");
        Assert.That(entry.Has("ro"));
        TestBundle bundle = Shell("cat /proc/self/mountinfo").WithMount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev", "noexec");
        bundle.Set("linux.readonlyPaths", TestBundle.Texts("/tmp"));
        entry = MountEntry.ParseAll(Run(bundle).Succeeded().Output).Last(m => m.Point == "/tmp");
        Assert.That(entry.Has("ro") && entry.Has("nosuid") && entry.Has("nodev") && entry.Has("noexec"), entry.ToString());
    }

    [Test, Category("Fallback")]
    public void OldKernels_RemountsKeepTheFlagsOfTheSource()
    {
        // A bind of a mount with nosuid, nodev, noexec made read-only keeps all of them.
        string host = HostFolder("flags");
        using TemporaryMount mount = TemporaryMount.Tmpfs(host, "nosuid,nodev,noexec");
        MountEntry entry = MountsInside(b => b.WithMount("/tmp", "bind", host, "bind", "ro")).Last(m => m.Point == "/tmp");
        Assert.That(entry.Has("ro") && entry.Has("nosuid") && entry.Has("nodev") && entry.Has("noexec"), entry.ToString());
    }

    [Test, Category("Fallback")]
    public void Remount_ChangesWhatIsThere()
    {
        string host = HostFolder();
        Outcome run = RunShell("touch /tmp/x || echo refused", b => b.WithMount("/tmp", "bind", host, "bind").WithMount("/tmp", "bind", host, "bind", "remount", "ro"));
        Assert.That(run.Text, Is.EqualTo("refused"));
    }

    [Test]
    public void Propagation_OfOneMount()
    {
        string host = HostFolder();
        List<MountEntry> mounts = MountsInside(b => b.WithMount("/tmp", "bind", host, "bind", "rshared").WithMount("/root", "bind", host, "bind", "rprivate"));
        Assert.That(mounts.Last(m => m.Point == "/tmp").Propagation, Does.Contain("shared:"));
        Assert.That(mounts.Last(m => m.Point == "/root").Propagation, Is.Empty);
    }

    [Test]
    public void Nosymfollow_RefusesLinks()
    {
        string host = HostFolder();
        File.CreateSymbolicLink(host + "/link", "file");
        Assert.That(RunShell("cat /tmp/link; cat /root/link || echo refused", b => b.WithMount("/tmp", "bind", host, "bind").WithMount("/root", "bind", host, "bind", "nosymfollow")).Lines,
            Is.EqualTo(new[] { "of the host", "refused" }));
    }

    [Test, Category("Standard")]
    public void MissingSource_IsRefused()
    {
        Run(Shell("true").WithMount("/tmp", "bind", Box.Folder + "/none", "bind")).Failed(Box.Folder + "/none", "no such file or directory");
        AssertNothingLeft();
    }

    [Test, Category("CgroupV1")]
    public void Cgroup_Mount_ShowsTheContainersOwnGroups()
    {
        Outcome run = RunShell("cat /sys/fs/cgroup/memory/memory.limit_in_bytes; echo 1 > /sys/fs/cgroup/memory/tasks || echo refused; ls /sys/fs/cgroup",
            b => b.WithNamespace("cgroup").WithMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro").Set("linux.resources.memory", new JsonObject { ["limit"] = 64 << 20 }));
        Assert.That(run.Lines[0], Is.EqualTo((64 << 20).ToString()));
        Assert.That(run.Lines[1], Is.EqualTo("refused"));
        Assert.That(run.Lines[2..], Does.Contain("memory").And.Contain("cpu").And.Contain("pids"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Sysctl_IsSetInsideOnly()
    {
        string before = File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start");
        Outcome run = RunShell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmni", b => b.Set("linux.sysctl", new JsonObject { ["net.ipv4.ip_unprivileged_port_start"] = "77", ["kernel.shmmni"] = "123" }));
        Assert.That(run.Lines, Is.EqualTo(new[] { "77", "123" }));
        Assert.That(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), Is.EqualTo(before));
    }

    // Runs the runtime in a mount namespace of the test's own in which a directory v is a shared mount, then a command that looks as the host does.
    private Outcome RunShared(TestBundle bundle, string look, params string[] options)
    {
        Directory.CreateDirectory(Box.Folder + "/v");
        string unshare = Require.Program("unshare", "util-linux");
        bundle.Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, ["run", .. options, "-b", bundle.Folder, bundle.Id]);
        string script = $"mount -t tmpfs x {Box.Folder}/v && mkdir {Box.Folder}/v/in && mount --make-shared {Box.Folder}/v && {launch.Path} {string.Join(' ', launch.Arguments)} && {look}";
        return new Launch(unshare, "--mount", "--propagation", "private", "sh", "-c", script) { Filter = launch.Filter }.Start().Wait();
    }

    [Test, Category("Fallback")]
    [TestCase("rshared", "rshared", true)]
    [TestCase("shared", "rshared", true)]
    [TestCase("rslave", "rslave", false)]
    [TestCase("rprivate", "rprivate", false)]
    public void SharedBind_MountsInTheContainerReachTheHost(string rootfs, string bind, bool reaches)
    {
        TestBundle bundle = Shell("mount -t tmpfs x /v/in && touch /v/in/file").WithOwnRootfs().WithMoreCapabilities("CAP_SYS_ADMIN")
            .Set("linux.rootfsPropagation", rootfs).WithMount("/v", "bind", Box.Folder + "/v", "rbind", bind);
        Outcome run = RunShared(bundle, $"ls {Box.Folder}/v/in").Succeeded();
        Assert.That(run.Text, Is.EqualTo(reaches ? "file" : ""), run.ToString());
    }

    [Test]
    [TestCase("rshared")]
    [TestCase("shared")]
    [TestCase("")]
    public void NoPivot_TheHostsRootStaysAsItIs(string propagation)
    {
        TestBundle bundle = Shell("true").WithOwnRootfs().Set("linux.rootfsPropagation", propagation);
        Outcome run = RunShared(bundle, "ls -d /var/lib/dpkg && grep -c ' / / ' /proc/self/mountinfo", "--no-pivot").Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "/var/lib/dpkg", "1" }), run.ToString());
    }

    [Test]
    public void SharedBind_MountsOnTheHostReachTheContainer()
    {
        // Without a word of the document, mounts of the host that come later are seen inside (slave), as with docker's rslave.
        Directory.CreateDirectory(Box.Folder + "/v/in");
        TestBundle bundle = Shell($"touch /v/ready; i=0; while [ ! -e /v/in/file ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; ls /v/in").WithOwnRootfs()
            .WithMount("/v", "bind", Box.Folder + "/v", "rbind");
        bundle.Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id);
        string script = $"""
            mount --bind {Box.Folder} {Box.Folder} && mount --make-shared {Box.Folder}
            {launch.Path} {string.Join(' ', launch.Arguments)} &
            while [ ! -e {Box.Folder}/v/ready ]; do sleep 0.05; done
            mount -t tmpfs x {Box.Folder}/v/in && touch {Box.Folder}/v/in/file && wait
            """;
        Outcome run = new Launch(Require.Program("unshare", "util-linux"), "--mount", "--propagation", "private", "sh", "-c", script) { Filter = launch.Filter }.Start().Wait();
        Assert.That(run.Text, Is.EqualTo("file"), run.ToString());
    }

    [Test]
    public void UnknownOptionOfABind_IsAnError()
    {
        foreach (string option in new[] { "roo", "size=1m", "idmap=uids=0-1-2", "ro,nosuid" })
            Run(Shell("true").WithMount("/mnt", "bind", Box.Folder, "bind", option)).FailedInOneLine("mounts[6].options", option, "is not an option of a bind mount");
        Run(Shell("true").WithMount("/mnt", "bind", Box.Folder, "roo")).FailedInOneLine("mounts[6].options", "roo");
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    [TestCase("rro", "touch /t/x", "Read-only")]
    [TestCase("rnoexec", "cp /bin/busybox /t/ls && /t/ls", "Permission denied")]
    [TestCase("rnodev", "mknod /t/null c 1 3 && echo x > /t/null", "Permission denied")]
    public void RecursiveAttributes_OfANewFilesystem_HaveEffect(string option, string attempt, string refusal)
    {
        Outcome run = Run(Shell(attempt).WithMount("/t", "tmpfs", "tmpfs", "mode=1777", option).WithOwnRootfs());
        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain(refusal), run.ToString());
    }

    [Test]
    [TestCase(0U)]
    [TestCase(1000U)]
    public void Cwd_ThatOnlyTheProcesssUserMayEnter(uint user)
    {
        // Of an owner that is not mapped, root in the user namespace is nobody; the directory's group may enter.
        string folder = Directory.CreateDirectory(Box.Folder + "/data/below").FullName;
        Native.Safe.Files.TryChangeOwner(null, Box.Folder + "/data", 0, 101000);
        File.SetUnixFileMode(Box.Folder + "/data", (UnixFileMode)0x1f8 /* 0770 */);
        foreach (string cwd in new[] { "/data", "/data/below" })
        {
            TestBundle bundle = Shell("pwd; sleep 1000").WithUserNamespace().WithUser(user, 1000).Set("process.cwd", cwd).WithMount("/data", "bind", Box.Folder + "/data", "rbind");
            int pid = Start(bundle);
            Assert.That(Host.Eventually(() => Native.Safe.Files.ReadLink(null, $"/proc/{pid}/cwd") == cwd), Native.Safe.Files.ReadLink(null, $"/proc/{pid}/cwd"));
            Assert.That(Exec(bundle.Id, "pwd").Succeeded().Text, Is.EqualTo(cwd));
            Delete(bundle.Id);
            Run(Shell("pwd").WithUserNamespace().WithUser(user, 1001).Set("process.cwd", cwd).WithMount("/data", "bind", Box.Folder + "/data", "rbind"))
                .FailedInOneLine("chdir to " + cwd, "permission denied");
        }
        Assert.That(Directory.Exists(folder));
    }

    [Test]
    public unsafe void Bind_OfADirectoryThatRootMayNotLookAt_MakesADirectory()
    {
        // A FUSE filesystem of another user's, without allow_root: even stat of its root is refused.
        Require.Path("/dev/fuse", "FUSE");
        string source = Directory.CreateDirectory(Box.Folder + "/fuse").FullName;
        using Native.Safe.FileDescriptor fuse = Native.Safe.Files.Open(null, "/dev/fuse", Native.Raw.Open.O_RDWR);
        fixed (byte* type = "fuse\0"u8)
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(source + "\0"))
        fixed (byte* data = System.Text.Encoding.UTF8.GetBytes($"fd={fuse.Number},rootmode=40000,user_id=54321,group_id=54321\0"))
            Native.Safe.Check.Ok(Native.Raw.Kernel.Call(Native.Raw.SYS.mount, (nint)type, (nint)path, (nint)type, 0, (nint)data), "mount", "fuse");
        try
        {
            Assert.That(Native.Safe.Files.TryStat(null, source, out _) == -Native.Raw.Errno.EACCES);
            TestBundle bundle = Shell("grep -c ' /made/here ' /proc/self/mountinfo").WithOwnRootfs().WithMount("/made/here", "bind", source, "rbind");
            Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("1"));
            Assert.That(Directory.Exists(bundle.Rootfs + "/made/here"));
        }
        finally
        {
            Sandbox.Unmount(source);
        }
    }
}
