using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Device nodes: those of every container, those of linux.devices, those that an image brings, and the list of what may be opened (cgroup v1).</summary>
[Category("Host")]
public sealed class DeviceTests : KernelTest
{
    // What a container would open to read the host's log: it is never on the list by itself. Written, not read: reading may need CAP_SYSLOG.
    private const string OpenHostLog = "if (: >/dev/k) 2>/dev/null; then echo open; else echo denied; fi";

    private static JsonObject Node(string path, string type, int? major = null, int? minor = null, int? mode = null, int? uid = null, int? gid = null)
    {
        JsonObject node = new() { ["path"] = path, ["type"] = type };
        foreach ((string name, int? value) in new[] { ("major", major), ("minor", minor), ("fileMode", mode), ("uid", uid), ("gid", gid) })
            if (value is not null)
                node[name] = value;
        return node;
    }

    private static JsonObject Rule(bool allow, string type, int? major, int? minor, string access)
    {
        JsonObject rule = new() { ["allow"] = allow, ["type"] = type, ["access"] = access };
        if (major is not null)
            rule["major"] = major;
        if (minor is not null)
            rule["minor"] = minor;
        return rule;
    }

    private static JsonObject DenyAll => new() { ["allow"] = false, ["access"] = "rwm" };

    // The image's own /dev: no mount is put on it.
    private TestBundle OnTheImagesDev(string script) =>
        Shell(script).WithOwnRootfs().WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue").WithoutMount("/dev");

