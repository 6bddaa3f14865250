using NUnit.Framework;
using Vessel.Images.Layers;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Layers;

/// <summary>What other programs write is read as they mean it.</summary>
public sealed class TarProgramsTests
{
    private string folder = "";

    [SetUp]
    public void MakeFiles()
    {
        folder = Directory.CreateTempSubdirectory("tar").FullName;
        string from = folder + "/from", deep = from + "/" + new string('d', 120) + "/" + new string('e', 120);
        Directory.CreateDirectory(deep);
        File.WriteAllText(deep + "/" + new string('f', 90), "deep");
        File.WriteAllText(from + "/ä ☃", "name");
        File.WriteAllText(from + "/big", new string('x', 300_000));
        File.CreateSymbolicLink(from + "/link", new string('l', 200));
        using (FileStream sparse = new(from + "/sparse", FileMode.Create))
        {
            sparse.Write("begin"u8);
            sparse.Position = 10 << 20;
            sparse.Write("middle"u8);
            sparse.SetLength(20 << 20);
        }
        foreach (string path in Directory.GetFileSystemEntries(from, "*", SearchOption.AllDirectories))
            if (new FileInfo(path).LinkTarget is null)
                File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddTicks(12_345_678_901_234_567));
    }

    [TearDown]
    public void RemoveFiles() => Directory.Delete(folder, recursive: true);

    private void IsTheSame(LayerRecord record, bool hasNanoseconds)
    {
        string from = folder + "/from";
        foreach (string path in Directory.GetFileSystemEntries(from, "*", SearchOption.AllDirectories))
        {
            string name = System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(path[(from.Length + 1)..]));
            LayerEntry entry = record[name];
            if (new FileInfo(path).LinkTarget is { } target)
            {
                Assert.That(LayerRecord.TextOf(entry.LinkTarget), Is.EqualTo(target));
                continue;
            }
            Assert.That(entry.Seconds, Is.EqualTo(1_234_567_890), name);
            Assert.That(entry.Nanoseconds, Is.EqualTo(hasNanoseconds ? 123_456_700 : 0), name);
            Assert.That(entry.Mode, Is.EqualTo(Host.Stat(path).stx_mode & 0xfffu), name);
            if (!File.Exists(path))
                continue;
            byte[] content = new byte[entry.Size];
            int at = 0;
            byte[] data = record.Data[record.Entries.IndexOf(entry)];
            foreach (SparseSegment segment in entry.Sparse ?? [new SparseSegment(0, entry.Size)])
            {
                data.AsSpan(at, (int)segment.Length).CopyTo(content.AsSpan((int)segment.Offset));
                at += (int)segment.Length;
            }
            Assert.That(content.AsSpan().SequenceEqual(File.ReadAllBytes(path)), name);
        }
    }

    private LayerRecord Read(params string[] command)
    {
        new Launch(command[0], command[1..]) { WorkingFolder = folder + "/from" }.Start().Wait().Succeeded();
        using FileStream tar = File.OpenRead(folder + "/tar");
        return LayerRecord.Read(tar);
    }

    [TestCase("gnu", "1.0", false)]
    [TestCase("oldgnu", "1.0", false)]
    [TestCase("pax", "0.0", true)]
    [TestCase("pax", "0.1", true)]
    [TestCase("pax", "1.0", true)]
    public void GnuTar(string format, string sparse, bool hasNanoseconds)
    {
        LayerRecord record = Read(Require.Program("tar", "tar"), "--format", format, "--sparse", "--sparse-version", sparse, "-cf", folder + "/tar", ".");
        IsTheSame(record, hasNanoseconds);
        string deep = Directory.GetFiles(folder + "/from", "sparse").Single();
        // A filesystem without holes has none to tell.
        if (Host.Stat(deep).stx_blocks < 1000)
            Assert.That(record["sparse"].Sparse, Is.Not.Null);
    }

    [TestCase("GNU_FORMAT", false)]
    [TestCase("PAX_FORMAT", true)]
    public void Python(string format, bool hasNanoseconds)
    {
        // It rounds times as floating numbers do.
        string script = $"import tarfile\nwith tarfile.open('{folder}/tar','w',format=tarfile.{format}) as t:\n  t.add('.',filter=lambda i:(setattr(i,'mtime',{(hasNanoseconds ? "i.mtime" : "int(i.mtime)")}),i)[1])";
        LayerRecord record = Read(Require.Program("python3", "python3"), "-c", script);
        IsTheSame(LayerRecordWithExactTimes(record, hasNanoseconds), hasNanoseconds);
    }

    private static LayerRecord LayerRecordWithExactTimes(LayerRecord record, bool hasNanoseconds)
    {
        if (hasNanoseconds)
            Assert.That(record["big"].Nanoseconds, Is.EqualTo(123_456_700).Within(1000));
        LayerRecord exact = new();
        foreach ((LayerEntry entry, byte[] data) in record.Entries.Zip(record.Data))
        {
            exact.Entries.Add(new LayerEntry { Path = entry.Path, Kind = entry.Kind, Mode = entry.Mode, LinkTarget = entry.LinkTarget, Size = entry.Size, Sparse = entry.Sparse, Seconds = entry.Seconds, Nanoseconds = hasNanoseconds ? 123_456_700u : 0 });
            exact.Data.Add(data);
        }
        return exact;
    }
}
