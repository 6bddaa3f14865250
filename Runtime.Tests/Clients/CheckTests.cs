using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary><c>system check</c> finds what a disk has done to the store, and a pull after its repair brings everything back.</summary>
public sealed class CheckTests : ImageTest
{
    [TestCase("content/blobs", "has other bytes than its name says")]
    [TestCase("layers", "is not complete")]
    public void Damage_IsFoundAndRepaired(string part, string problem)
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Assert.That(Vessel("system", "check").Output, Is.EqualTo("1 images, 2 layers, 4 blobs are as they should be\n"));
        string file = Stored(part).Where(f => part != "layers" || f.EndsWith("/layer.json")).OrderByDescending(f => new FileInfo(f).Length).First();
        File.WriteAllText(file, "damaged");

        Outcome check = Vessel("system", "check");
        Assert.That(check.ExitCode, Is.EqualTo(1));
        Assert.That(check.Output, Does.Contain(problem).And.Contain("lacks"));
        Assert.That(Vessel("system", "check", "--repair").ExitCode, Is.Zero);
        Assert.That(Vessel("images", "-q").Output, Is.Empty);
        Vessel("pull", "tour:v1").Succeeded();
        Assert.That(Vessel("system", "check").Output, Is.EqualTo("1 images, 2 layers, 4 blobs are as they should be\n"));
    }

    [Test]
    public void OneDamagedImage_HindersNobodyElse_AndLosesNothingOfOthers()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        string record = Stored("images").Single(f => !f.EndsWith("/names.json"));
        Vessel("import", "-c", "CMD true", SomeTar(), "mine:v1").Succeeded();
        File.WriteAllText(record, "{");
        Assert.That(Vessel("image", "inspect", "tour:v1").Error, Does.StartWith("vessel: image ").And.Contain("is damaged").And.Contain("system check --repair"));
        Assert.That(Vessel("rmi", "mine:v1").Succeeded().Output, Does.StartWith("Untagged: mine:v1\nDeleted: "));
        Vessel("image", "prune", "-af").Succeeded();
        // What it is made of nobody knows, so that nothing goes; and to pull it again moves nothing.
        Assert.That(Vessel("pull", "tour:v1").Succeeded().Output, Does.Contain(": Already exists").And.Not.Contain("Pull complete"));
        Assert.That(Vessel("system", "check").ExitCode, Is.Zero);
        Vessel("rmi", "tour:v1").Succeeded();
        Assert.That(Stored("content").Concat(Stored("layers")), Is.Empty);
    }

    [TestCase("erofs")]
    [TestCase("overlay2")]
    public void OneChangedByteOfAFile_IsFound(string driver)
    {
        Registry.Make("library/tour:v1");
        Outcome pull = Vessel("--storage-driver", driver, "pull", "tour:v1");
        Require.That(pull.ExitCode == 0, $"needs a kernel that mounts erofs: {pull.Error}");
        Assert.That(Vessel("system", "check").Output, Is.EqualTo("1 images, 2 layers, 4 blobs are as they should be\n"));
        Assert.That(Vessel("image", "inspect", "-f", "{{.GraphDriver.Name}}", "tour:v1").Text, Is.EqualTo(driver));
        byte[] text = "hello from the second layer"u8.ToArray();
        string file = Stored("layers").Single(f => (Host.Stat(f).stx_mode & Open.S_IFMT) == Open.S_IFREG && File.ReadAllBytes(f).AsSpan().IndexOf(text) >= 0);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.AsSpan().IndexOf(text)] ^= 1;
        File.WriteAllBytes(file, bytes);
        Outcome check = Vessel("system", "check");
        Assert.That(check.ExitCode, Is.EqualTo(1));
        Assert.That(check.Output, Does.Contain(" has other files than its blob sha256:"));
        Assert.That(Stored("layers/making"), Is.Empty);
    }

    private string SomeTar()
    {
        File.WriteAllBytes(Box.Folder + "/some.tar", new TarBuilder().File("f", "some").End());
        return Box.Folder + "/some.tar";
    }
}
