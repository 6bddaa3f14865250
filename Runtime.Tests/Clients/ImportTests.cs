using System.Formats.Tar;
using System.IO.Compression;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>A root filesystem in a tar becomes an image.</summary>
public sealed class ImportTests : ImageTest
{
    private static byte[] Rootfs()
    {
        using MemoryStream tar = new();
        TarFile.CreateFromDirectory(Path.Combine(Host.ProjectFolder, "out/fixtures/busybox/rootfs"), tar, includeBaseDirectory: false);
        return tar.ToArray();
    }

    private static byte[] Packed(byte[] bytes, string program)
    {
        if (program == "gzip")
        {
            using MemoryStream packed = new();
            using (GZipStream gzip = new(packed, CompressionMode.Compress))
                gzip.Write(bytes);
            return packed.ToArray();
        }
        string file = Path.Combine(TestRun.Folder, $"packed{TestRun.NextBox()}");
        File.WriteAllBytes(file, bytes);
        new Launch(Require.Program(program, program == "xz" ? "xz-utils" : program), ["-q", file]).Start().Wait().Succeeded();
        string result = file + program switch { "xz" => ".xz", "bzip2" => ".bz2", _ => ".zst" };
        byte[] read = File.ReadAllBytes(result);
        File.Delete(result);
        File.Delete(file);
        return read;
    }

    [TestCase(null)]
    [TestCase("gzip")]
    [TestCase("zstd")]
    [TestCase("xz")]
    [TestCase("bzip2")]
    public void Rootfs_BecomesAnImageThatRuns(string? program)
    {
        byte[] rootfs = Rootfs();
        Outcome import = VesselWith(program is null ? rootfs : Packed(rootfs, program), "import", "-c", "CMD [\"/bin/sh\", \"-c\", \"echo $WORD; pwd\"]", "--change", "ENV WORD=hello", "-c", "WORKDIR /tmp", "-m", "by hand", "-", "mine:v1").Succeeded();
        Assert.That(import.Text, Does.Match("^sha256:[0-9a-f]{64}$"));
        Assert.That(Vessel("images", "-q", "--no-trunc", "mine:v1").Text, Is.EqualTo(import.Text));
        Assert.That(Vessel("history", "--format", "{{.Comment}}", "mine:v1").Text, Is.EqualTo("by hand"));
        Vessel("bundle", "mine:v1", Box.Folder + "/b").Succeeded();
        Outcome run = Call("run", "-b", Box.Folder + "/b", Box.Name + "i");
        Mounts.TryUnmount(Box.Folder + "/b/rootfs");
        Assert.That(run.Lines, Is.EqualTo(new[] { "hello", "/tmp" }), run.ToString());
    }

    [Test]
    public void WithoutAName_ItHasItsId()
    {
        File.WriteAllBytes(Box.Folder + "/r.tar", Rootfs());
        string id = Vessel("import", Box.Folder + "/r.tar").Succeeded().Text;
        Assert.That(Vessel("images", "--format", "{{.Repository}} {{.Tag}} {{.ID}}", "--no-trunc").Text, Is.EqualTo($"<none> <none> {id}"));
        Assert.That(Vessel("history", "--format", "{{.Comment}}", id).Text, Is.EqualTo("Imported from -"));
    }

    [Test]
    public void APushedOne_IsPulledAgain()
    {
        string id = VesselWith(Rootfs(), "import", "-", $"{Registry.Address}/mine:v1").Succeeded().Text;
        Vessel("push", $"{Registry.Address}/mine:v1").Succeeded();
        Vessel("rmi", id).Succeeded();
        Vessel("pull", $"{Registry.Address}/mine:v1").Succeeded();
        Assert.That(Vessel("images", "-q", "--no-trunc").Text, Is.EqualTo(id));
    }

    [Test]
    public void WhatIsNoRootfs_IsRefused_AndLeavesNothing()
    {
        byte[] rootfs = Rootfs();
        byte[] xz = Packed(rootfs, "xz");
        foreach ((byte[] input, string words) in new[]
        {
            ("no tar at all, but some text that is long enough to be looked at"u8.ToArray(), "vessel: import: it is not a tar archive"),
            (rootfs[..(rootfs.Length / 2)], "vessel: layer sha256:"),
            (Packed(rootfs, "gzip")[..100_000], "vessel: "),
            (xz[..(xz.Length / 2)], "vessel: xz cannot decompress it: "),
        })
        {
            Outcome import = VesselWith(input, "import", "-", "mine:v1");
            Assert.That(import.ExitCode, Is.EqualTo(1), import.ToString());
            Assert.That(import.Error, Does.StartWith(words));
        }
        Assert.That(Vessel("import", Box.Folder + "/none.tar").Error, Is.EqualTo($"vessel: open {Box.Folder}/none.tar: no such file or directory (ENOENT)\n"));
        Assert.That(VesselWith(rootfs, "import", "-c", "RUN true", "-").Error, Is.EqualTo("vessel: RUN is not a valid change command\n"));
        Assert.That(Stored("layers").Concat(Stored("leases")), Is.Empty);
        Assert.That(Vessel("images", "-q").Output, Is.Empty);
    }
}
