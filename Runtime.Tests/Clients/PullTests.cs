using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>From a registry to a running container.</summary>
public sealed class PullTests : ImageTest
{
    [Test]
    public void Pull_SaysWhatDockerSays()
    {
        Registry.Make("library/tour:latest");
        Outcome pull = Vessel("pull", "tour");
        pull.Succeeded();
        string[] lines = pull.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Multiple(() =>
        {
            Assert.That(lines[0], Is.EqualTo("Using default tag: latest"));
            Assert.That(lines[1], Is.EqualTo("latest: Pulling from library/tour"));
            Assert.That(lines.Count(l => l.EndsWith(": Pull complete")), Is.EqualTo(2));
            Assert.That(lines[^3], Does.Match("^Digest: sha256:[0-9a-f]{64}$"));
            Assert.That(lines[^2], Is.EqualTo("Status: Downloaded newer image for tour:latest"));
            Assert.That(lines[^1], Is.EqualTo("docker.io/library/tour:latest"));
            Assert.That(pull.Output, Does.Not.Contain("\e"));
        });
        Outcome again = Vessel("pull", "tour");
        Assert.That(again.Output, Does.Contain("Status: Image is up to date for tour:latest"));
        Assert.That(Vessel("pull", "-q", "tour").Output, Is.EqualTo("docker.io/library/tour:latest\n"));
        Assert.That(Vessel("images").Output, Does.Match(@"^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\ntour +latest +[0-9a-f]{12} +.* ago +[0-9.]+MB\n$"));
    }

    [TestCase("gzip")]
    [TestCase("zstd")]
    [TestCase("docker")]
    public void Image_BecomesABundle_ThatRuns(string form)
    {
        if (form == "zstd")
            Registry.MakeByZstd("library/tour:v1");
        else
            Registry.Make("library/tour:v1", form == "docker" ? ["--format", "v2s2"] : []);
        Vessel("pull", "tour:v1").Succeeded();
        Assert.That(Stored("content").Count(f => File.ReadAllBytes(f).AsSpan().StartsWith(form == "zstd" ? [0x28, 0xb5, 0x2f, 0xfd] : (ReadOnlySpan<byte>)[0x1f, 0x8b])), Is.EqualTo(2));
        string bundle = Box.Folder + "/bundle";
        Vessel("bundle", "tour:v1", bundle).Succeeded();
        try
        {
            Outcome run = Call("run", "-b", bundle, Box.Name + "x");
            run.Succeeded();
            // By the image's user, folder, environment and layers: what the second takes away is gone, what it hides hidden.
            Assert.That(run.Output, Is.EqualTo("1000\n/tmp\nblue\nhello from the second layer\n/etc:\npasswd\n\n/home:\n"));
            Assert.That(File.ReadAllText(bundle + "/changes/upper/tmp/new"), Is.EqualTo("new\n"));
            Assert.That(Stored("layers").Where(f => f.EndsWith("/tmp/new")), Is.Empty);
        }
        finally
        {
            Mounts.TryUnmount(bundle + "/rootfs");
        }
    }

