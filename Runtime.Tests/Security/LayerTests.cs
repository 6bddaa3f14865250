using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Layers that want to write, remove, change or read outside of their folder. Whatever the answer is, the host is as it was.</summary>
[TestFixture(LayerForm.Folder), TestFixture(LayerForm.Erofs)]
public sealed class LayerTests(LayerForm form) : LayerTest(form)
{
    private static readonly KernelFeatures[] Kernels = [KernelFeatures.All, KernelFeatures.None];

    private Canary? canary;

    private Canary Bird => canary ??= new Canary(Box.Folder + "/canary");

    // By every way that there is from a layer to the canary: absolute, up past the root, and exactly up to it.
    private string[] Ways() => [Bird.Folder, "../../../../../../../../.." + Bird.Folder, "../../canary"];

    /// <summary>Unpacks on new and old kernels, by each way; the layer may be refused or not.</summary>
    private List<LayerException?> Attack(Func<string, TarBuilder> make)
    {
        List<LayerException?> answers = [];
        foreach (string way in Ways())
            foreach (KernelFeatures features in Kernels)
                answers.Add(Try(make(way), features));
        return answers;
    }

    private LayerException? Try(TarBuilder tar, KernelFeatures features)
    {
        LayerException? answer = null;
        try
        {
            Unpack(tar.End(), features: features);
        }
        catch (LayerException e)
        {
            answer = e;
        }
        Bird.IsUntouched();
        return answer;
    }

    private void Refused(Func<string, TarBuilder> make, string words)
    {
        foreach (LayerException? answer in Attack(make))
            Assert.That(answer?.Message ?? "unpacked", Does.Contain(words));
    }

    private void Harmless(Func<string, TarBuilder> make) => Assert.That(Attack(make), Is.All.Null);

    [Test]
    public void CVE_2014_6407_LinkThenFile() => Harmless(way => new TarBuilder().Link("l", way).File("l/file", "evil").File("l/new", "evil").Directory("l/sub", mode: 0x1ff, uid: 5).File("l/sub/deep", "evil"));

    [Test]
    public void LinkToAFileThenTheFile_ReplacesTheLink() => Harmless(way => new TarBuilder().Link("l", way + "/file").File("l", "evil", mode: 0x1ff, uid: 9).Link("m", way + "/none").File("m", "evil"));

    [Test]
    public void LinkToAFolderThenTheFolder_ReplacesTheLink() => Harmless(way => new TarBuilder().Link("l", way).Directory("l", mode: 0x1ff, uid: 9, time: 1).File("l/file", "evil"));

    [Test]
    public void ChainsOfLinks() =>
        Harmless(way => new TarBuilder().Link("a", "b").Link("b", "c/d").Directory("c").Link("c/d", "../e").Link("e", way).File("a/file", "evil").Directory("a", mode: 0x1ff).Link("x", ".").Link("x/x/y", way).File("x/x/y/file", "evil"));

    [Test]
    public void LinksThatLeadThroughDots() =>
        Harmless(way => new TarBuilder().Directory("d").Link("d/up", "../../..").File("d/up/canary/file", "evil").File("d/up/file", "evil").Link("e", "d/up/../.." + way).File("e/file", "evil"));

    [Test]
    public void CVE_2014_9356_AbsoluteNames() =>
        Harmless(way => new TarBuilder().Pax(("path", Bird.Folder + "/file")).File("x", "evil").Pax(("path", "//" + Bird.Folder + "/new")).File("x", "evil").Long('L', Bird.Folder + "/sub/deep").File("x", "evil"));

    [Test]
    public void CVE_2014_9356_NamesWithDots()
    {
        foreach (string prefix in new[] { "../../canary", "/../../canary", "./../../canary", "a/../../../canary", "a/./../../../canary" })
        {
            Refused(way => new TarBuilder().File(prefix + "/file", "evil"), "leads out of the layer");
            Refused(way => new TarBuilder().Pax(("path", prefix + "/file")).File("x", "evil"), "leads out of the layer");
            Refused(way => new TarBuilder().File(prefix + "/.wh.file"), "leads out of the layer");
            Refused(way => new TarBuilder().File(prefix + "/.wh..wh..opq"), "leads out of the layer");
        }
        Refused(way => new TarBuilder().Link("l", way).File("l/../file", "evil"), "has a `..` in its path");
    }

