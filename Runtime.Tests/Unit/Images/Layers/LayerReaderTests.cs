using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>What a layer's entries mean, and what no layer may have.</summary>
public sealed class LayerReaderTests
{
    private static void Refused(TarBuilder tar, string words) =>
        Assert.That(() => LayerRecord.Read(tar.End()), Throws.TypeOf<LayerException>().With.Message.Contains(words));

    [Test]
    public void Whiteouts()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().File(".wh.a").File("d/.wh.b").File("d/.wh..wh..opq").File("x/.wh....").HardLink("y/.wh.c", ".wh..wh.aufs").File("a.wh.b").File("d/.whx").End());
        Assert.That(record.Lines, Is.EqualTo(new[] { "Whiteout a", "Whiteout d/b", "OpaqueMark d", "Whiteout x/...", "Whiteout y/c", "File a.wh.b", "File d/.whx" }));
        Assert.That(record["a"].Seconds, Is.EqualTo(TarBuilder.Time));
    }

    [Test]
    public void Whiteouts_OfNoName()
    {
        foreach (string name in new[] { ".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/.wh...", ".wh./", "a/b/.wh..." })
            Refused(new TarBuilder().Entry('\0', name.TrimEnd('/')), "a whiteout of no name");
        Refused(new TarBuilder().File(".wh./x"), "lies in a whiteout");
        Refused(new TarBuilder().File("a/.wh.b/c"), "lies in a whiteout");
        Refused(new TarBuilder().Directory("a/.wh.b"), "a whiteout that is a directory");
        Refused(new TarBuilder().Directory("a/.wh..wh..opq"), "an opaque mark that is a directory");
    }

    [Test]
    public void MetadataOfAufs_IsSkipped()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Directory(".wh..wh.plnk/").File(".wh..wh.plnk/a/b").Link(".wh..wh.plnk/c", "/").File("d/.wh..wh.plnk/e").File(".wh..wh.aufs").Directory("a/.wh..wh.orph").File("b", "x").End());
        Assert.That(record.Lines, Is.EqualTo(new[] { "File b" }));
        Assert.That(record.DataOf("b"), Is.EqualTo("x"));
    }

    [Test]
    public void FilesThatAufsKeptAside_AreThereForHardLinks_AndGoAtTheEnd()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Directory(".wh..wh.plnk/").File(".wh..wh.plnk/12.34", "data").HardLink("b", ".wh..wh.plnk/12.34").End());
        Assert.That(record.Lines, Is.EqualTo(new[] { "File .wh..wh.plnk/12.34", "HardLink b", "Removal .wh..wh.plnk" }));
        Assert.That(record.DataOf(".wh..wh.plnk/12.34"), Is.EqualTo("data"));
    }

    [Test]
    public void RootIsOpaque_IsSaid()
    {
        LayerResult result = LayerReader.Read(new MemoryStream(new TarBuilder().File(".wh..wh..opq").File("a", "xyz").End()), new LayerRecord(), LayerLimits.Default, default);
        Assert.That(result, Is.EqualTo(new LayerResult(3, 2, true)));
        result = LayerReader.Read(new MemoryStream(new TarBuilder().File("d/.wh..wh..opq").End()), new LayerRecord(), LayerLimits.Default, default);
        Assert.That(result.IsOpaque, Is.False);
    }

    [Test]
    public void PathsThatLeadOut()
    {
        foreach (string name in new[] { "..", "../x", "/../x", "./../x", "a/../../x", "a/../..", "..//x", "/..", "a/./../../b" })
            Refused(new TarBuilder().File(name), $"entry `{name}`: leads out of the layer");
        foreach (string name in new[] { "a/..", "a/../b", "a/b/.." })
            Refused(new TarBuilder().File(name), $"entry `{name}`: has a `..` in its path");
        Refused(new TarBuilder().HardLink("a", "../x"), "leads out of the layer");
        Refused(new TarBuilder().HardLink("a", "/"), "a hard link to the root");
        Refused(new TarBuilder().Entry('2', "a"), "a link without a target");
        Refused(new TarBuilder().Entry('1', "a"), "a link without a target");
        Refused(new TarBuilder().Pax(("path", "../x")).File("fine"), "leads out of the layer");
        Refused(new TarBuilder().Long('L', "../x").File("fine"), "leads out of the layer");
        Refused(new TarBuilder().Pax(("GNU.sparse.name", "../x"), ("GNU.sparse.size", "1"), ("GNU.sparse.map", "0,1")).File("fine", "a"), "leads out of the layer");
        Refused(new TarBuilder().Entry('0', "x", change: h => TarBuilder.Put(h, 345, 155, "..")), "leads out of the layer");
    }

    [Test]
    public void CVE_2021_29136_RootIsNoDirectory()
    {
        foreach (string name in new[] { "./", ".", "/", "././/" })
            foreach (char type in "012346")
                if (type != '0' || !name.EndsWith('/'))
                    Refused(new TarBuilder().Entry(type, name, link: "/etc"), "the root of the layer is no directory");
        Assert.That(LayerRecord.Read(new TarBuilder().Directory("./", mode: 0x1c0).End()).Entries.Single().Mode, Is.EqualTo(0x1c0));
    }

    [Test]
    public void WhiteoutWithoutItsName_IsRefused()
    {
        Refused(new TarBuilder().Node('3', "etc/passwd"), "a character device 0:0");
        Assert.That(LayerRecord.Read(new TarBuilder().Node('4', "b").Node('3', "c", 0, 1).End()).Entries, Has.Count.EqualTo(2));
    }

    [Test]
    public void AttributesOfTheHosts_AreDropped()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Pax(("SCHILY.xattr.user.a", "1"), ("SCHILY.xattr.trusted.overlay.redirect", "/etc"), ("SCHILY.xattr.user.overlay.opaque", "y"), ("LIBARCHIVE.xattr.trusted.overlay%2Emetacopy", ""),
            ("SCHILY.xattr.security.selinux", "x"), ("SCHILY.xattr.security.SMACK64EXEC", "x"), ("SCHILY.xattr.security.capability", "c"), ("SCHILY.xattr.trusted.x", "t")).File("f").End());
        Assert.That(record["f"].ExtendedAttributes.Select(a => a.Key), Is.EqualTo(new[] { "user.a", "security.capability", "trusted.x" }));
    }

    [Test]
    public void OfARefusedLayer_NothingIsCompleted()
    {
        LayerRecord record = new();
        Assert.That(() => LayerReader.Read(new MemoryStream(new TarBuilder().File("a").File("../b").End()), record, LayerLimits.Default, default), Throws.TypeOf<LayerException>());
        Assert.That(record.IsComplete, Is.False);
    }
}
