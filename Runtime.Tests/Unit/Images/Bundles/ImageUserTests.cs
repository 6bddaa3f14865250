using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Bundles;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Bundles;

public sealed class ImageUserTests
{
    private const string Passwd = "# users\nroot:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/srv/app:/bin/sh\nbroken\n1000:x:0:0:a name of digits:/root:/bin/sh\nodd:x:-1:0::/:\nhomeless:x:7:7::relative:/bin/sh\n";
    private const string Group = "root:x:0:root\nwheel:x:10:root,app\nstaff:x:50:app,odd\napp:x:1001:app\n2000:x:0:\n";

    private readonly string root = Directory.CreateDirectory($"{TestRun.Folder}/u{TestRun.NextBox()}/root").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(Path.GetDirectoryName(root)!, recursive: true);

    [TestCase(null, 0u, 0u, "", "/root")]
    [TestCase("", 0u, 0u, "", "/root")]
    [TestCase("root", 0u, 0u, "10", "/root")]
    [TestCase("app", 1000u, 1001u, "10 50", "/srv/app")]
    [TestCase("1000", 1000u, 1001u, "10 50", "/srv/app")]
    [TestCase("01000", 1000u, 1001u, "10 50", "/srv/app")]
    [TestCase("app:staff", 1000u, 50u, "", "/srv/app")]
    [TestCase("app:77", 1000u, 77u, "", "/srv/app")]
    [TestCase("4242", 4242u, 0u, "", "/")]
    [TestCase("4242:4243", 4242u, 4243u, "", "/")]
    [TestCase("65534:", 65534u, 0u, "", "/")]
    [TestCase("app:", 1000u, 1001u, "10 50", "/srv/app")]
    [TestCase(":", 0u, 0u, "10", "/root")]
    [TestCase(":staff", 0u, 50u, "", "/root")]
    [TestCase("homeless", 7u, 7u, "", "/")]
    [TestCase("2147483647", 2147483647u, 0u, "", "/")]
    public void Find_AsDockerDoes(string? user, uint uid, uint gid, string groups, string home)
    {
        Write(Passwd, Group);
        ImageUser found = Find(user);
        Assert.That((found.Uid, found.Gid, found.Home), Is.EqualTo((uid, gid, home)));
        if (user is not (null or "" or "root"))
            Assert.That(string.Join(' ', found.AdditionalGids), Is.EqualTo(groups));
    }

    [Test]
    public void CVE_2016_3697_Digits_AreNeverAName()
    {
        // The image has a user called 1000 who is root, and a group called 2000 that is root's.
        Write(Passwd, Group);
        Assert.That(Find("1000").Uid, Is.EqualTo(1000));
        Assert.That(Find("app:2000").Gid, Is.EqualTo(2000));
        Write("99999999999:x:0:0::/:\n", "99999999999:x:0:\n");
        foreach (string user in new[] { "99999999999", "1:99999999999", "4294967295", "4294967296", "2147483648" })
            Assert.That(Assert.Throws<ImageException>(() => Find(user))!.Kind, Is.EqualTo(ImageErrorKind.Invalid), user);
    }