    private static void MakeNode(string path, uint major, uint minor)
    {
        unsafe
        {
            fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
                Check.Ok(Kernel.Call(SYS.mknodat, Open.AT_FDCWD, (nint)p, (nint)(Open.S_IFCHR | 0x1b6), (nint)((major << 8) | minor)), "mknod", path);
        }
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void DefaultNodes_HaveTypeNumbersAndMode()
    {
        Outcome run = RunShell("for n in null zero full random urandom tty; do stat -c '%n %F %t:%T %a %u:%g' /dev/$n; done");
        Assert.That(run.Lines, Is.EqualTo(new[]
        {
            "/dev/null character special file 1:3 666 0:0", "/dev/zero character special file 1:5 666 0:0", "/dev/full character special file 1:7 666 0:0",
            "/dev/random character special file 1:8 666 0:0", "/dev/urandom character special file 1:9 666 0:0", "/dev/tty character special file 5:0 666 0:0",
        }));
    }

    [Test, Category("Standard")]
    public void DefaultNodes_Work()
    {
        Outcome run = RunShell("echo gone >/dev/null; head -c 3 /dev/zero | od -An -tx1; head -c 8 /dev/urandom | wc -c; echo full >/dev/full || echo is full");
        Assert.That(run.Lines.Select(l => l.Trim()), Is.EqualTo(new[] { "00 00 00", "8", "is full" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Links_LeadIntoProc()
    {
        Outcome run = RunShell("for n in fd stdin stdout stderr ptmx; do echo $n $(readlink /dev/$n); done");
        Assert.That(run.Lines, Is.EqualTo(new[] { "fd /proc/self/fd", "stdin /proc/self/fd/0", "stdout /proc/self/fd/1", "stderr /proc/self/fd/2", "ptmx pts/ptmx" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void CustomNodes_OfEveryKind_HaveModeAndOwner()
    {
        TestBundle bundle = Shell("for n in fuse net/x disk pipe; do stat -c '%n %F %t:%T %a %u:%g' /dev/$n; done").Set("linux.devices", new JsonArray(
            Node("/dev/fuse", "c", 10, 229, 0x1b0 /* 0660 */, 1000, 44),
            Node("/dev/net/x", "c", 10, 200, 0x180 /* 0600 */, 0, 0),
            Node("/dev/disk", "b", 7, 300, 0x1a4 /* 0644 */, 0, 6),
            Node("/dev/pipe", "p", mode: 0x1b6 /* 0666 */, uid: 5, gid: 6)));
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[]
        {
            "/dev/fuse character special file a:e5 660 1000:44", "/dev/net/x character special file a:c8 600 0:0",
            "/dev/disk block special file 7:12c 644 0:6", "/dev/pipe fifo 0:0 666 5:6",
        }));
    }

    [Test, Category("Fallback")]
    public void UserNamespace_TheNodesAreTheHostsOwn()
    {
        Outcome run = RunShell("stat -c '%F %t:%T' /dev/null /dev/full /dev/kmsg; grep -c ' /dev/null ' /proc/self/mountinfo",
            b => b.WithUserNamespace().Set("linux.devices", new JsonArray(Node("/dev/kmsg", "c", 1, 11))));
        Assert.That(run.Lines, Is.EqualTo(new[] { "character special file 1:3", "character special file 1:7", "character special file 1:b", "1" }));
    }

    // The host need not have a node at that path; the owner is the container's.
    [Test, Category("Fallback")]
    public void UserNamespace_DevicesOfTheDocument_AreMadeWithTheirNumbersModesAndOwners()
    {
        TestBundle bundle = Shell("stat -c '%n %F %t:%T %a %u:%g' /dev/mine /dev/deep/other; head -c 3 /dev/mine | od -An -tx1; cut -d' ' -f5 /proc/self/mountinfo | grep -cx /dev").WithUserNamespace()
            .Set("linux.devices", new JsonArray(Node("/dev/mine", "c", 1, 5, mode: 432, uid: 1000, gid: 44), Node("/dev/deep/other", "c", 1, 3)))
            .Set("linux.resources.devices", new JsonArray(new JsonObject { ["allow"] = true, ["access"] = "rwm" }));
        if (OldKernelFilter.Wanted is not null)
        {
            Run(bundle).FailedInOneLine("/dev/mine");
            return;
        }
        Outcome run = Run(bundle).Succeeded();
        Assert.That(run.Lines[..3], Is.EqualTo(new[] { "/dev/mine character special file 1:5 660 1000:44", "/dev/deep/other character special file 1:3 666 0:0", " 00 00 00" }));
        Assert.That(run.Lines[3], Is.EqualTo("1"), "the tmpfs that the nodes were made in is still attached");
        AssertNothingLeft();
    }

    [Test]
    public void ImagesNull_ARegularFile_IsRefused()
    {
        TestBundle bundle = OnTheImagesDev("echo ran");
        Directory.CreateDirectory(bundle.Rootfs + "/dev");
        File.WriteAllText(bundle.Rootfs + "/dev/null", "image\n");
        Outcome run = Run(bundle).FailedInOneLine("/dev/null");
        Assert.That(run.Output, Is.Empty);
        Assert.That(File.ReadAllText(bundle.Rootfs + "/dev/null"), Is.EqualTo("image\n"));
        AssertNothingLeft();
    }

    [Test]
    public void ImagesNull_AnotherDevice_IsRefused()
    {
        TestBundle bundle = OnTheImagesDev("echo ran");
        Directory.CreateDirectory(bundle.Rootfs + "/dev");
        MakeNode(bundle.Rootfs + "/dev/null", 1, 5);
        Assert.That(Run(bundle).FailedInOneLine("/dev/null").Output, Is.Empty);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void ImagesNull_TheRightDevice_IsTaken()
    {
        TestBundle bundle = OnTheImagesDev("stat -c '%t:%T' /dev/null /dev/zero; echo x >/dev/null");
        Directory.CreateDirectory(bundle.Rootfs + "/dev");
        MakeNode(bundle.Rootfs + "/dev/null", 1, 3);
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "1:3", "1:5" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Rules_None_AForeignNodeCannotBeOpened()
    {
        Outcome run = RunShell("mknod /dev/k c 1 11 && " + OpenHostLog + "; if (: >/dev/null) then echo open; fi");
        Assert.That(run.Lines, Is.EqualTo(new[] { "denied", "open" }));
    }

    [Test]
    public void Rules_AnEmptyList_IsNoPermission()
    {
        Outcome run = RunShell("mknod /dev/k c 1 11 && " + OpenHostLog, b => b.Set("linux.resources.devices", new JsonArray()));
        Assert.That(run.Text, Is.EqualTo("denied"));
        Assert.That(RunShell("mknod /dev/k c 1 11 && " + OpenHostLog, b => b.Remove("linux.resources")).Text, Is.EqualTo("denied"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Rules_Allowing_TheNodeCanBeOpened()
    {
        TestBundle bundle = Shell("mknod /dev/k c 1 11 && " + OpenHostLog + "; (: <>/dev/k) 2>/dev/null || echo for writing only")
            .Set("linux.resources.devices", new JsonArray(DenyAll, Rule(true, "c", 1, 11, "w")));
        if (!Host.IsUnified)
        {
            Create(bundle).Succeeded();
            Assert.That(File.ReadAllLines(Host.CgroupFolder("devices", $"/{bundle.Id}/devices.list")), Has.Some.EqualTo("c 1:11 w").Or.Some.EqualTo("c 1:11 wm"));
            Delete(bundle.Id);
        }
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "open", "for writing only" }));
    }

    [Test, Category("Standard")]
    public void Rules_AllButOne_TheOneIsDenied()
    {
        Outcome run = RunShell("mknod /dev/k c 1 11 && " + OpenHostLog + "; mknod /dev/f c 1 7 && if (: </dev/f); then echo open; fi",
            b => b.Set("linux.resources.devices", new JsonArray(new JsonObject { ["allow"] = true, ["access"] = "rwm" }, Rule(false, "c", 1, 11, "rw"))));
        Assert.That(run.Lines, Is.EqualTo(new[] { "denied", "open" }));
    }

    [Test]
    public void Rules_ByUpdate_TakeEffectAtOnce()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Exec(bundle.Id, "mknod", "/dev/k", "c", "1", "11").Succeeded();
        Assert.That(Exec(bundle.Id, "sh", "-c", OpenHostLog).Text, Is.EqualTo("denied"));
        Update(new JsonArray(DenyAll, Rule(true, "c", 1, 11, "rw")));
        Assert.That(Exec(bundle.Id, "sh", "-c", OpenHostLog).Text, Is.EqualTo("open"));
        Update(new JsonArray(DenyAll));
        Assert.That(Exec(bundle.Id, "sh", "-c", OpenHostLog).Text, Is.EqualTo("denied"));
        Assert.That(Exec(bundle.Id, "sh", "-c", "echo x >/dev/null && echo open").Text, Is.EqualTo("open"));
        Delete(bundle.Id);

        void Update(JsonArray rules)
        {
            string file = Box.Folder + "/resources.json";
            File.WriteAllText(file, new JsonObject { ["devices"] = rules }.ToJsonString());
            Call("update", "-r", file, bundle.Id).Succeeded();
        }
    }

    [Test, Category("Fallback")]
    public void UserNamespace_TheHostsNodes_AreNoPrograms()
    {
        Outcome run = RunShell("grep -E ' /dev/(null|zero|full|random|urandom|tty) ' /proc/self/mountinfo | cut -d' ' -f6 | sort -u", b => b.WithUserNamespace());
        Assert.That(run.Text, Does.Contain("nosuid").And.Contain("noexec"), run.ToString());
        Assert.That(run.Lines, Has.Length.EqualTo(1));
    }
}
