using System.Text;
using NUnit.Framework;
using Vessel.Images.Bundles;
using Vessel.Oci.Image;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Images.Bundles;

public sealed class ImageSpecTests
{
    private static readonly ImageUser Root = new(0, 0, [10], "/root"), Ordinary = new(1000, 1001, [], "/home/app");

    [TestCase("""  "Entrypoint":["/init","-x"],"Cmd":["sh","-c"] """, "/init|-x|sh|-c")]
    [TestCase("""  "Entrypoint":["/init"] """, "/init")]
    [TestCase("""  "Cmd":["sh"] """, "sh")]
    [TestCase("", "sh")]
    public void Arguments_AreEntrypointThenCommand(string config, string expected) => Assert.That(string.Join('|', Of(config).Process!.Args), Is.EqualTo(expected));

    [TestCase("", "/")]
    [TestCase("""  "WorkingDir":"" """, "/")]
    [TestCase("""  "WorkingDir":"/srv" """, "/srv")]
    [TestCase("""  "WorkingDir":"srv" """, "/srv")]
    public void WorkingFolder_IsAbsolute(string config, string expected) => Assert.That(Of(config).Process!.Cwd, Is.EqualTo(expected));

    [Test]
    public void Environment_IsTheImages_AndWhatItLacks()
    {
        Assert.That(Of("""  "Env":["A=1","PATH=/bin","PATHS=x"] """).Process!.Env, Is.EqualTo(new[] { "A=1", "PATH=/bin", "PATHS=x", "HOSTNAME=host", "HOME=/root" }));
        Assert.That(Of("""  "Env":["HOME=/x","HOSTNAME="] """, Ordinary).Process!.Env, Is.EqualTo(new[] { "HOME=/x", "HOSTNAME=", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }));
    }

    [Test]
    public void User_AndItsCapabilities()
    {
        SpecProcess root = Of("").Process!, ordinary = Of("", Ordinary).Process!;
        Assert.That((root.User!.Uid, root.User.Gid, root.User.AdditionalGids.Single()), Is.EqualTo((0u, 0u, 10u)));
        Assert.That(root.Capabilities!.Effective, Is.EqualTo(root.Capabilities.Bounding));
        Assert.That(root.Capabilities.Bounding, Does.Not.Contain("CAP_SYS_ADMIN").And.Contain("CAP_CHOWN"));
        Assert.That((ordinary.User!.Uid, ordinary.User.Gid), Is.EqualTo((1000u, 1001u)));
        Assert.That(ordinary.Capabilities!.Effective, Is.Null.Or.Empty);
        Assert.That(ordinary.Capabilities.Permitted, Is.Null.Or.Empty);
        foreach (SpecProcess process in new[] { root, ordinary })
        {
            Assert.That(process.Capabilities!.Inheritable, Is.Null.Or.Empty);
            Assert.That(process.Capabilities.Ambient, Is.Null.Or.Empty);
        }
    }

    [Test]
    public void Annotations_AreTheSpecifications_AndTheImagesLabelsWin()
    {
        Spec spec = Of("""  "StopSignal":"SIGQUIT","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Labels":{"org.opencontainers.image.author":"label","a":"b"} """);
        Assert.That(spec.Annotations, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["org.opencontainers.image.os"] = "linux",
            ["org.opencontainers.image.architecture"] = "amd64",
            ["org.opencontainers.image.author"] = "label",
            ["org.opencontainers.image.created"] = "2026-01-02T03:04:05Z",
            ["org.opencontainers.image.stopSignal"] = "SIGQUIT",
            ["org.opencontainers.image.exposedPorts"] = "80/tcp,53/udp",
            ["a"] = "b",
        }));
    }

    [Test]
    public void WhatTheImageSays_SelectsNothingOfTheHost()
    {
        // Volumes, labels and unknown members are data: no mount, device, hook or path of the host comes of them.
        Spec spec = Of("""  "Volumes":{"/../../etc":{}},"Labels":{"devices":"/dev/sda"},"Binds":["/:/host"],"Privileged":true """), plain = Of("");
        Assert.That(spec.Mounts.Select(m => m.Destination), Is.EqualTo(plain.Mounts.Select(m => m.Destination)));
        Assert.That(spec.Mounts.Select(m => m.Type), Has.None.EqualTo("bind"));
        Assert.That(spec.Linux!.Devices, Is.Empty);
        Assert.That(spec.Hooks, Is.Null);
        Assert.That(spec.Root!.Path, Is.EqualTo("rootfs"));
        Assert.That(spec.Linux.Namespaces.Select(n => n.Path), Is.All.Null);
    }

    private static Spec Of(string config, ImageUser? user = null) => ImageSpec.Of(
        ImageDocumentReader.ReadConfig(Encoding.UTF8.GetBytes($$$"""{"author":"me","created":"2026-01-02T03:04:05.9Z","os":"linux","architecture":"amd64","config":{{{{config}}}},"rootfs":{"type":"layers"}}"""), "config"), user ?? Root, "host");
}