    [TestCase("nobody", "unable to find user nobody: no matching entries in passwd file")]
    [TestCase("app:nobody", "unable to find group nobody: no matching entries in group file")]
    [TestCase("-1", "unable to find user -1: no matching entries in passwd file")]
    public void Find_Nobody(string user, string message)
    {
        Write(Passwd, Group);
        ImageException e = Assert.Throws<ImageException>(() => Find(user))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.NotFound, message)));
    }

    [Test]
    public void Find_IdThatIsNone_IsCorrupt()
    {
        Write(Passwd, Group);
        Assert.That(Assert.Throws<ImageException>(() => Find("odd"))!.Kind, Is.EqualTo(ImageErrorKind.Corrupt));
    }

    [Test]
    public void Find_WithoutFiles()
    {
        Assert.That(Find("1:2").Gid, Is.EqualTo(2));
        Assert.That((Find(null).Uid, Find(null).Home), Is.EqualTo((0u, "/")));
        Assert.Throws<ImageException>(() => Find("app"));
    }

    [Test]
    public void CVE_2024_9676_LinksOutOfTheImage_AreNotFollowed()
    {
        string outside = Path.GetDirectoryName(root) + "/outside";
        File.WriteAllText(outside, "app:x:0:0::/:\n");
        Directory.CreateDirectory(root + "/etc");
        foreach (string target in new[] { outside, "../../outside", "/proc/self/root" + outside, "/dev/zero", "/etc/passwd", "passwd" })
        {
            File.Delete(root + "/etc/passwd");
            File.CreateSymbolicLink(root + "/etc/passwd", target);
            Assert.That(Assert.Throws<ImageException>(() => Find("app"))!.Kind, Is.EqualTo(ImageErrorKind.NotFound), target);
        }
        Directory.Delete(root + "/etc", recursive: true);
        Directory.CreateSymbolicLink(root + "/etc", Path.GetDirectoryName(root)!);
        Assert.Throws<ImageException>(() => Find("app"));
        // A link that stays inside is followed.
        File.Delete(root + "/etc");
        Directory.CreateDirectory(root + "/usr/etc");
        File.WriteAllText(root + "/usr/etc/passwd", Passwd);
        File.CreateSymbolicLink(root + "/etc", "/usr/etc");
        Assert.That(Find("app").Uid, Is.EqualTo(1000));
    }

    [Test]
    public void CVE_2024_9676_FifoAndFolder_AreNoFile()
    {
        Directory.CreateDirectory(root + "/etc/group");
        Check.Ok(Files.TryMakeNode(null, root + "/etc/passwd", Open.S_IFIFO | 0x1a4, 0), "mkfifo", "passwd");
        using FileDescriptor opened = WatchOpening(root + "/etc/passwd");
        // Whoever opened it would wait for a writer.
        Task finding = Task.Run(() => Find("app"));
        Assert.That(Task.WhenAny(finding, Task.Delay(TimeSpan.FromSeconds(20))).Result, Is.SameAs(finding));
        Assert.That(finding.Exception?.InnerException, Is.InstanceOf<ImageException>());
        Assert.That(Find("1000").Uid, Is.EqualTo(1000));
        // Not even opened: with a device that would have done something.
        Assert.That(Files.TryRead(opened, new byte[1024]), Is.EqualTo((nint)(-Errno.EAGAIN)));
    }

    [Test]
    public void CVE_2024_9676_HugeFile_IsRefused()
    {
        Directory.CreateDirectory(root + "/etc");
        using (FileStream file = File.Create(root + "/etc/passwd"))
            file.SetLength(1L << 40);
        ImageException e = Assert.Throws<ImageException>(() => Find("app"))!;
        Assert.That(e.Kind, Is.EqualTo(ImageErrorKind.Corrupt));
        Assert.That(e.Message, Does.Contain("etc/passwd"));
    }

    // A descriptor that can be read once the file was opened (man 7 inotify).
    private static unsafe FileDescriptor WatchOpening(string path)
    {
        const int IN_CLOEXEC = 0x80000, IN_NONBLOCK = 0x800, IN_OPEN = 0x20;
        FileDescriptor inotify = new((int)Check.Ok(Kernel.Call(SYS.inotify_init1, IN_CLOEXEC | IN_NONBLOCK), "inotify_init"));
        fixed (byte* p = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
            Check.Ok(Kernel.Call(SYS.inotify_add_watch, inotify.Number, (nint)p, IN_OPEN), "watch", path);
        return inotify;
    }

    private void Write(string passwd, string group)
    {
        Directory.CreateDirectory(root + "/etc");
        File.WriteAllText(root + "/etc/passwd", passwd);
        File.WriteAllText(root + "/etc/group", group);
    }

    private ImageUser Find(string? user)
    {
        using FileDescriptor folder = Files.Open(null, root, Open.O_RDONLY | Open.O_DIRECTORY);
        return ImageUser.Find(folder, user);
    }
}
