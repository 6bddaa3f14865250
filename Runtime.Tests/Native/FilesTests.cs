using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.NativeSuite;

/// <summary>Calls with names of bytes, and whole files.</summary>
public sealed class FilesTests
{
    [Test]
    public void NamesOfBytes_EndWithTheirOnlyNul()
    {
        using FileDescriptor folder = Files.Open(null, "/", Open.O_RDONLY | Open.O_DIRECTORY);
        Assert.That(() => Files.TryOpen(folder, "etc"u8, 0), Throws.ArgumentException);
        Assert.That(() => Files.TryOpen(folder, "etc\0passwd\0"u8, 0), Throws.ArgumentException);
        Assert.That(() => Files.TryStat(folder, ReadOnlySpan<byte>.Empty, out _), Throws.ArgumentException);
        Assert.That(Files.TryStat(folder, "etc\0"u8, out statx status), Is.EqualTo((nint)0));
        Assert.That(status.stx_mode & Open.S_IFMT, Is.EqualTo(Open.S_IFDIR));
        Assert.That(Files.TryStat(folder, "none \xff\0"u8, out _), Is.EqualTo((nint)(-Errno.ENOENT)));
    }

    [TestCase(0, 100)]
    [TestCase(4095, 4095)]
    [TestCase(4096, 4096)]
    [TestCase(4097, 100_000)]
    [TestCase(200_000, 200_000)]
    public void ReadAll_ReadsFilesOfAnySize_UpToTheLimit(int size, int limit)
    {
        byte[] bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        string path = $"{TestRun.Folder}/bytes{TestRun.NextBox()}";
        File.WriteAllBytes(path, bytes);
        byte[] Read(int most)
        {
            using FileDescriptor file = Files.Open(null, path, Open.O_RDONLY);
            return Files.ReadAll(file, path, most);
        }
        Assert.That(Read(limit), Is.EqualTo(bytes));
        if (size > 0)
            Assert.That(() => Read(size - 1), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith($"is larger than {size - 1} bytes"));
        File.Delete(path);
    }

    [Test]
    public void ReadAll_ReadsWhatComesInPieces()
    {
        // procfs gives no size, and a page at a time.
        string own = Files.TryReadText(null, "/proc/self/mountinfo")!, same = File.ReadAllText("/proc/self/mountinfo");
        Assert.That(own, Is.EqualTo(same));
        string maps = Files.TryReadText(null, "/proc/self/maps")!;
        Assert.That(maps, Has.Length.GreaterThan(4096).And.EndsWith("\n"));
    }
}
