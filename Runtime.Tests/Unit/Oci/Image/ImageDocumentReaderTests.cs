using NUnit.Framework;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class ImageDocumentReaderTests
{
    [Test]
    public void ReadIndex_GivesEveryMember()
    {
        ImageIndex index = ImageDocumentReader.ReadIndex(ImageDocuments.Bytes(ImageDocuments.Index), "index");

        Assert.Multiple(() =>
        {
            Assert.That(index.MediaType, Is.EqualTo(MediaTypes.OciIndex));
            Assert.That(index.ArtifactType, Is.EqualTo("application/vnd.example.thing"));
            Assert.That(index.Annotations["a"], Is.EqualTo("b"));
            Assert.That(index.Subject!.Size, Is.EqualTo(1));
            Assert.That(index.Manifests, Has.Count.EqualTo(2));
            Assert.That(index.Manifests[0].MediaType, Is.EqualTo(MediaTypes.OciManifest));
            Assert.That(index.Manifests[0].Digest, Is.EqualTo(Digest.Of([])));
            Assert.That(index.Manifests[0].Size, Is.EqualTo(7143));
            Assert.That(index.Manifests[0].Urls, Is.EqualTo(new[] { "https://example.com/m" }));
            Assert.That(index.Manifests[0].Annotations["org.opencontainers.image.ref.name"], Is.EqualTo("1.0"));
            Assert.That(index.Manifests[0].ArtifactType, Is.EqualTo("application/vnd.example.config"));
            Assert.That(index.Manifests[0].Platform, Is.EqualTo(new Platform("linux", "arm", "v7", "6") { OsFeatures = ["x"] }));
            Assert.That(index.Manifests[0].Platform!.Extensions!["features"], Is.EqualTo("[\"neon\"]"));
        });
    }

    [Test]
    public void ReadManifest_GivesEveryMember()
    {
        ImageManifest manifest = ImageDocumentReader.ReadManifest(ImageDocuments.Bytes(ImageDocuments.Manifest), "manifest");

        Assert.Multiple(() =>
        {
            Assert.That(manifest.MediaType, Is.EqualTo(MediaTypes.OciManifest));
            Assert.That(manifest.ArtifactType, Is.EqualTo("application/vnd.example.thing"));
            Assert.That(manifest.Config.Data, Is.EqualTo("e30="));
            Assert.That(manifest.Layers.Single().Size, Is.EqualTo(long.MaxValue));
            Assert.That(manifest.Subject!.MediaType, Is.EqualTo(MediaTypes.OciManifest));
            Assert.That(manifest.Annotations["a"], Is.EqualTo("b"));
        });
    }

    [Test]
    public void ReadConfig_GivesEveryMember()
    {
        ImageConfig config = ImageDocumentReader.ReadConfig(ImageDocuments.Bytes(ImageDocuments.Config), "config");

        Assert.Multiple(() =>
        {
            Assert.That(config.CreatedAt, Is.EqualTo(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1234568)));
            Assert.That(config.Author, Is.EqualTo("A <a@example.com>"));
            Assert.That(config.Platform, Is.EqualTo(new Platform("linux", "arm64", OsVersion: "6") { OsFeatures = ["x"] }));
            Assert.That(config.Config.User, Is.EqualTo("1000:1000"));
            Assert.That(config.Config.ExposedPorts, Is.EqualTo(new[] { "80/tcp", "53/udp" }));
            Assert.That(config.Config.Env, Is.EqualTo(new[] { "PATH=/bin", "EMPTY=" }));
            Assert.That(config.Config.Entrypoint, Is.EqualTo(new[] { "/init", "--" }));
            Assert.That(config.Config.Cmd, Is.EqualTo(new[] { "sh" }));
            Assert.That(config.Config.Volumes, Is.EqualTo(new[] { "/data" }));
            Assert.That(config.Config.WorkingDir, Is.EqualTo("/srv"));
            Assert.That(config.Config.Labels["maintainer"], Is.EqualTo("a"));
            Assert.That(config.Config.Labels.ContainsKey("Config"));
            Assert.That(config.Config.StopSignal, Is.EqualTo("SIGQUIT"));
            Assert.That(config.Config.ArgsEscaped);
            Assert.That(config.Config.Healthcheck!.Test, Is.EqualTo(new[] { "CMD-SHELL", "true" }));
            Assert.That(config.Config.Healthcheck.Interval, Is.EqualTo(30_000_000_000));
            Assert.That(config.Config.Healthcheck.Retries, Is.EqualTo(4));
            Assert.That(config.Config.OnBuild, Is.EqualTo(new[] { "RUN true" }));
            Assert.That(config.Config.Shell, Is.EqualTo(new[] { "/bin/bash", "-c" }));
            Assert.That(config.Config.Extensions!["Hostname"], Is.EqualTo("\"h\""));
            Assert.That(config.RootFs.DiffIds, Is.EqualTo(new[] { Digest.Of([]), Digest.Of("{}"u8) }));
            Assert.That(config.History.Select(step => step.EmptyLayer), Is.EqualTo(new[] { false, true }));
            Assert.That(config.History[0].CreatedBy, Is.EqualTo("ADD a"));
        });
    }

    [Test]
    public void ReadConfig_OldImage_NeedsLittle()
    {
        ImageConfig config = ImageDocumentReader.ReadConfig(ImageDocuments.Bytes("""
            {
                "config": { "Entrypoint": "/init", "Cmd": null, "Env": null, "Volumes": null, "Labels": null, "ExposedPorts": null },
                "rootfs": { "type": "layers" }, "created": "yesterday"
            }
            """), "config");

        Assert.Multiple(() =>
        {
            Assert.That(config.Config.Entrypoint, Is.EqualTo(new[] { "/init" }));
            Assert.That(config.Config.Cmd, Is.Empty);
            Assert.That(config.RootFs.DiffIds, Is.Empty);
            Assert.That(config.CreatedAt, Is.Null);
            Assert.That(config.Platform, Is.EqualTo(Platform.Host));
        });
    }

    [TestCase("application/vnd.oci.image.manifest.v1+json")]
    [TestCase("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [TestCase("Application/VND.oci.image.manifest.v1+json")]
    [TestCase(null)]
    public void ReadManifest_OfTheTypeItWasGivenAs_IsTaken(string? contentType)
    {
        Assert.That(ImageDocuments.ErrorsOfManifest(ImageDocuments.Manifest, contentType), Is.Empty);
    }

    [Test]
    public void ReadManifest_WithoutAType_HasTheOneItWasGivenAs()
    {
        string json = ImageDocuments.Manifest.Replace("\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n    \"artifact", "\"artifact");

        Assert.That(ImageDocuments.ErrorsOfManifest(json), Is.Empty);
        Assert.That(ImageDocuments.ErrorsOfManifest(json, MediaTypes.OciManifest), Is.Empty);
        Assert.That(ImageDocuments.ErrorsOfManifest(json, "text/plain"), Is.EqualTo(new[]
        {
            "mediaType: missing, and it was given as \"text/plain\", which is not a manifest",
        }));
    }

    [Test]
    public void Read_EmptyTypes_AreNone()
    {
        ImageIndex index = ImageDocumentReader.ReadIndex(
            ImageDocuments.Bytes("""{"schemaVersion":2,"mediaType":"","artifactType":"","manifests":null}"""), "index");

        Assert.That((index.MediaType, index.ArtifactType), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(index.Manifests, Is.Empty);
    }
}