    [Test]
    public void CVE_2014_9357_HardLinksToTheHosts()
    {
        Refused(way => new TarBuilder().HardLink("l", Bird.Folder + "/file").File("l", "evil"), "which the layer doesn't have");
        Refused(way => new TarBuilder().HardLink("l", "../../canary/file"), "leads out of the layer");
        Refused(way => new TarBuilder().Link("d", way).HardLink("l", "d/file").File("l", "evil"), "which the layer doesn't have");
        Refused(way => new TarBuilder().Link("d", way).Directory("sub").HardLink("sub/l", "d/sub/deep"), "which the layer doesn't have");
        Refused(way => new TarBuilder().Link("d", way).HardLink("d/file", "x"), "which the layer doesn't have");
        Refused(way => new TarBuilder().File("f").HardLink("l", "f/x"), "leads through what is no directory");
        Refused(way => new TarBuilder().Directory("d").HardLink("l", "d"), "a hard link to a directory");
        Refused(way => new TarBuilder().File(".wh.f").HardLink("l", "f"), "which the layer doesn't have");
    }

    [Test]
    public void HardLinkToALink_IsTheLink() =>
        // The link gets another name. What is written to the name replaces it, and what is said of it is said of no file of the host.
        Harmless(way => new TarBuilder().Link("a", way + "/file").HardLink("b", "a").Entry('0', "b", "evil"u8.ToArray(), mode: 0x1ff, uid: 9).HardLink("c", "a").Pax(("SCHILY.xattr.user.x", "evil")).Link("d", way + "/file"));

    [Test]
    public void HardLinkInPlaceOfAFolder_WithItsTargetInIt() =>
        Refused(way => new TarBuilder().Directory("d").File("d/f", "x").HardLink("d", "d/f"), "which the layer doesn't have");

    [Test]
    public void CVE_2021_29136_RootIsALink()
    {
        foreach (string name in new[] { ".", "./", "/" })
            Refused(way => new TarBuilder().Link(name, way).File("file", "evil"), "the root of the layer is no directory");
    }

    [Test]
    public void CVE_2021_32760_ModeOfALink() => Harmless(way => new TarBuilder().Link("l", way, mode: 0xfff).Link("m", way + "/file", mode: 0xfff).Entry('2', "n", link: way + "/file", mode: 0xfff, uid: 5, gid: 5, time: 1));

    [Test]
    public void AttributesOfALink() =>
        Harmless(way => new TarBuilder().Pax(("SCHILY.xattr.trusted.x", "evil"), ("SCHILY.xattr.user.x", "evil")).Link("l", way + "/file"));

    [Test]
    public void Whiteouts_ThroughLinks() =>
        Harmless(way => new TarBuilder().Link("a", way).File("a/.wh.file").File("a/.wh.sub").File("a/.wh..wh..opq").Link("b", way + "/sub").File("b/.wh.deep").File("a/.wh.a"));

    [Test]
    public void Whiteouts_OfLinks() => Harmless(way => new TarBuilder().Link("a", way).File(".wh.a").File(".wh..wh..opq").Link("b", way).Directory("b").File("b/.wh..wh..opq"));

    [Test]
    public void Whiteouts_OfNoName()
    {
        foreach (string name in new[] { ".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/.wh..." })
            Refused(way => new TarBuilder().Link("a", way).File(name), "a whiteout of no name");
        Refused(way => new TarBuilder().Link("a", way).File(".wh./x"), "lies in a whiteout");
    }

    [Test]
    public void FoldersThatBecomeLinks() =>
        Harmless(way => new TarBuilder().Directory("d").File("d/x").Link("d", way).File("d/file", "evil").Directory("d/sub", mode: 0x1ff).File("e/f/g").Link("e/f", way).File("e/f/file", "evil").Link("e", way).File("e/sub/deep", "evil"));

    [Test]
    public void ReplacedFolders_WithLinksInThem() =>
        Harmless(way => new TarBuilder().Directory("d").Directory("d/e").Link("d/l", way).Link("d/e/l", way).HardLink("d/m", "d/l").File("d", "now a file").Link("x", way).File("y").Directory("x"));

