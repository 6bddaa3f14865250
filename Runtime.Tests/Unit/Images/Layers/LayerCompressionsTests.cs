using System.IO.Compression;
using NUnit.Framework;
using Vessel.Images.Layers;
using ZstdSharp;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>Layers that were packed in pieces, as those are from which single files can be fetched: eStargz (many members of gzip), zstd:chunked (many frames, and some to be skipped).</summary>
public sealed class LayerCompressionsTests
{
    private static readonly byte[] Whole = new byte[300_000];

    static LayerCompressionsTests() => new Random(1).NextBytes(Whole.AsSpan(0, 100_000));

    [TestCase(1), TestCase(1000), TestCase(99_999), TestCase(300_000)]
    public void Gzip_InMembers_IsTheWhole(int pieceBytes) => Assert.That(Unpacked(Pieces(pieceBytes, Gzip)), Is.EqualTo(Whole));

    [TestCase(1000), TestCase(99_999), TestCase(300_000)]
    public void Zstd_InFrames_IsTheWhole(int pieceBytes)
    {
        Assert.That(Unpacked(Pieces(pieceBytes, Zstd)), Is.EqualTo(Whole));
        Assert.That(Unpacked(Pieces(pieceBytes, piece => [.. Zstd(piece), .. Skippable(100)])), Is.EqualTo(Whole));
    }

    [Test]
    public void Zstd_BeginsAndEndsWithWhatIsToBeSkipped() => Assert.That(Unpacked([.. Skippable(8), .. Zstd(Whole), .. Skippable(50_000), .. Skippable(0)]), Is.EqualTo(Whole));

    [Test]
    public void WhatIsCutOff_IsNoEnd()
    {
        foreach (byte[] packed in new[] { Gzip(Whole), Zstd(Whole), Pieces(50_000, Gzip), Pieces(50_000, Zstd), [.. Zstd(Whole), .. Skippable(1000)] })
            foreach (int lost in new[] { 1, 5, 500 })
                Assert.That(() => Unpacked(packed[..^lost]), Throws.InstanceOf<Exception>(), $"{packed.Length} - {lost}");
    }

    private static byte[] Unpacked(byte[] packed)
    {
        using Stream stream = LayerCompressions.Unpack(new MemoryStream(packed));
        using MemoryStream whole = new();
        stream.CopyTo(whole);
        return whole.ToArray();
    }

    private static byte[] Pieces(int bytes, Func<byte[], byte[]> pack) => [.. Whole.Take(bytes == 1 ? 50 : Whole.Length).Chunk(bytes).SelectMany(pack), .. bytes == 1 ? pack(Whole[50..]) : []];

    private static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest))
            stream.Write(plain);
        return packed.ToArray();
    }

    private static byte[] Zstd(byte[] plain)
    {
        using Compressor compressor = new();
        return compressor.Wrap(plain).ToArray();
    }

    private static byte[] Skippable(int bytes) => [0x5a, 0x2a, 0x4d, 0x18, .. BitConverter.GetBytes(bytes), .. new byte[bytes]];
}