    [Test]
    public void Bundle_ThatIsACopy_RunsAndNeedsNothing()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        string bundle = Box.Folder + "/bundle";
        Vessel("bundle", "--copy", "tour:v1", bundle).Succeeded();
        Assert.That(Host.MountsOf("self").Select(m => m.Point), Does.Not.Contain(bundle + "/rootfs"));
        Assert.That(Directory.GetFileSystemEntries(bundle).Select(Path.GetFileName), Is.EquivalentTo(new[] { "config.json", "rootfs" }));
        Vessel("rmi", "tour:v1").Succeeded();
        Assert.That(Stored("layers"), Is.Empty);
        Assert.That(Call("run", "-b", bundle, Box.Name + "x").Succeeded().Output, Is.EqualTo("1000\n/tmp\nblue\nhello from the second layer\n/etc:\npasswd\n\n/home:\n"));
    }

    [Test]
    public void Layers_OfABundle_StayUntilItIsGone()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        string bundle = Box.Folder + "/bundle";
        Vessel("bundle", "tour:v1", bundle).Succeeded();
        try
        {
            Vessel("rmi", "tour:v1").Succeeded();
            Assert.That(Call("run", "-b", bundle, Box.Name + "x").Succeeded().Output, Does.Contain("hello from the second layer"));
        }
        finally
        {
            Mounts.TryUnmount(bundle + "/rootfs");
        }
        Directory.Delete(bundle, recursive: true);
        Vessel("image", "prune", "-f").Succeeded();
        Assert.That(Stored("layers").Concat(Stored("bundles")), Is.Empty);
    }

    [Test]
    public void Bundle_InAFolderWithSomethingInIt_ChangesNothing()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        string bundle = Directory.CreateDirectory(Box.Folder + "/bundle").FullName;
        File.WriteAllText(bundle + "/mine", "");
        Outcome refused = Vessel("bundle", "tour:v1", bundle);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Is.EqualTo($"vessel: {bundle} is not empty\n"));
        Assert.That(Directory.GetFileSystemEntries(bundle), Is.EqualTo(new[] { bundle + "/mine" }));
        Assert.That(Vessel("bundle", "tour:v1", bundle + "/mine").Error, Is.EqualTo($"vessel: {bundle}/mine is a file; a bundle is a folder\n"));
        Assert.That(Vessel("bundle", "tour:v1", "").Error, Is.EqualTo("vessel: a bundle is a folder, and its path is empty\n"));
        Assert.That(Stored("bundles"), Is.Empty);
    }

    [Test]
    public void Pull_ByDigest_IsThatContent()
    {
        Registry.Make("library/tour:v1");
        string digest = LocalRegistry.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{Registry.Address}/library/tour:v1").Text;
        Vessel("pull", $"tour@{digest}").Succeeded();
        Assert.That(Vessel("images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}").Text, Is.EqualTo($"tour <none> {digest}"));
    }

    [Test]
    public void Pull_OfNothing_LeavesNothing()
    {
        Registry.Make("library/tour:v1");
        Outcome pull = Vessel("pull", $"{Registry.Address}/library/tour:nope");
        Assert.That(pull.ExitCode, Is.EqualTo(1));
        Assert.That(pull.Error, Is.EqualTo($"vessel: manifest for {Registry.Address}/library/tour:nope not found: manifest unknown\n"));
        Assert.That(Stored("images").Concat(Stored("content")).Concat(Stored("layers")).Concat(Stored("leases")), Is.Empty);
    }

    [Test]
    public void SecondImage_WithTheSameLayers_FetchesThemNot()
    {
        Registry.Make("library/tour:v1");
        Registry.Make("library/same:v1");
        Registry.Change("--config.env", "A=1");
        Registry.Make("library/other:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Assert.That(Vessel("pull", "other:v1").Output.Split('\n').Count(l => l.EndsWith(": Already exists")), Is.EqualTo(2));
        // Of the same image by another name there is nothing to tell of layers.
        Assert.That(Vessel("pull", "same:v1").Output, Does.Match("^v1: Pulling from library/same\nDigest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for same:v1\ndocker.io/library/same:v1\n$"));
    }

    [Test]
    public void Remove_TakesAllOfIt()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Vessel("tag", "tour:v1", "mine:v2").Succeeded();
        Assert.That(Vessel("rmi", "mine:v2").Output, Is.EqualTo("Untagged: mine:v2\n"));
        Assert.That(Vessel("rmi", "tour:v1").Output, Does.Match("^Untagged: tour:v1\nUntagged: tour@sha256:[0-9a-f]{64}\nDeleted: sha256:[0-9a-f]{64}\n(Deleted: sha256:[0-9a-f]{64}\n){2}$"));
        Assert.That(Stored("content").Concat(Stored("layers")).Concat(Stored("images")), Is.EqualTo(new[] { DataRoot + "/images/names.json" }));
    }
}
