using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Images out of the store and in again: to a registry, to a file, and what other tools make of these.</summary>
public sealed class ArchiveTests : ImageTest
{
    [Test]
    public void Push_KeepsTheDigest_AndSendsALayerOnce()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        string name = $"{Registry.Address}/mine/tour:v2";
        Vessel("tag", "tour:v1", name).Succeeded();
        Outcome push = Vessel("push", name);
        push.Succeeded();
        string digest = LocalRegistry.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{name}").Text;
        Assert.That(push.Output, Does.StartWith($"The push refers to repository [{Registry.Address}/mine/tour]\n").And.Contain($"v2: digest: {digest} size: "));
        Assert.That(Vessel("push", name).Output.Split('\n').Count(l => l.EndsWith(": Layer already exists")), Is.EqualTo(2));
        Assert.That(Vessel("image", "inspect", "-f", "{{json .RepoDigests}}", name).Output, Does.Contain($"{Registry.Address}/mine/tour@{digest}"));
    }

    [TestCase("docker-archive")]
    [TestCase("oci-archive")]
    public void Save_IsReadByOthers(string kind)
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Vessel("save", "-o", Box.Folder + "/saved.tar", "tour:v1").Succeeded();
        string id = Vessel("images", "-q", "--no-trunc").Text;
        Outcome config = LocalRegistry.Skopeo("inspect", "--config", "--raw", $"{kind}:{Box.Folder}/saved.tar");
        Assert.That("sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(config.Output))), Is.EqualTo(id));
    }

    [TestCase("docker-archive", ":mine/tour:v1")]
    [TestCase("oci-archive", ":mine/tour:v1")]
    public void Load_TakesWhatOthersSave(string kind, string name)
    {
        Registry.Make("library/tour:v1");
        string file = Box.Folder + "/other.tar";
        LocalRegistry.Skopeo("copy", "-q", "--insecure-policy", "--src-tls-verify=false", $"docker://{Registry.Address}/library/tour:v1", $"{kind}:{file}{name}");
        Assert.That(VesselWith(File.ReadAllBytes(file), "load").Output, Is.EqualTo("Loaded image: mine/tour:v1\n"));
        Assert.That(Vessel("images", "--format", "{{.Repository}}:{{.Tag}}").Text, Is.EqualTo("mine/tour:v1"));
        Assert.That(Vessel("history", "-q", "mine/tour:v1").Output, Does.Contain("<missing>"));
    }

    [Test]
    public void Load_OfHalfAnArchive_LeavesNothing()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "tour:v1").Succeeded();
        Vessel("save", "-o", Box.Folder + "/saved.tar", "tour:v1").Succeeded();
        Vessel("rmi", "tour:v1").Succeeded();
        byte[] whole = File.ReadAllBytes(Box.Folder + "/saved.tar");
        foreach (int length in (int[])[1000, whole.Length / 2])
            Assert.That(VesselWith(whole[..length], "load").ExitCode, Is.EqualTo(1));
        Assert.That(Stored("layers").Concat(Stored("leases")), Is.Empty);
        Assert.That(Vessel("images", "-q").Output, Is.Empty);
    }

    [Test]
    public void Save_OfNothing_LeavesNoFile()
    {
        Outcome save = Vessel("save", "-o", Box.Folder + "/saved.tar", "nope");
        Assert.That(save.ExitCode, Is.EqualTo(1));
        Assert.That(save.Error, Is.EqualTo("vessel: No such image: nope:latest\n"));
        Assert.That(Directory.GetFiles(Box.Folder, "saved*"), Is.Empty);
    }
}
