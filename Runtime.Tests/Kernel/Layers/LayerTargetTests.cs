using System.Text;
using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite.Layers;

/// <summary>A layer becomes the files that it describes, to the last bit and nanosecond: in a folder, and in an image.</summary>
[TestFixture(LayerForm.Folder), TestFixture(LayerForm.Erofs)]
public sealed class LayerTargetTests(LayerForm form) : LayerTest(form)
{
    private const string Time = "1234567890.000000000";

    private const string EmptyHash = "E3B0C442";

    private static readonly KernelFeatures[] Kernels = [KernelFeatures.All, KernelFeatures.None];

    [TestCaseSource(nameof(Kernels))]
    public void Everything_IsAsTheLayerSays(KernelFeatures features)
    {
        bool hasUser = Form == LayerForm.Erofs || Tree.HasUserAttributes(Box.Folder);
        string capability = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        string layer = Unpack(new TarBuilder()
            .Directory("./", mode: 0x1ed, uid: 3, gid: 4)
            .Directory("d/", mode: 0x3ff, uid: 1, gid: 2).File("d/f", "hello", mode: 0xfed, uid: 70_000, gid: 70_001).File("d/root", "x", mode: 0x180)
            .Pax(("mtime", "-5.25"), ("SCHILY.xattr.user.a", "1\0"), ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.trusted.x", "")).File("d/cap", mode: 0x1ed)
            .Pax(("SCHILY.xattr.trusted.d", "dir"), ("mtime", "7.000000001")).Directory("d/attr", mode: 0x16d).File("d/attr/in")
            .Pax(("SCHILY.xattr.trusted.l", "link"), ("mtime", "8.5")).Entry('2', "link", link: "/no/where", uid: 9, gid: 9)
            .Node('3', "c", 1, 3, mode: 0x1b6).Node('4', "b", 4095, 1048575, mode: 0x1b0).Node('6', "p", mode: 0x180)
            .HardLink("hard", "d/f").File("\xff\n name").File("bits", mode: 0xe00)
            .End(), features: features);
        string[] expected =
        [
            $". directory 755 3:4 {Time}",
            $"\xff\n name file[1] 0 {EmptyHash} 644 0:0 {Time}",
            $"b block 4095:1048575 660 0:0 {Time}",
            $"bits file[1] 0 {EmptyHash} 7000 0:0 {Time}",
            $"c character 1:3 666 0:0 {Time}",
            $"d directory 1777 1:2 {Time}",
            $"d/attr directory 555 0:0 7.000000001 trusted.d=646972",
            $"d/attr/in file[1] 0 {EmptyHash} 644 0:0 {Time}",
            $"d/cap file[1] 0 {EmptyHash} 755 0:0 -6.750000000 security.capability={Convert.ToHexString(TarBuilder.Latin(capability))} trusted.x={(hasUser ? " user.a=3100" : "")}",
            $"d/f file[2] 5 2CF24DBA 7755 70000:70001 {Time}",
            $"d/root file[1] 1 2D711642 600 0:0 {Time}",
            $"hard file[2] 5 2CF24DBA 7755 70000:70001 {Time}",
            $"link link→/no/where 777 9:9 8.500000000 trusted.l=6C696E6B",
            $"p fifo 0:0 600 0:0 {Time}",
        ];
        Assert.That(Tree.Of(layer), Is.EqualTo(expected.Order(StringComparer.Ordinal)));
    }

    [TestCaseSource(nameof(Kernels))]
    public void MissingFolders_AreRoots(KernelFeatures features)
    {
        string layer = Unpack(new TarBuilder().File("a/b/c").File("a/d/e", uid: 5).File("a/b/f").Directory("a/b", mode: 0x1c0).End(), features: features);
        Assert.That(Tree.Line(layer, "a"), Is.EqualTo("a directory 755 0:0 0.000000000"));
        Assert.That(Tree.Line(layer, "a/d"), Is.EqualTo("a/d directory 755 0:0 0.000000000"));
        Assert.That(Tree.Line(layer, "a/b"), Is.EqualTo($"a/b directory 700 0:0 {Time}"));
    }

    [Test]
    public void Folders_KeepTheirTime_InAnyOrder()
    {
        string layer = Unpack(new TarBuilder().Directory("a", time: 1).Directory("b", time: 2).Directory("a/c", mode: 0x140, time: 3).File("b/x").File("a/c/y").File("a/z").File("b/y").Link("b/l", "../a")
            .File(".wh.gone").Directory("b", time: 4).File("b/z").End());
        Assert.That(Tree.Line(layer, "a"), Does.EndWith(" 1.000000000"));
        Assert.That(Tree.Line(layer, "b"), Does.EndWith(" 4.000000000"));
        Assert.That(Tree.Line(layer, "a/c"), Is.EqualTo("a/c directory 500 0:0 3.000000000"));
    }

    [Test]
    public void DeepTrees_NeedFewDescriptors()
    {
        const int Depth = 1500;
        TarBuilder tar = new();
        string path = "", other = "";
        for (int i = 0; i < Depth; i++)
        {
            path += i == 0 ? "d" : "/d";
            other += i == 0 ? "d" : "/e";
            tar.Pax(("path", path)).Directory("x", time: 100 + i);
        }
        tar.Pax(("path", path + "/file")).File("x").Pax(("path", other + "/file")).File("x").File("d/d/back").Pax(("path", path + "/again")).File("x");
        string layer = Unpack(tar.ToArray());
        string[] lines = Tree.Of(layer);
        Assert.That(lines.Count(l => l.Contains("/file ")), Is.EqualTo(2));
        Assert.That(Enumerable.Range(0, Depth).Select(i => $"{string.Join('/', Enumerable.Repeat("d", i + 1))} directory 755 0:0 {100 + i}.000000000").Except(lines), Is.Empty);
        // And away with all of it.
        layer = Unpack(tar.File("d", "file").End());
        Assert.That(Tree.Of(layer), Has.Length.EqualTo(2));
    }

    [Test]
    public void LaterEntries_ReplaceEarlierOnes()
    {
        string layer = Unpack(new TarBuilder()
            .File("file", "1").File("file", "22", mode: 0x180)
            .Directory("dir").File("dir/a").Directory("dir/sub").File("dir/sub/b").Link("dir/sub/up", "..").File("dir", "now a file")
            .File("file2", "1").Directory("file2", mode: 0x1c0).File("file2/x")
            .Link("link", "file").File("link", "not the link's target")
            .Link("dirlink", "file2").Directory("dirlink").File("dirlink/own")
            .Directory("kept", mode: 0x1c0).File("kept/a").Directory("kept", mode: 0x1ed, uid: 7)
            .File("h1", "h").HardLink("h2", "h1").File("h1", "other").HardLink("h2", "h2").HardLink("h3", "h2").HardLink("h2", "h3").HardLink("h3", "h1")
            .Directory("tolink").File("tolink/x").Link("tolink", "file").Node('6', "tofifo").Node('3', "tofifo", 1, 3).End());
        string[] names = [.. Tree.Of(layer).Select(l => l.Split(' ') is var w ? $"{w[0]} {w[1]} {(w[1].StartsWith("file", StringComparison.Ordinal) ? w[2] : "")}".Trim() : "")];
        Assert.That(names, Is.EqualTo(new[]
        {
            ". directory", "dir file[1] 10", "dirlink directory", "dirlink/own file[1] 0", "file file[1] 2", "file2 directory", "file2/x file[1] 0", "h1 file[2] 5", "h2 file[1] 1", "h3 file[2] 5",
            "kept directory", "kept/a file[1] 0", "link file[1] 21", "tofifo character", "tolink link→file",
        }));
        Assert.That(Tree.Line(layer, "kept"), Is.EqualTo($"kept directory 755 7:0 {Time}"));
        Assert.That(Tree.Line(layer, "file2"), Is.EqualTo($"file2 directory 700 0:0 {Time} trusted.overlay.opaque=79"));
    }

    [Test]
    public void BigFolders_AreReplaced()
    {
        TarBuilder tar = new();
        for (int i = 0; i < 3000; i++)
            tar.File($"d/{i % 50}/{i}-{new string('n', 60)}");
        string layer = Unpack(tar.Link("d", "x").End());
        Assert.That(Tree.Of(layer), Has.Length.EqualTo(2));
    }

    [TestCaseSource(nameof(Kernels))]
    public void LinksOfTheLayer_LeadInside(KernelFeatures features)
    {
        string layer = Unpack(new TarBuilder()
            .Directory("usr/lib", time: 5).Link("lib", "usr/lib").File("lib/a").File("lib/b").Directory("lib/sub", mode: 0x1c0, time: 6).File("lib/sub/c")
            .Link("abs", "/usr/lib").File("abs/d").Link("up", "../../../../usr").File("up/lib/e")
            .Link("usr/back", "../run/made").File("usr/back/f").Link("chain", "abs").HardLink("chain/g", "lib/a").HardLink("h", "chain/sub/c")
            .Link("usr/self", ".").File("usr/self/self/i").Link("root", "/").File("root/j").HardLink("k", "root/j")
            .Directory("x").Directory("x/y").Link("x/y/z", "../..").File("x/y/z/x/y/m").End(), features: features);
        Assert.That(Tree.Of(layer).Select(l => l.Split(' ')[0]), Is.EqualTo(new[]
        {
            ".", "abs", "chain", "h", "j", "k", "lib", "root", "run", "run/made", "run/made/f", "up", "usr", "usr/back", "usr/i", "usr/lib", "usr/lib/a", "usr/lib/b", "usr/lib/d", "usr/lib/e",
            "usr/lib/g", "usr/lib/sub", "usr/lib/sub/c", "usr/self", "x", "x/y", "x/y/m", "x/y/z",
        }));
        Assert.That(Tree.Line(layer, "usr/lib"), Does.EndWith(" 5.000000000"));
        Assert.That(Tree.Line(layer, "usr/lib/sub"), Is.EqualTo("usr/lib/sub directory 700 0:0 6.000000000"));
        Assert.That(Tree.Line(layer, "x/y"), Does.EndWith($" {Time}"));
    }

    [Test]
    public void SparseFiles_HaveHoles()
    {
        byte[] data = new byte[3000];
        new Random(1).NextBytes(data);
        string text = Encoding.Latin1.GetString(data);
        string layer = Unpack(new TarBuilder().Pax(("GNU.sparse.size", "50000000"), ("GNU.sparse.map", "4096,1000,30000000,2000")).File("s", text)
            .Pax(("GNU.sparse.size", "70000"), ("GNU.sparse.map", "70000,0"), ("GNU.sparse.numblocks", "1")).File("empty").End());
        byte[] content = File.ReadAllBytes(layer + "/s");
        Assert.That(content, Has.Length.EqualTo(50_000_000));
        Assert.That(content.AsSpan(4096, 1000).SequenceEqual(data.AsSpan(0, 1000)));
        Assert.That(content.AsSpan(30_000_000, 2000).SequenceEqual(data.AsSpan(1000)));
        Assert.That(content.Count(b => b != 0), Is.EqualTo(data.Count(b => b != 0)));
        Assert.That(Host.Stat(Form == LayerForm.Folder ? layer + "/s" : ImageOf(layer)).stx_blocks, Is.LessThan(1000));
        Assert.That(new FileInfo(layer + "/empty").Length, Is.EqualTo(70_000));
    }

    [Test]
    public void Whiteouts_AreOverlays()
    {
        string layer = Unpack(new TarBuilder().File(".wh.gone").File("d/.wh.x").Directory("o").File("o/.wh..wh..opq").File("o/kept").File("missing/.wh..wh..opq").End());
        Assert.That(Tree.Of(layer).Skip(1), Is.EqualTo(new[]
        {
            "d directory 755 0:0 0.000000000", $"d/x character 0:0 0 - {Time}", $"gone character 0:0 0 - {Time}", "missing directory 755 0:0 0.000000000 trusted.overlay.opaque=79",
            $"o directory 755 0:0 {Time} trusted.overlay.opaque=79", $"o/kept file[1] 0 {EmptyHash} 644 0:0 {Time}",
        }));
    }

    [Test]
    public void FolderInPlaceOfAFile_HidesWhatLayersBelowHave()
    {
        // The file alone would have hidden it.
        string layer = Unpack(new TarBuilder().File("a").Directory("a").File(".wh.b").File("b/in").File("b").Directory("b").Directory("c").Directory("c").End());
        Assert.That(Tree.Of(layer).Skip(1), Is.EqualTo(new[] { $"a directory 755 0:0 {Time} trusted.overlay.opaque=79", $"b directory 755 0:0 {Time} trusted.overlay.opaque=79", $"c directory 755 0:0 {Time}" }));
    }

    [TestCase("d/", "1.000000000"), TestCase("", "0.000000000")]
    public void FilesThatAufsKeptAside_AreThereByTheirOtherNames(string folder, string time)
    {
        TarBuilder tar = new();
        if (folder.Length > 0)
            tar.Directory("./", time: 1).Directory(folder, time: 1);
        string layer = Unpack(tar.Directory(".wh..wh.plnk/").File(".wh..wh.plnk/12.34", "kept", mode: 0x1ed, uid: 7).File(".wh..wh.plnk/56.78", "lost").File(".wh..wh.aufs")
            .HardLink(folder + "one", ".wh..wh.plnk/12.34").HardLink("two", ".wh..wh.plnk/12.34").HardLink(".wh.gone", ".wh..wh.aufs").End());
        string file = $"file[2] 4 {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("kept"u8))[..8]} 755 7:0 {Time}";
        string[] expected = [$". directory 755 0:0 {time}", $"gone character 0:0 0 - {Time}", $"{folder}one {file}", $"two {file}"];
        Assert.That(Tree.Of(layer).Where(l => !l.StartsWith("d directory")), Is.EqualTo(expected.Order(StringComparer.Ordinal)));
    }

    [Test]
    public void Whiteouts_AreAboutLayersBelow()
    {
        // What this layer has itself stays, in both orders; a folder that takes the place of one below hides what that had.
        string layer = Unpack(new TarBuilder().File("f", "x").File(".wh.f").File(".wh.g").File("g", "y").Directory("d").File("d/in").File(".wh.d").File(".wh.e").Directory("e").File(".wh.i").File("i/in")
            .File(".wh.w").File(".wh.w").Link("l", "d").File(".wh.l").End());
        Assert.That(Tree.Of(layer).Skip(1).Select(l => l.Split(' ') is var w ? $"{w[0]} {w[1]}{(l.Contains("opaque=79") ? " opaque" : "")}" : ""), Is.EqualTo(new[]
            { "d directory opaque", "d/in file[1]", "e directory opaque", "f file[1]", "g file[1]", "i directory opaque", "i/in file[1]", "l link→d", "w character" }));
    }

    [Test]
    public void Overlayfs_SeesWhatTheLayersMean()
    {
        string lower = Unpack(new TarBuilder().File("gone", "1").Directory("opaque").File("opaque/old").Directory("swapped").File("swapped/old").Directory("kept").File("kept/old").End());
        string upper = Unpack(new TarBuilder().File(".wh.gone").Directory("opaque").File("opaque/.wh..wh..opq").File("opaque/new").File(".wh.swapped").File("swapped/new").File("kept/new")
            .Pax(("SCHILY.xattr.trusted.overlay.redirect", "/kept"), ("SCHILY.xattr.trusted.overlay.metacopy", "")).Directory("redirected").End());
        string merged = Directory.CreateDirectory(Box.Folder + "/merged").FullName;
        new Launch(Require.Program("mount", "mount"), "-t", "overlay", "overlay", "-o", $"lowerdir={upper}:{lower}", merged).Start().Wait().Succeeded();
        try
        {
            string[] names = [.. Directory.GetFileSystemEntries(merged, "*", SearchOption.AllDirectories).Select(p => p[(merged.Length + 1)..]).Order(StringComparer.Ordinal)];
            Assert.That(names, Is.EqualTo(new[] { "kept", "kept/new", "kept/old", "opaque", "opaque/new", "redirected", "swapped", "swapped/new" }));
        }
        finally
        {
            Sandbox.Unmount(merged);
        }
    }

    [Test]
    public void FoldersThatGiveTheirGroup_AreNoMatter()
    {
        string layer = Unpack(new TarBuilder().Directory("s", mode: 0x5ff, gid: 50).File("s/f").Directory("s/d").Link("s/l", "f").Node('6', "s/p").File("s/new/x").End());
        Assert.That(Tree.Of(layer).Skip(2).Select(l => l.Split(' ').First(w => w.Contains(':'))), Is.All.Not.Contains("50"));
        Assert.That(Tree.Line(layer, "s/d"), Is.EqualTo($"s/d directory 755 0:0 {Time}"));
        Assert.That(Tree.Line(layer, "s"), Is.EqualTo($"s directory 2777 0:50 {Time}"));
    }

    [Test]
    public void DefaultLists_AreNotInherited()
    {
        // Version 2; the owner rwx, the group ---, the mask ---, others ---.
        string list = "\x02\0\0\0" + "\x01\0\x07\0\xff\xff\xff\xff" + "\x04\0\0\0\xff\xff\xff\xff" + "\x20\0\0\0\xff\xff\xff\xff";
        string folder = NewFolder();
        (_, IReadOnlyList<string> warnings) = UnpackInto(folder, new MemoryStream(new TarBuilder().Pax(("SCHILY.xattr.system.posix_acl_default", list)).Directory("d").File("d/f").Directory("d/e").File("e").File("d/g").End()));
        Require.That(warnings.Count == 0, "needs access control lists");
        Assert.That(Tree.Line(folder, "d"), Does.Contain("system.posix_acl_default="));
        Assert.That(Tree.Line(folder, "d/f"), Does.Contain(" 644 0:0 ").And.Not.Contain("posix"));
        Assert.That(Tree.Line(folder, "d/g"), Does.Contain(" 644 0:0 ").And.Not.Contain("posix"));
        Assert.That(Tree.Line(folder, "d/e"), Does.Contain(" 755 0:0 ").And.Not.Contain("posix"));
    }

    [Test]
    public void AttributesThatNobodyKnows_AreLeftOutWithAWarning()
    {
        string folder = NewFolder();
        (_, IReadOnlyList<string> warnings) = UnpackInto(folder, new MemoryStream(new TarBuilder().Pax(("SCHILY.xattr.made.up", "x")).File("f").Pax(("SCHILY.xattr.user.x", "x")).Link("l", "f").End()));
        Assert.That(warnings, Is.EqualTo(new[] { "`f`: without its attribute `made.up`: operation not supported", "`l`: without its attribute `user.x`: operation not permitted" }));
    }

    [Test]
    public void SameAsGnuTar()
    {
        string from = Unpack(new TarBuilder().Directory("a", mode: 0x7ff, uid: 1, gid: 2).Pax(("mtime", "3.123456789"), ("SCHILY.xattr.trusted.x", "y")).File("a/f", new string('x', 100_000), uid: 3_000_000, mode: 0x9ed).Link("a/l", "f").HardLink("b", "a/f").Node('6', "p").Node('3', "c", 1, 3)
            .Pax(("mtime", "5.5")).Directory(new string('d', 90)).File(new string('d', 90) + "/\xff").Pax(("GNU.sparse.size", "5000000"), ("GNU.sparse.map", "4096,5,3000000,2")).File("s", "abcdefg").End());
        string tar = Require.Program("tar", "tar"), archive = Box.Folder + "/archive";
        new Launch(tar, "--format=pax", "--xattrs", "--xattrs-include=*", "--sparse", "-cf", archive, "-C", from, ".").Start().Wait().Succeeded();
        string theirs = NewFolder(), ours = NewFolder();
        new Launch(tar, "--xattrs", "--xattrs-include=*", "--same-owner", "-pxf", archive, "-C", theirs).Start().Wait().Succeeded();
        using (FileStream stream = File.OpenRead(archive))
            UnpackInto(ours, stream);
        Assert.That(Tree.Of(ours), Is.EqualTo(Tree.Of(theirs)));
        Assert.That(Tree.Of(ours).Skip(1), Is.EqualTo(Tree.Of(from).Skip(1)));
    }

    [Test]
    public void NoDescriptorsAreLeftOpen()
    {
        byte[] good = new TarBuilder().File("a/b/c/d").Link("l", "a").File("l/x").HardLink("y", "l/x").End();
        byte[] bad = new TarBuilder().File("a/b/c/d").Link("l", "a").File("l/x").Link("loop", "loop").File("loop/x").End();
        string fds = $"/proc/{Environment.ProcessId}/fd";
        string[] Mine() => [.. Directory.GetFileSystemEntries(fds).Select(f => Files.ReadLink(null, f) ?? "").Where(t => t.StartsWith(Box.Folder, StringComparison.Ordinal))];
        Unpack(good);
        Assert.That(Mine(), Is.Empty);
        Assert.That(() => Unpack(bad), Throws.TypeOf<LayerException>());
        Assert.That(Mine(), Is.Empty);
    }
}
