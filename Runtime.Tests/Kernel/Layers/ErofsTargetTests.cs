using System.Globalization;
using System.Text;
using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite.Layers;

/// <summary>Images of layers: whole in the eyes of others, the same each time, and the same as folders, whatever the layer is.</summary>
public sealed class ErofsTargetTests() : LayerTest(LayerForm.Erofs)
{
    private static byte[] Everything()
    {
        byte[] data = new byte[50_000];
        new Random(7).NextBytes(data);
        string text = Encoding.Latin1.GetString(data);
        TarBuilder tar = new TarBuilder().Pax(("SCHILY.xattr.trusted.r", "root")).Directory("./", mode: 0x1ed, uid: 3).Directory("d", time: 5).Directory("big");
        // Around every border: of blocks, of what fits behind an inode.
        foreach (int size in new[] { 0, 1, 31, 32, 33, 4000, 4031, 4032, 4033, 4095, 4096, 4097, 8191, 8192, 12_345, 50_000 })
            tar.File($"d/{size}", text[..size]);
        foreach (int length in new[] { 1, 90, 4030, 4031, 4032, 4033, 4095 })
            tar.Pax(("linkpath", new string('l', length))).Link($"d/l{length}", "x");
        for (int i = 0; i < 500; i++)
            tar.File($"big/{i}-{new string('n', i % 200)}", $"{i}");
        for (int i = 0; i < 40; i++)
            tar.Pax(("SCHILY.xattr.user.same", "value"), ("SCHILY.xattr.security.capability", "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), ("SCHILY.xattr.trusted.own", $"{i}")).File($"x{i}", "with attributes");
        tar.Pax([.. Enumerable.Range(0, 300).Select(i => ($"SCHILY.xattr.trusted.many{i}", new string('v', 30)))]).File("many", text[..5000]);
        tar.Pax(("SCHILY.xattr.trusted.large", new string('v', 20_000))).Directory("large").File("large/f");
        return tar.HardLink("h1", "d/12345").HardLink("h2", "h1").HardLink("hl", "d/l90").Node('3', "c", 4095, 1_048_575).Node('4', "b", 8, 1).Node('6', "p").File("\xff\x01 name").File(".-before-dots").File("!").File(".wh.gone").File("o/.wh..wh..opq")
            .Pax(("GNU.sparse.size", "300000"), ("GNU.sparse.map", "1,5,4096,1000,200000,6000")).File("sparse", text[..7005]).File("last", text[..4096]).End();
    }

    [Test]
    public void OthersAcceptIt()
    {
        string fsck = Require.Program("fsck.erofs", "erofs-utils"), dump = Require.Program("dump.erofs", "erofs-utils");
        string image = Box.Folder + "/image";
        MakeImage(image, new MemoryStream(Everything()));
        // It reads all names, attributes and data.
        new Launch(fsck, "--extract", image).Start().Wait().Succeeded();
        Outcome dumped = new Launch(dump, "-s", image).Start().Wait().Succeeded();
        Assert.That(dumped.Output, Does.Contain("Filesystem UUID").And.Contain("30313233-3435-8637-b839-616263646566"));
        string empty = Box.Folder + "/empty";
        MakeImage(empty, new MemoryStream(new TarBuilder().End()));
        new Launch(fsck, "--extract", empty).Start().Wait().Succeeded();
        Assert.That(new FileInfo(empty).Length, Is.EqualTo(4096));
    }

    [Test]
    public void SameAsAFolder()
    {
        Require.That(Tree.HasUserAttributes(Box.Folder), "needs user.* attributes");
        string image = NewFolder(), folder = NewFolder();
        // What one block of ext4 has no room for is left to the other tests.
        byte[] tar = Everything();
        UnpackInto(image, new MemoryStream(tar));
        Dictionary<string, string> ours = Tree.Of(image).ToDictionary(l => l.Split(' ')[0]);
        Assert.That(ours["many"].Split(' ').Count(w => w.StartsWith("trusted.many", StringComparison.Ordinal)), Is.EqualTo(300));
        Assert.That(ours["large"], Does.Contain("trusted.large=7676"));
        IReadOnlyList<string> theirs = InFolder(folder, tar, ["many", "large"]);
        Assert.That(Tree.Of(image).Where(l => !l.StartsWith("many ", StringComparison.Ordinal) && !l.StartsWith("large ", StringComparison.Ordinal)), Is.EqualTo(theirs));
        Assert.That(Host.Stat(image + "/d").stx_nlink, Is.EqualTo(2));
        Assert.That(Host.Stat(image).stx_nlink, Is.EqualTo(2 + Directory.GetDirectories(image).Length));
        Assert.That(Host.Stat(image + "/hl").stx_nlink, Is.EqualTo(2));
    }

    [Test]
    public void SameBytesEachTime()
    {
        byte[] tar = Everything();
        MakeImage(Box.Folder + "/a", new MemoryStream(tar));
        MakeImage(Box.Folder + "/b", new MemoryStream(tar));
        Assert.That(File.ReadAllBytes(Box.Folder + "/a").AsSpan().SequenceEqual(File.ReadAllBytes(Box.Folder + "/b")));
    }

    [Test]
    public void LoopDevice_ShowsTheSame()
    {
        Require.Path("/dev/loop-control", "loop devices");
        string file = NewFolder(), loop = NewFolder();
        UnpackInto(file, new MemoryStream(Everything()));
        MountImage(ImageOf(file), loop, usesLoop: true);
        Assert.That(Tree.Of(loop), Is.EqualTo(Tree.Of(file)));
        string source = Host.MountsOf("self").Single(m => m.Point == loop).Source;
        Assert.That(source, Does.StartWith("/dev/loop"));
        Sandbox.Unmount(loop);
        // The device is gone with its mount.
        Assert.That(Host.Eventually(() => !Directory.Exists($"/sys/block/{source[5..]}/loop")), source);
    }

    [Test]
    public void AccessLists_AreAsAFilesystemKeepsThem()
    {
        // The owner rwx, user 7 r--, the group r-x, the mask rw-, others ---.
        string list = "\x02\0\0\0" + "\x01\0\x07\0\0\0\0\0" + "\x02\0\x04\0\x07\0\0\0" + "\x04\0\x05\0\0\0\0\0" + "\x10\0\x06\0\0\0\0\0" + "\x20\0\0\0\0\0\0\0";
        string plain = "\x02\0\0\0" + "\x01\0\x07\0\xff\xff\xff\xff" + "\x04\0\x01\0\xff\xff\xff\xff" + "\x20\0\0\0\xff\xff\xff\xff";
        byte[] tar = new TarBuilder().Pax(("SCHILY.xattr.system.posix_acl_access", list)).File("f", mode: 0x9ff).Pax(("SCHILY.xattr.system.posix_acl_access", plain)).File("g", mode: 0x1ff)
            .Pax(("SCHILY.xattr.system.posix_acl_access", list), ("SCHILY.xattr.system.posix_acl_default", plain)).Directory("d").Pax(("SCHILY.xattr.system.posix_acl_access", list)).Link("l", "x")
            .End();
        string image = NewFolder(), folder = NewFolder();
        UnpackInto(image, new MemoryStream(tar));
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(root);
        LayerReader.Read(new MemoryStream(tar), target, LayerLimits.Default, CancellationToken.None);
        Require.That(target.Warnings.Count == 1, "needs access control lists");
        Assert.That(Tree.Of(image).Skip(1), Is.EqualTo(Tree.Of(folder).Skip(1)));
    }

    [TestCase("security.capability", "short", Errno.EINVAL)]
    [TestCase("system.posix_acl_access", "\x02\0\0\0no list", Errno.EINVAL)]
    [TestCase("system.posix_acl_access", "\x02", Errno.EINVAL)]
    [TestCase("system.posix_acl_default", "\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x04\0\x01\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff", Errno.EACCES)]
    [TestCase("trusted.", "x", Errno.EINVAL)]
    public void AttributesThatTheKernelRefuses(string attribute, string value, int errno)
    {
        byte[] tar = new TarBuilder().Pax(($"SCHILY.xattr.{attribute}", value)).File("f").End();
        string? ours = Refusal(() => MakeImage(Box.Folder + "/image", new MemoryStream(tar)));
        Assert.That(ours, Does.Contain(Errno.Describe(errno)));
        Assert.That(ours, Is.EqualTo(Refusal(() => InFolder(NewFolder(), tar, []))));
    }

    [Test]
    public void Holes_TakeNoRoom()
    {
        string folder = Unpack(new TarBuilder().Pax(("GNU.sparse.size", "8000000000"), ("GNU.sparse.map", "7000000000,3")).File("s", "abc").Pax(("SCHILY.xattr.trusted.x", "1")).File("after", "x").End());
        Assert.That(new FileInfo(folder + "/s").Length, Is.EqualTo(8_000_000_000));
        using (FileStream file = File.OpenRead(folder + "/s"))
        {
            byte[] bytes = new byte[5];
            file.Position = 6_999_999_999;
            file.ReadExactly(bytes);
            Assert.That(bytes, Is.EqualTo("\0abc\0"u8.ToArray()));
        }
        Assert.That(Host.Stat(ImageOf(folder)).stx_blocks, Is.LessThan(1000));
        Assert.That(Tree.Line(folder, "after"), Does.EndWith(" trusted.x=31"));
    }

    [Test]
    public void ManyNames_TakeLittleMemory()
    {
        // 40,000 files in 2,000 folders, as a large image has them, with a tail each.
        TarBuilder tar = new();
        for (int folder = 0; folder < 2000; folder++)
        {
            tar.Directory($"usr/share/some{folder % 40}/package-{folder}");
            for (int i = 0; i < 20; i++)
                tar.File($"usr/share/some{folder % 40}/package-{folder}/file-{i}.ext", "content");
        }
        byte[] bytes = tar.End();
        using FileDescriptor file = Files.Open(null, Box.Folder + "/image", Open.O_RDWR | Open.O_CREAT, 0x180);
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using Images.Layers.Erofs.ErofsTarget target = new(file, "0123456789abcdef"u8);
        LayerReader.Read(new MemoryStream(bytes), target, LayerLimits.Default, CancellationToken.None);
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(10_000_000));
    }

    /// <summary>Layers that nobody would make: names that meet, links that lead anywhere, what comes twice.</summary>
    [TestCase(0), TestCase(1), TestCase(2), TestCase(3), TestCase(4), TestCase(5), TestCase(6), TestCase(7)]
    public void AnyLayer_IsTheSameInBothForms(int part)
    {
        Require.That(Tree.HasUserAttributes(Box.Folder), "needs user.* attributes");
        int layers = Fuzz.Times(40);
        int whole = 0;
        for (int seed = part * layers; seed < (part + 1) * layers; seed++)
        {
            byte[] tar = RandomLayer.Next(new Random(seed));
            string folder = NewFolder(), image = NewFolder(), context = $"seed {seed.ToString(CultureInfo.InvariantCulture)}";
            IReadOnlyList<string> theirs = [];
            ILayerTarget? ours = null;
            HashSet<string> implied = [];
            string? theirRefusal = Refusal(() => theirs = InFolder(folder, tar, [], implied));
            string? ourRefusal = Refusal(() => ours = MakeImage(ImageOf(image), new MemoryStream(tar)).Target);
            Assert.That(ourRefusal, Is.EqualTo(theirRefusal), context);
            if (ours is null)
                continue;
            whole++;
            MountImage(ImageOf(image), image);
            Assert.That(Tree.Of(image), Is.EqualTo(theirs), context);
            IEnumerable<string> ourImplied = ours.Implied.Paths.Select(Encoding.Latin1.GetString);
            Assert.That(ourImplied.Order(StringComparer.Ordinal), Is.EqualTo(implied.Where(p => theirs.Any(l => l.StartsWith((p.Length == 0 ? "." : p) + " directory ", StringComparison.Ordinal))).Order(StringComparer.Ordinal)), context);
            Sandbox.Unmount(image);
            File.Delete(ImageOf(image));
            TreeRemoval.Remove(folder);
        }
        Assert.That(whole, Is.GreaterThan(layers / 8));
    }

    private static string[] InFolder(string folder, byte[] tar, string[] without, HashSet<string>? implied = null)
    {
        using FileDescriptor root = Files.Open(null, folder, Open.O_RDONLY | Open.O_DIRECTORY);
        using FolderTarget target = new(root);
        LayerReader.Read(new MemoryStream(tar), new Except(target, without), LayerLimits.Default, CancellationToken.None);
        implied?.UnionWith(target.Implied.Paths.Select(Encoding.Latin1.GetString));
        return [.. Tree.Of(folder).Where(l => !without.Contains(l.Split(' ')[0]))];
    }

    private static string? Refusal(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e) when (e is LayerException or SyscallException)
        {
            return e.Message;
        }
    }

    /// <summary>Leaves out the attributes of some.</summary>
    private sealed class Except(ILayerTarget inner, string[] names) : ILayerTarget
    {
        public IReadOnlyList<string> Warnings => inner.Warnings;

        public ImpliedFolders Implied => inner.Implied;

        public void Add(LayerEntry entry, ILayerData data) =>
            inner.Add(names.Contains(Encoding.Latin1.GetString(entry.Path.Span)) ? new LayerEntry { Path = entry.Path, Kind = entry.Kind, Mode = entry.Mode, Size = entry.Size } : entry, data);

        public void Complete() => inner.Complete();

        public void Dispose()
        {
        }
    }
}
