using System.IO.Compression;
using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;
using static Vessel.Tests.Support.TarBuilder;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>Bombs: a small stream that claims much, or a long one of little. The answer comes soon, and takes no memory.</summary>
[NonParallelizable]
public sealed class TarLimitTests
{
    private static void Refused(Stream tar, string words, LayerLimits? limits = null, long megabytes = 24)
    {
        GC.Collect();
        long before = GC.GetTotalMemory(true), peak = 0;
        using Timer watch = new(_ => peak = Math.Max(peak, GC.GetTotalMemory(false)), null, 0, 5);
        Assert.That(() => LayerReader.Read(tar, new Nothing(), limits ?? LayerLimits.Default, CancellationToken.None),
            Throws.TypeOf<LayerException>().With.Message.Contains(words));
        GC.Collect();
        Assert.That(GC.GetTotalMemory(true) - before, Is.LessThan(megabytes << 20));
        // Garbage is collected when it suits; what is held is a part of it.
        Assert.That(peak - before, Is.LessThan(512L << 20));
    }

    private static void Refused(TarBuilder tar, string words, LayerLimits? limits = null) => Refused(new MemoryStream(tar.ToArray()), words, limits);

    [Test]
    public void TenMillionEmptyEntries() => Refused(new Repeated(new TarBuilder().File("a").ToArray(), 10_000_000), "more than 4000000 entries");

    [Test]
    public void EndlessGlobalHeaders() =>
        Refused(new Repeated(new TarBuilder().Global(("comment", "x")).ToArray(), long.MaxValue / 2048), "the tar has more than", new() { MaximumStreamBytes = 1 << 28 });

    [Test]
    public void EndlessGarbageAfterTheEnd() =>
        Refused(new Repeated(new byte[1024], long.MaxValue / 2048), "the tar has more than", new() { MaximumStreamBytes = 1 << 28 });

    [Test]
    public void ManyAttributes() =>
        Refused(new TarBuilder().Pax([.. Enumerable.Range(0, 2000).Select(i => ($"SCHILY.xattr.user.{i}", ""))]).File("a"), "more than 1024 extended attributes");

    [TestCase('x')]
    [TestCase('g')]
    [TestCase('L')]
    [TestCase('K')]
    public void AGigabyteOfExtendedHeader_Claimed(char type) =>
        Refused(new TarBuilder().Entry(type, "x", change: h => Octal(h, 124, 12, 1 << 30)), "an extended header of 1073741824 bytes");

    [Test]
    public void ExtendedHeader_OfNegativeSize() => Refused(new TarBuilder().Entry('x', "x", change: h => Base256(h, 124, 12, -512)), "an extended header of -512 bytes");

    [Test]
    public void MillionsOfSparsePieces_Claimed()
    {
        TarBuilder Sparse(string map) => new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "1000000000"))
            .Entry('0', "s", Latin(map), change: h => Octal(h, 124, 12, 1 << 30));
        Refused(Sparse("2000000\n"), "more than 1048576 pieces");
        Refused(Sparse("9223372036854775807\n"), "more than 1048576 pieces");
        Refused(Sparse("1000000\n".PadRight(512, '\n')), "without numbers");
    }

    [Test]
    public void MillionsOfSparsePieces_InBlocks()
    {
        byte[] block = new byte[512];
        for (int i = 0; i < 21; i++)
        {
            Octal(block, i * 24, 12, 0);
            Octal(block, i * 24 + 12, 12, 0);
        }
        block[504] = 1;
        byte[] header = new TarBuilder().Entry('S', "s", change: h => { Gnu(h); h[482] = 1; }).ToArray();
        Refused(new Repeated(block, 10_000_000, header), "more than 1048576 pieces", megabytes: 32);
    }

    [Test]
    public void Sizes_ThatDoNotFit()
    {
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 124, 12, 1L << 40)), "all files would have more than");
        Refused(new TarBuilder().Entry('0', "a", change: h => Base256(h, 124, 12, long.MaxValue)), "all files would have more than");
        Refused(new TarBuilder().File("a", "12345").File("b", "12345").File("c", "1"), "entry `c`: all files would have more than 10 bytes", new() { MaximumUnpackedBytes = 10 });
        // Holes count: whoever copies the tree may fill them.
        Refused(new TarBuilder().Pax(("GNU.sparse.size", "9000000000000"), ("GNU.sparse.map", "0,1")).File("s", "a"), "all files would have more than");
    }

    [Test]
    public void Names_ThatAreTooLong()
    {
        Refused(new TarBuilder().Pax(("path", string.Concat(Enumerable.Repeat("a/", 2049)))).Directory("a"), "a name of 4098 bytes, where 4096 are the most");
        Refused(new TarBuilder().Pax(("path", new string('a', 256))).File("a"), "a part of its path has 256 bytes");
        Refused(new TarBuilder().Pax(("linkpath", new string('a', 4096))).Link("a", "b"), "a link target of 4096 bytes");
        Refused(new TarBuilder().Pax(("path", new string('x', 1_000_000))).File("a"), "a name of 1000000 bytes");
    }

    [Test]
    public void DamagedCompression_IsALayerException()
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new TarBuilder().File("a", new string('x', 100_000)).End());
        byte[] bytes = packed.ToArray();
        bytes[bytes.Length / 2] ^= 0xff;
        bytes[bytes.Length / 2 + 1] ^= 0xff;
        Assert.That(() => LayerReader.Read(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress), new Nothing(), LayerLimits.Default, CancellationToken.None), Throws.TypeOf<LayerException>());
    }

    private sealed class Nothing : ILayerTarget
    {
        public IReadOnlyList<string> Warnings => [];

        public ImpliedFolders Implied { get; } = new();

        public void Add(LayerEntry entry, ILayerData data)
        {
        }

        public void Complete()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>The same bytes over and over, made as they are read.</summary>
    private sealed class Repeated(byte[] part, long times, byte[]? first = null) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int head = first?.Length ?? 0, done = 0;
            while (done < count && position < head + times * part.Length)
            {
                ReadOnlySpan<byte> from = position < head ? first.AsSpan((int)position) : part.AsSpan((int)((position - head) % part.Length));
                int length = Math.Min(from.Length, count - done);
                from[..length].CopyTo(buffer.AsSpan(offset + done));
                done += length;
                position += length;
            }
            return done;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
