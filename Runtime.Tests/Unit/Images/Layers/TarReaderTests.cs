using System.Text;
using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;
using static Vessel.Tests.Support.TarBuilder;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>Each form that a tar may have.</summary>
public sealed class TarReaderTests
{
    private static LayerEntry Only(TarBuilder tar) => LayerRecord.Read(tar.End()).Entries.Single();

    private static void Refused(TarBuilder tar, string words) => Refused(tar.End(), words);

    private static void Refused(byte[] tar, string words) =>
        Assert.That(() => LayerRecord.Read(tar), Throws.TypeOf<LayerException>().With.Message.Contains(words));

    private static string Text(ReadOnlyMemory<byte> bytes) => LayerRecord.TextOf(bytes);

    [Test]
    public void Ustar_GivesAllFields()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Entry('0', "a/b", Latin("hello"), mode: 0xdff, uid: 1000, gid: 100, time: 77).Node('3', "n", 5, 300).Node('4', "m", 8, 1)
            .Node('6', "p").Link("s", "../x").HardLink("h", "/a/./b").Directory("d/", mode: 0x3ff).End());
        LayerEntry file = record["a/b"];
        Assert.That((file.Kind, file.Mode, file.Uid, file.Gid, file.Seconds, file.Nanoseconds, file.Size), Is.EqualTo((LayerEntryKind.File, 0xdffu, 1000u, 100u, 77L, 0u, 5L)));
        Assert.That(record.DataOf("a/b"), Is.EqualTo("hello"));
        Assert.That(record.Lines, Is.EqualTo(new[] { "File a/b", "CharacterDevice n", "BlockDevice m", "Fifo p", "SymbolicLink s", "HardLink h", "Directory d" }));
        Assert.That((record["n"].DeviceMajor, record["n"].DeviceMinor), Is.EqualTo((5u, 300u)));
        Assert.That(Text(record["s"].LinkTarget), Is.EqualTo("../x"));
        Assert.That(Text(record["h"].LinkTarget), Is.EqualTo("a/b"));
        Assert.That(record["d"].Mode, Is.EqualTo(0x3ff));
        Assert.That(record.IsComplete);
    }

    [Test]
    public void Paths_AreClean()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Directory("./").File("/abs").File("./a//b/./c").Directory("///d///").File("?\xff\x01\n").File("...").End());
        Assert.That(record.Entries.Select(e => Text(e.Path)), Is.EqualTo(new[] { "", "abs", "a/b/c", "d", "?\xff\x01\n", "..." }));
    }

    [Test]
    public void Prefix_IsOnlyInUstar()
    {
        static Action<byte[]> Prefix(string magic, int length = 155) => h =>
        {
            Put(h, 257, 8, magic);
            Put(h, 345, length, "some/prefix");
        };
        Assert.That(Text(Only(new TarBuilder().Entry('0', "n", change: Prefix("ustar\000"))).Path), Is.EqualTo("some/prefix/n"));
        Assert.That(Text(Only(new TarBuilder().Entry('0', "n", change: Prefix("\0\0\0\0\0\0\0\0"))).Path), Is.EqualTo("n"), "v7");
        // Times of GNU's header stand there.
        Assert.That(Text(Only(new TarBuilder().Entry('0', "n", change: h => { Gnu(h); Octal(h, 345, 12, 7); Octal(h, 357, 12, 8); })).Path), Is.EqualTo("n"), "GNU");
        // But what Go wrote before 1.8 is a prefix.
        Assert.That(Text(Only(new TarBuilder().Entry('0', "n", change: Prefix("ustar  \0"))).Path), Is.EqualTo("some/prefix/n"), "old Go");
        Assert.That(Text(Only(new TarBuilder().Entry('0', "n", change: h => { Put(h, 345, 131, "p"); Octal(h, 476, 12, 5); Octal(h, 488, 12, 5); Put(h, 508, 4, "tar\0"); })).Path), Is.EqualTo("p/n"), "star");
    }

    [Test]
    public void FullNames_NeedNoNul()
    {
        string name = new('a', 100), prefix = new('b', 155), link = new('c', 100);
        LayerEntry entry = Only(new TarBuilder().Entry('2', name, link: link, change: h => Put(h, 345, 155, prefix)));
        Assert.That(Text(entry.Path), Is.EqualTo($"{prefix}/{name}"));
        Assert.That(Text(entry.LinkTarget), Is.EqualTo(link));
    }

    [Test]
    public void Numbers_InAllForms()
    {
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Base256(h, 108, 8, 4_000_000_000))).Uid, Is.EqualTo(4_000_000_000));
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Base256(h, 136, 12, -5))).Seconds, Is.EqualTo(-5));
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Base256(h, 136, 12, long.MinValue))).Seconds, Is.EqualTo(long.MinValue));
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Put(h, 108, 8, "  17 \0"))).Uid, Is.EqualTo(15));
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Put(h, 108, 8, "\0\0\0\0\0\0\0\0"))).Uid, Is.Zero);
        Assert.That(Only(new TarBuilder().Entry('0', "a", change: h => Put(h, 108, 8, "00000017"))).Uid, Is.EqualTo(15));
        Refused(new TarBuilder().Entry('0', "a", change: h => Put(h, 108, 8, "12x4")), "uid is no number");
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 136, 12, (Int128)long.MaxValue + 1)), "time is no number");
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 124, 12, -1)), "size of -1");
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 108, 8, -1)), "no uid: -1");
        // What chown takes for "as it is".
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 116, 8, uint.MaxValue)), "no gid: 4294967295");
        Refused(new TarBuilder().Pax(("uid", "4294967295")).File("a"), "no uid");
        Refused(new TarBuilder().Node('3', "a", 4096), "no device number");
    }

    [Test]
    public void V7_DirectoryIsANameWithASlash()
    {
        Assert.That(LayerRecord.Read(new TarBuilder().Entry('\0', "d/").Entry('\0', "f").Entry('7', "c", Latin("x")).End()).Lines, Is.EqualTo(new[] { "Directory d", "File f", "File c" }));
        Refused(new TarBuilder().Entry('0', "f/"), "ends with a slash");
    }

    [Test]
    public void OtherTypes_AreNamed()
    {
        foreach (char type in "VMDNAX8\xff")
            Refused(new TarBuilder().Entry(type, "some/name"), $"entry `some/name`: of a type that is not known: `{(type == 0xff ? "\\xff" : type.ToString())}`");
    }

    [Test]
    public void Checksum_SignedOrUnsigned()
    {
        byte[] tar = new TarBuilder().File("\xff\xfe").End();
        byte[] header = tar[..512];
        SetChecksum(header, isSigned: true);
        header.CopyTo(tar, 0);
        Assert.That(LayerRecord.Read(tar).Entries, Has.Count.EqualTo(1));
        for (int i = 0; i < 512; i++)
        {
            byte[] damaged = new TarBuilder().File("abc").End();
            // A blank of the number stands for nothing.
            damaged[i] ^= 0x11;
            if (i is not (154 or 155))
                Refused(damaged, "checksum");
        }
    }

    [Test]
    public void DataOfLinksAndFolders_IsNone()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Entry('1', "h", link: "f", change: h => Octal(h, 124, 12, 9999)).Entry('5', "d", change: h => Octal(h, 124, 12, 4096)).File("f", "x").End());
        Assert.That(record.Lines, Is.EqualTo(new[] { "HardLink h", "Directory d", "File f" }));
        Assert.That(record["h"].Size, Is.Zero);
    }

    [Test]
    public void Pax_Names()
    {
        string name = string.Join('/', Enumerable.Repeat("0123456789", 100)) + "\xfe\n=", link = new('l', 4000);
        LayerEntry entry = Only(new TarBuilder().Pax(("path", name), ("linkpath", link), ("hdrcharset", "BINARY"), ("comment", "no\0thing")).Link("short", "short"));
        Assert.That(Text(entry.Path), Is.EqualTo(name));
        Assert.That(Text(entry.LinkTarget), Is.EqualTo(link));
        // It counts for one entry.
        Assert.That(LayerRecord.Read(new TarBuilder().Pax(("path", "x")).File("a").File("b").End()).Lines, Is.EqualTo(new[] { "File x", "File b" }));
        // The last one counts, and an empty one takes it back.
        Assert.That(Text(Only(new TarBuilder().Pax(("path", "x"), ("path", "y")).File("a")).Path), Is.EqualTo("y"));
        Assert.That(Text(Only(new TarBuilder().Pax(("path", "x"), ("path", "")).File("a")).Path), Is.EqualTo("a"));
        Refused(new TarBuilder().Pax(("path", "x\0y")).File("a"), "NUL");
    }

    [Test]
    public void Pax_Numbers()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().Pax(("size", "3"), ("uid", "4000000000"), ("gid", "07")).Bytes(new TarBuilder().Entry('0', "a").ToArray()).Padded(Latin("xyz")).File("b").End());
        Assert.That((record["a"].Size, record["a"].Uid, record["a"].Gid), Is.EqualTo((3L, 4_000_000_000u, 7u)));
        Assert.That(record.DataOf("a"), Is.EqualTo("xyz"));
        foreach (string bad in new[] { "-1", "x", "1 ", "0x1", "99999999999999999999", "1.0" })
            Refused(new TarBuilder().Pax(("size", bad)).File("a"), "is no number");
    }

    [TestCase("1", 1, 0u)]
    [TestCase("1.5", 1, 500_000_000u)]
    [TestCase("1.123456789999", 1, 123_456_789u)]
    [TestCase("-1", -1, 0u)]
    [TestCase("-1.25", -2, 750_000_000u)]
    [TestCase("-0.000000001", -1, 999_999_999u)]
    [TestCase("1.", 1, 0u)]
    [TestCase("9223372036854775807.9", long.MaxValue, 900_000_000u)]
    public void Pax_Times(string text, long seconds, uint nanoseconds)
    {
        LayerEntry entry = Only(new TarBuilder().Pax(("mtime", text), ("atime", "nonsense")).File("a"));
        Assert.That((entry.Seconds, entry.Nanoseconds), Is.EqualTo((seconds, nanoseconds)));
    }

    [Test]
    public void Pax_BadTimes()
    {
        foreach (string bad in new[] { "x", ".5", "1e5", "--1", "1.5.5", "9223372036854775808", " 1", "1.-5", "inf" })
            Refused(new TarBuilder().Pax(("mtime", bad)).File("a"), "is no time");
    }

    [Test]
    public void Pax_Attributes()
    {
        LayerEntry entry = Only(new TarBuilder().Pax(("SCHILY.xattr.user.a", "1\0\n="), ("SCHILY.xattr.user.empty", ""), ("SCHILY.xattr.user.%3D%25%41", "x"),
            ("LIBARCHIVE.xattr.user.b%41%00c".Replace("%00", ""), "AQI"), ("LIBARCHIVE.xattr.user.a", "AAAA"), ("SCHILY.xattr.user.b", "y"), ("SCHILY.xattr.user.b", "z")).File("f"));
        Assert.That(entry.ExtendedAttributes.Select(a => $"{a.Key}={Convert.ToHexString(a.Value)}"), Is.EqualTo(new[]
            { "user.a=31000A3D", "user.empty=", "user.=%%41=78", "user.bAc=0102", "user.b=7A" }));
        // In the other order too, what has no coding in between counts.
        entry = Only(new TarBuilder().Pax(("LIBARCHIVE.xattr.user.a", "AAAA"), ("SCHILY.xattr.user.a", "1")).File("f"));
        Assert.That(entry.ExtendedAttributes.Single().Value, Is.EqualTo("1"u8.ToArray()));
        Refused(new TarBuilder().Pax(("LIBARCHIVE.xattr.user.a", "!!!!")).File("f"), "no base 64");
        Refused(new TarBuilder().Pax(("SCHILY.xattr.", "x")).File("f"), "no name of an extended attribute");
        Refused(new TarBuilder().Pax(("SCHILY.xattr.user.\0", "x")).File("f"), "no name of an extended attribute");
        Refused(new TarBuilder().Pax(("SCHILY.xattr.user.\xff", "x")).File("f"), "no name of an extended attribute");
        Refused(new TarBuilder().Pax(("LIBARCHIVE.xattr.user.%00", "AQI")).File("f"), "no name of an extended attribute");
    }

    [Test]
    public void Pax_Global_CountsForAllThatFollow()
    {
        LayerRecord record = LayerRecord.Read(new TarBuilder().File("a").Global(("uid", "5"), ("mtime", "7.5"), ("comment", "c")).File("b").Pax(("uid", "6"), ("SCHILY.xattr.user.x", "2")).File("c")
            .Global(("uid", "")).File("d").End());
        Assert.That(record.Entries.Select(e => e.Uid), Is.EqualTo(new[] { 0u, 5u, 6u, 0u }));
        Assert.That(record.Entries.Select(e => e.Seconds), Is.EqualTo(new long[] { Time, 7, 7, 7 }));
        Assert.That(record.Entries.Select(e => string.Concat(e.ExtendedAttributes.Select(a => Encoding.Latin1.GetString(a.Value)))), Is.EqualTo(new[] { "", "", "2", "" }));
        // A tar of git's ends with nothing but it.
        Assert.That(LayerRecord.Read(new TarBuilder().Global(("comment", "x")).End()).Entries, Is.Empty);
        foreach (string key in new[] { "path", "linkpath", "size", "GNU.sparse.name", "SCHILY.xattr.user.x", "LIBARCHIVE.xattr.user.x" })
            Refused(new TarBuilder().Global((key, "1")).File("a"), "is set for all entries");
    }

    [Test]
    public void Pax_DamagedRecords()
    {
        foreach (string bad in new[] { "x", "5", "5 a=b", " 6 a=b\n", "7 a=b\n", "5 a=b\n", "6 abc\n", "5 =b\n", "-6 a=b\n", "0 a=b\n", "6\na=b\n", "00000000006 a=b\n", "99999999999 a=b\n", "3 \n", "6 a=b\n\0" })
            Refused(new TarBuilder().Entry('x', "x", Latin(bad)).File("a"), "extended header: ");
    }

    [Test]
    public void Ambiguous_IsRefused()
    {
        Refused(new TarBuilder().Pax(("uid", "1")).Pax(("gid", "1")).File("a"), "two extended headers");
        Refused(new TarBuilder().Long('L', "x").Long('L', "y").File("a"), "two long names");
        Refused(new TarBuilder().Long('L', "x").Pax(("path", "y")).File("a"), "has another name too: `x`");
        Refused(new TarBuilder().Long('K', "x").Pax(("linkpath", "y")).Link("a", "z"), "two link targets");
        Assert.That(Text(Only(new TarBuilder().Long('L', "x").Pax(("path", "x")).File("a")).Path), Is.EqualTo("x"));
    }

    [Test]
    public void Gnu_LongNames()
    {
        string name = "d/" + new string('n', 250), link = new('l', 3000);
        LayerRecord record = LayerRecord.Read(new TarBuilder().Long('K', link).Long('L', name).Link("short", "short").File("b").End());
        Assert.That(Text(record.Entries[0].Path), Is.EqualTo(name));
        Assert.That(Text(record.Entries[0].LinkTarget), Is.EqualTo(link));
        Assert.That(Text(record.Entries[1].Path), Is.EqualTo("b"));
        Refused(new TarBuilder().Long('L', "").File("a"), "a long name is empty");
    }

    private static void IsSparse(TarBuilder tar, string data)
    {
        LayerRecord record = LayerRecord.Read(tar.File("next", "n").End());
        LayerEntry entry = record.Entries[0];
        Assert.That(Text(entry.Path), Is.EqualTo("sparse"));
        Assert.That(entry.Size, Is.EqualTo(100_000));
        Assert.That(entry.Sparse, Is.EqualTo(new[] { new SparseSegment(10, 3), new SparseSegment(5000, 2) }));
        Assert.That(record.DataOf("sparse"), Is.EqualTo(data));
        Assert.That(record.DataOf("next"), Is.EqualTo("n"));
    }

    [Test]
    public void Sparse_AllForms()
    {
        IsSparse(new TarBuilder().Pax(("GNU.sparse.size", "100000"), ("GNU.sparse.numblocks", "3"), ("GNU.sparse.offset", "10"), ("GNU.sparse.numbytes", "3"), ("GNU.sparse.offset", "5000"),
            ("GNU.sparse.numbytes", "2"), ("GNU.sparse.offset", "100000"), ("GNU.sparse.numbytes", "0")).File("sparse", "abcde"), "abcde");
        IsSparse(new TarBuilder().Pax(("GNU.sparse.size", "100000"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "10,3,5000,2"), ("GNU.sparse.name", "sparse")).File("GNUSparseFile.1/x", "abcde"), "abcde");
        IsSparse(new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.realsize", "100000"))
            .File("GNUSparseFile.1/x", "2\n10\n3\n5000\n2\n".PadRight(512, '\0') + "abcde"), "abcde");
        IsSparse(new TarBuilder().Entry('S', "sparse", Latin("abcde"), change: h =>
        {
            Gnu(h);
            (long, long)[] map = [(10, 3), (5000, 2), (100_000, 0)];
            for (int i = 0; i < 3; i++)
            {
                Octal(h, 386 + i * 24, 12, map[i].Item1);
                Octal(h, 398 + i * 24, 12, map[i].Item2);
            }
            Octal(h, 483, 12, 100_000);
        }), "abcde");
    }

    [Test]
    public void Sparse_Old_WithMoreBlocks()
    {
        byte[] header = new TarBuilder().Entry('S', "s", change: h =>
        {
            Gnu(h);
            Octal(h, 124, 12, 50);
            for (int i = 0; i < 4; i++)
                Pair(h, 386 + i * 24, i);
            h[482] = 1;
            Octal(h, 483, 12, 100_000);
        }).ToArray();
        byte[] more = new byte[512], last = new byte[512];
        for (int i = 0; i < 21; i++)
        {
            Pair(more, i * 24, 4 + i);
            Pair(last, i * 24, 25 + i);
        }
        more[504] = 1;
        // 46 of them, and the data in two pieces of a test's stream.
        last.AsSpan(20 * 24, 24).Clear();
        LayerRecord record = LayerRecord.Read(new Trickle(new TarBuilder().Bytes(header).Bytes(more).Bytes(last).Padded(Latin(new string('x', 45) + "yyyyy")).File("next").End()));
        Assert.That(record.Entries[0].Sparse, Has.Count.EqualTo(45));
        Assert.That(record.Entries[0].Sparse![44], Is.EqualTo(new SparseSegment(4400, 6)));
        Assert.That(record.Entries[1].Kind, Is.EqualTo(LayerEntryKind.File));

        static void Pair(byte[] block, int at, int i)
        {
            Octal(block, at, 12, i * 100);
            Octal(block, at + 12, 12, i == 44 ? 6 : 1);
        }
    }

    [Test]
    public void Sparse_Damaged()
    {
        static TarBuilder Map(string map, string size = "100", string data = "abcde", string count = "2") =>
            new TarBuilder().Pax(("GNU.sparse.size", size), ("GNU.sparse.numblocks", count), ("GNU.sparse.map", map)).File("s", data);
        Refused(Map("10,3,12,2"), "isn't ascending");
        Refused(Map("50,3,10,2"), "isn't ascending");
        Refused(Map("10,3,99,2"), "leads out of the file");
        Refused(Map("10,3,9223372036854775807,2", "9223372036854775807"), "leads out of the file");
        Refused(Map("10,3,50,1"), "4 bytes, where 5 are stored");
        Refused(Map("10,3,50"), "no list of so many pairs");
        Refused(Map("10,3", count: "5"), "no list of so many pairs");
        Refused(Map("10,3,,2"), "empty number");
        Refused(Map("10,x,50,2"), "is no number");
        Refused(new TarBuilder().Pax(("GNU.sparse.map", "0,1")).File("s", "a"), "without a size");
        Refused(new TarBuilder().Pax(("GNU.sparse.size", "1")).File("s", "a"), "without a map");
        Refused(new TarBuilder().Pax(("GNU.sparse.numbytes", "1")).File("s", "a"), "no list of pairs");
        Refused(new TarBuilder().Pax(("GNU.sparse.major", "2"), ("GNU.sparse.realsize", "1")).File("s", "a"), "form that is not known: 2");
        Refused(new TarBuilder().Pax(("GNU.sparse.size", "1"), ("GNU.sparse.map", "0,1")).Link("s", "a"), "what is no file");
        foreach (string map in new[] { "1\n0\n", "x\n", "\n", "1\n0\n99999999999999999999999\n", "1\n-1\n5\n" })
            Refused(new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10")).File("s", map.PadRight(512, '\0')), "sparse map");
        Refused(new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10")).File("s", "1\n"), "longer than the file's data");
    }

    [Test]
    public void End_IsTwoEmptyBlocksOrTheStreams()
    {
        byte[] entry = new TarBuilder().File("a", "x").ToArray();
        Assert.That(LayerRecord.Read(entry).Entries, Has.Count.EqualTo(1));
        Assert.That(LayerRecord.Read([.. entry, .. new byte[512]]).Entries, Has.Count.EqualTo(1));
        Assert.That(LayerRecord.Read([.. entry, .. new byte[1024], .. entry]).Entries, Has.Count.EqualTo(1), "what follows is nothing");
        Assert.That(LayerRecord.Read([]).Entries, Is.Empty);
        Assert.That(LayerRecord.Read([.. entry, .. new byte[100]]).Entries, Has.Count.EqualTo(1), "a part of the end");
        Assert.That(LayerRecord.Read([.. entry, .. new byte[612]]).Entries, Has.Count.EqualTo(1), "a part of the end");
        Refused([.. entry, .. new byte[100], 1], "ends in the middle of an entry");
        Refused([.. entry, .. new byte[512], .. entry], "an empty block stands between entries");
        Refused(new TarBuilder().Pax(("uid", "1")).End(), "between an extended header and its entry");
        Refused(new TarBuilder().Long('L', "x").ToArray(), "between an extended header and its entry");
        Refused(new TarBuilder().Entry('0', ""), "no name");
    }

    [Test]
    public void TheWholeStream_IsRead()
    {
        MemoryStream stream = new([.. new TarBuilder().File("a").End(), .. new byte[1_000_000], .. Latin("garbage")]);
        LayerRecord.Read(stream);
        Assert.That(stream.Position, Is.EqualTo(stream.Length));
    }

    [Test]
    public void TruncatedAnywhere_IsALayerException()
    {
        byte[] tar = new TarBuilder().Pax(("path", "long"), ("mtime", "1.5")).File("a", new string('x', 1000)).Long('L', "other").Link("b", "c")
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10")).File("s", "1\n0\n5\n".PadRight(512, '\0') + "abcde").ToArray();
        // Between entries it is the end, and where an entry's data are complete and only the zeros after them are
        // missing.
        HashSet<int> ends = [0, .. Enumerable.Range((512 * 3) + 1000, 25), 512 * 8, .. Enumerable.Range((512 * 12) + 5, 508)];
        for (int length = 0; length <= tar.Length; length++)
        {
            byte[] part = tar[..length];
            if (ends.Contains(length))
                Assert.That(() => LayerRecord.Read(part), Throws.Nothing, length.ToString());
            else
                Assert.That(() => LayerRecord.Read(part), Throws.TypeOf<LayerException>(), length.ToString());
        }
    }

    // So umoci's `insert` ends a layer, and Go's tar writer when nobody closes it.
    [TestCase(1), TestCase(511), TestCase(513)]
    public void LastEntryWithoutPadding_IsComplete(int size)
    {
        byte[] tar = new TarBuilder().File("a", "x").File("b", new string('y', size)).ToArray();
        LayerRecord record = LayerRecord.Read(tar[..(1536 + size)]);
        Assert.That(record.Lines, Is.EqualTo(new[] { "File a", "File b" }));
        Assert.That(record.DataOf("b"), Has.Length.EqualTo(size));
    }

    [Test]
    public void WhatIsNoTar_IsNamed()
    {
        foreach (string text in new[] { "hello", "a text of a file ".PadRight(600, 'x'), "\x7f" + "ELF".PadRight(5000, '\x01') })
            Assert.That(Assert.Throws<LayerException>(() => LayerRecord.Read(Latin(text)))!.Message, Does.StartWith("it is not a tar archive"), text);
    }

    [Test]
    public void AStreamThatTrickles_IsReadTheSame()
    {
        byte[] tar = new TarBuilder().Pax(("path", new string('p', 200))).File("a", new string('x', 100_000)).Link("b", "c").File("d", "y").End();
        LayerRecord whole = LayerRecord.Read(tar), trickled = LayerRecord.Read(new Trickle(tar));
        Assert.That(trickled.Lines, Is.EqualTo(whole.Lines));
        Assert.That(trickled.Data, Is.EqualTo(whole.Data));
    }

    [Test]
    public void UnreadData_IsSkipped()
    {
        TarReader reader = new(new MemoryStream(new TarBuilder().File("a", new string('x', 1000)).File("b", "yz").End()), LayerLimits.Default);
        reader.Next();
        Assert.That(reader.ReadData(new byte[10]), Is.EqualTo(10));
        Assert.That(reader.DataLeft, Is.EqualTo(990));
        Assert.That(Text(reader.Next()!.Path), Is.EqualTo("b"));
        Assert.That(Encoding.Latin1.GetString(reader.BorrowData()), Is.EqualTo("yz"));
        Assert.That(reader.BorrowData().IsEmpty);
        Assert.That(reader.Next(), Is.Null);
        Assert.That(reader.Next(), Is.Null);
    }

    [Test]
    public void Messages_AreShortAndPrintable()
    {
        LayerException e = Assert.Throws<LayerException>(() => LayerRecord.Read(new TarBuilder().Pax(("path", "../\x1b[31m`\\\n" + new string('x', 3000))).File("a").End()))!;
        Assert.That(e.Message, Does.StartWith(@"entry `../\x1b[31m\x60\x5c\x0a").And.EndWith("x`: leads out of the layer"));
        Assert.That(e.Message, Has.Length.LessThan(300));
        e = Assert.Throws<LayerException>(() => LayerRecord.Read(new TarBuilder().File("../" + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("ä\u202ex"))).End()))!;
        Assert.That(e.Message, Is.EqualTo(@"entry `../ä\xe2\x80\xaex`: leads out of the layer"));
    }

    [Test]
    public void Cancelled_Stops()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(() => LayerReader.Read(new MemoryStream(new TarBuilder().File("a").End()), new LayerRecord(), LayerLimits.Default, source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Gives a few bytes at a time, never as many as are wanted.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (int)(Position % 97)));
    }
}
