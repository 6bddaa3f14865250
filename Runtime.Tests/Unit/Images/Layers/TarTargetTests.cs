using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>What is written as a tar is read as what it was.</summary>
public sealed class TarTargetTests
{
    private static readonly string Long = string.Join('/', Enumerable.Repeat(new string('d', 60), 5));

    private static readonly TarBuilder Odd = new TarBuilder()
        .Directory("./", mode: 0x1c0, uid: 5)
        .Directory("d", mode: 0xfff, uid: 0x1fffff, gid: 0x1fffff)
        .Pax(("uid", "4294967294"), ("gid", "2097152"), ("mtime", "1700000000.123456789"), ("SCHILY.xattr.user.a", "1\0\xff=\n"), ("SCHILY.xattr.user.b%3Dc", "2"), ("SCHILY.xattr.user.100%25", "3"))
        .File("d/numbers", "content", mode: 0x9ed)
        .Pax(("mtime", "-1.5")).File("before")
        .Pax(("mtime", "-7")).File("before whole")
        .Pax(("mtime", "8589934592")).File("late")
        .Pax(("path", Long + "/x")).File("x", "long")
        .Pax(("path", Long)).Directory("x")
        .Pax(("path", new string('p', 100) + "/" + new string('n', 100))).File("x", "two parts")
        .Pax(("path", new string('n', 101))).File("x", "a part too long")
        .Pax(("path", "\xe4\xff.bin")).File("x", "bytes")
        .Pax(("linkpath", new string('l', 300))).Link("link", "")
        .Pax(("linkpath", "\xfc")).Link("link of bytes", "")
        .HardLink("again", "d/numbers")
        .Pax(("linkpath", Long + "/x")).HardLink("far", "")
        .Node('3', "character", 4095, 255).Node('4', "block", 7, 200).Node('6', "fifo")
        .File(".wh.gone").File("d/.wh.gone").File("d/.wh..wh..opq").File("empty").File("block of data", new string('x', 1024));

    [Test]
    public void Entries_ComeBack()
    {
        LayerRecord before = LayerRecord.Read(Odd.End());
        byte[] written = Write(Odd.End());
        LayerRecord after = LayerRecord.Read(written);
        Assert.That(after.Entries.Select(Text), Is.EqualTo(before.Entries.Select(Text)));
        Assert.That(after.Data, Is.EqualTo(before.Data));
        Assert.That(written.Length % 512, Is.Zero);
    }

    [Test]
    public void SameEntries_AreTheSameBytes() => Assert.That(Write(Odd.End()), Is.EqualTo(Write(Write(Odd.End()))));

    [Test]
    public void Holes_AreZeros()
    {
        byte[] sparse = new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "1000"))
            .File("x", "2\n10\n3\n500\n4\n".PadRight(512, '\0') + "abcdefg").End();
        Assert.That(LayerRecord.Read(sparse)["s"].Sparse, Is.Not.Null);
        LayerRecord record = LayerRecord.Read(Write(sparse));
        Assert.That(record.DataOf("s"), Is.EqualTo(new string('\0', 10) + "abc" + new string('\0', 487) + "defg" + new string('\0', 496)));
    }

    [Test]
    public void OtherProgramsReadIt()
    {
        string folder = Directory.CreateTempSubdirectory("tar").FullName;
        try
        {
            File.WriteAllBytes(folder + "/x.tar", Write(Odd.End()));
            Outcome listed = new Launch(Require.Program("tar", "tar"), "--numeric-owner", "--quoting-style=escape", "-tvf", folder + "/x.tar").Start().Wait().Succeeded();
            Assert.That(listed.Error, Is.Empty);
            Assert.That(listed.Output, Does.Contain("4294967294/2097152").And.Contain(Long + "/x\n").And.Contain("\\344\\377.bin").And.Contain(" again link to d/numbers"));
            Outcome python = new Launch(Require.Program("python3", "python3"), "-c", "import sys,tarfile; t=tarfile.open(sys.argv[1], encoding='latin-1'); m=t.getmember('d/numbers'); print(m.uid, m.mtime, len(t.getmembers()))", folder + "/x.tar").Start().Wait().Succeeded();
            Assert.That(python.Output, Does.StartWith("4294967294 1700000000.1234"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Write(byte[] tar)
    {
        using MemoryStream written = new();
        using TarTarget target = new(written);
        LayerReader.Read(new MemoryStream(tar), target, LayerLimits.Default, CancellationToken.None);
        return written.ToArray();
    }

    private static string Text(LayerEntry e) =>
        $"{e.Kind} {LayerRecord.TextOf(e.Path)} {e.Mode} {e.Uid}:{e.Gid} {e.Seconds}.{e.Nanoseconds} →{LayerRecord.TextOf(e.LinkTarget)} {e.DeviceMajor}:{e.DeviceMinor} {e.Size} {string.Join(' ', e.ExtendedAttributes.Select(a => $"{a.Key}={Convert.ToHexString(a.Value)}"))}";
}