    [Test]
    public void LoopsOfLinks()
    {
        Refused(way => new TarBuilder().Link("l", "l").File("l/x"), "too many symbolic links");
        Refused(way => new TarBuilder().Link("a", "b").Link("b", "a").File("f").HardLink("x", "a/f"), "too many symbolic links");
        Refused(way => new TarBuilder().Link("l", "l/l").File("l/x"), "too many symbolic links");
        Refused(way => new TarBuilder().File("f").File("f/x"), "leads through what is no directory");
        Refused(way => new TarBuilder().Node('6', "p").File("p/x"), "leads through what is no directory");
        Refused(way => new TarBuilder().File("f").Link("l", "f").File("l/x"), "leads through what is no directory");
    }

    [Test]
    public void PathsThatCostMuch_AreBounded()
    {
        // Forty links, each with hundreds of steps there and back again.
        string zigzag = string.Concat(Enumerable.Repeat("d/../", 180));
        TarBuilder tar = new TarBuilder().Directory("d");
        for (int i = 0; i < 40; i++)
            tar.Pax(("linkpath", zigzag + (i == 39 ? "d" : $"l{i + 1}"))).Link($"l{i}", "x");
        for (int i = 0; i < 1000; i++)
            tar.File("l0/f");
        Assert.That(Try(tar, KernelFeatures.All)?.Message ?? "", Does.Contain("lead by too many folders and links"));
    }

    [Test]
    public void MagicLinksOfProcfs_AreTaken_ForTheirText() =>
        Harmless(way => new TarBuilder().Link("l", "/proc/self/root" + Bird.Folder).File("l/file", "evil").Link("m", "/proc/self/cwd").File("m/x", "evil"));

    [Test]
    public void OverlayAttributes_AreNotTheLayers()
    {
        string layer = Unpack(new TarBuilder().Pax(("SCHILY.xattr.trusted.overlay.redirect", "/etc"), ("SCHILY.xattr.trusted.overlay.opaque", "y"), ("LIBARCHIVE.xattr.user.overlay.metacopy", "AA"), ("SCHILY.xattr.trusted.kept", "1")).Directory("d").End());
        Assert.That(Tree.Line(layer, "d"), Does.EndWith(".000000000 trusted.kept=31"));
    }

    [Test]
    public void NodesAreMade_AndNeverOpened()
    {
        // To open a pipe would wait for ever, to write to a device would reach it.
        string layer = Unpack(new TarBuilder().Node('6', "p").File("p", "x").Node('3', "null", 1, 3).File("null", "data").Node('6', "q").HardLink("r", "q").Pax(("SCHILY.xattr.trusted.x", "1")).Node('6', "q").End());
        Assert.That(Tree.Of(layer).Skip(1).Select(l => string.Join(' ', l.Split(' ')[..2])), Is.EqualTo(new[] { "null file[1]", "p file[1]", "q fifo", "r fifo" }));
    }

    [Test]
    public void UnpackBomb_StopsAtTheLimit()
    {
        string folder = NewFolder();
        TarBuilder tar = new();
        for (int i = 0; i < 100; i++)
            tar.File($"f{i}", new string('x', 10_000));
        Assert.That(() => UnpackInto(folder, new MemoryStream(tar.End()), limits: new() { MaximumUnpackedBytes = 100_000 }), Throws.TypeOf<LayerException>().With.Message.Contains("more than 100000 bytes"));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(Form == LayerForm.Folder ? 10 : 0));
    }

    [Test]
    public void FullDisk_IsTheKernelsWord()
    {
        string disk = NewFolder();
        using TemporaryMount small = TemporaryMount.Tmpfs(disk, "size=1m");
        string folder = Directory.CreateDirectory(disk + "/layer").FullName;
        SyscallException e = Assert.Throws<SyscallException>(() => UnpackInto(folder, new MemoryStream(new TarBuilder().File("f\n", new string('x', 3_000_000)).End())))!;
        Assert.That(e.Errno, Is.EqualTo(Errno.ENOSPC));
        Assert.That(e.Message, Does.StartWith(Form == LayerForm.Folder ? @"write `f\x0a`: " : "write image: "));
    }
}
