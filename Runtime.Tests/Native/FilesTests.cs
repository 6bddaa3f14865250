using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.NativeSuite;

/// <summary>Calls with names of bytes.</summary>
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
}
