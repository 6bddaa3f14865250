using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;
using static Vessel.Tests.Support.TarBuilder;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>Damaged tars: the reader's only answers are entries that keep its promises, and a <see cref="LayerException"/>.</summary>
public sealed class TarMutationTests
{
    // Whatever a few kilobytes claim: names, headers and the reader's own buffer.
    private const long MostMemory = 8 << 20;

    private static readonly int Cases = Fuzz.Times(8_000);

    private static readonly LayerLimits Limits = new() { MaximumUnpackedBytes = 1 << 20, MaximumStreamBytes = 1 << 20, MaximumSparseSegments = 100 };

    private static byte[] Sample() => new TarBuilder()
        .Directory("./").Directory("etc/").File("etc/passwd", "root:x:0:0")
        .Pax(("path", "usr/bin/ping"), ("mtime", "-1.5"), ("uid", "70000"), ("SCHILY.xattr.security.capability", "\x01\0\0\x02"), ("LIBARCHIVE.xattr.user.x", "AQI")).File("x", "12345")
        .Long('L', "a/long/name").Long('K', "a/long/target").Entry('2', "y", link: "z", change: Gnu)
        .HardLink("h", "etc/passwd").Node('3', "dev/null", 1, 3).Node('6', "p")
        .File("etc/.wh.shadow").File("etc/.wh..wh..opq")
        .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "1000")).File("q", "1\n500\n5\n".PadRight(512, '\0') + "abcde")
        .Entry('S', "old", Latin("abc"), change: h => { Gnu(h); Octal(h, 386, 12, 7); Octal(h, 398, 12, 3); Octal(h, 483, 12, 500); })
        .Global(("gid", "7")).Entry('0', "big", change: h => Base256(h, 108, 8, 3_000_000)).End();

    [Test]
    public void DamagedTars_GiveEntriesOrALayerException()
    {
        byte[] sample = Sample();
        int read = 0, refused = 0;
        for (int seed = 0; seed < Cases; seed++)
        {
            byte[] tar = Damage(sample, new Random(seed));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Check(LayerRecord.Read(tar, Limits));
                read++;
            }
            catch (LayerException e)
            {
                Assert.That(e.Message, Has.Length.InRange(5, 1000), $"seed {seed}");
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostMemory), $"seed {seed}");
        }
        // Both happen, or the damage is of the wrong kind.
        Assert.That(read, Is.GreaterThan(Cases / 50));
        Assert.That(refused, Is.GreaterThan(Cases / 50));
    }

    private static void Check(LayerRecord record)
    {
        for (int i = 0; i < record.Entries.Count; i++)
        {
            LayerEntry entry = record.Entries[i];
            string path = LayerRecord.TextOf(entry.Path);
            Assert.That(path.Split('/'), Has.None.EqualTo("..").And.None.EqualTo(".").And.None.StartsWith(".wh."), path);
            Assert.That(path.Length == 0 ? "x" : path, Does.Not.StartWith("/").And.Not.EndsWith("/").And.Not.Contain("//").And.Not.Contain("\0"));
            Assert.That(entry.Mode, Is.LessThan(0x1000));
            Assert.That(entry.Uid, Is.Not.EqualTo(uint.MaxValue));
            Assert.That(entry.Nanoseconds, Is.LessThan(1_000_000_000));
            Assert.That(entry.LinkTarget.Span.Contains((byte)0), Is.False);
            // What a whiteout's file has in it means nothing.
            if (entry.Kind is not (LayerEntryKind.Whiteout or LayerEntryKind.OpaqueMark))
                Assert.That((long)record.Data[i].Length, Is.EqualTo(entry.Sparse?.Sum(s => s.Length) ?? entry.Size));
        }
    }

    private static byte[] Damage(byte[] sample, Random random)
    {
        List<byte> tar = [.. sample];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(tar.Count), length = random.Next(1, 40);
            switch (random.Next(8))
            {
                case 0: tar[at] = (byte)random.Next(256); break;
                case 1: tar[at] = (byte)"\0 /.019-=\n\x80\xffxgLKSw"[random.Next(18)]; break;
                case 2: tar.RemoveRange(at, Math.Min(length, tar.Count - at)); break;
                case 3: tar.InsertRange(at, sample.Skip(random.Next(sample.Length)).Take(length)); break;
                case 4: tar.RemoveRange(at / 512 * 512, Math.Min(512, tar.Count - at / 512 * 512)); break;
                case 5: tar.InsertRange(at / 512 * 512, sample.AsSpan(random.Next(sample.Length / 512) * 512, 512).ToArray()); break;
                case 6: tar[at / 512 * 512 + 156 < tar.Count ? at / 512 * 512 + 156 : at] = (byte)"01234567xgLKS\0V"[random.Next(15)]; break;
                default: tar.RemoveRange(at, tar.Count - at); break;
            }
            if (tar.Count == 0)
                break;
        }
        byte[] damaged = [.. tar];
        // Mostly the checksums are made right again: else nothing behind them would be met.
        if (random.Next(8) > 0)
            for (int at = 0; at + 512 <= damaged.Length; at += 512)
            {
                if (!damaged.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
                    continue;
                byte[] header = damaged[at..(at + 512)];
                SetChecksum(header);
                header.CopyTo(damaged, at);
            }
        return damaged;
    }
}
