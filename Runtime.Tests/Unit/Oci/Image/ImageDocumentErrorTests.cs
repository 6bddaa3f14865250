using NUnit.Framework;
using Vessel.Oci.Image;
using Vessel.Oci.Json;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class ImageDocumentErrorTests
{
    private const string NoDigest = "is not a digest (sha256 or sha512, and all hex digits in lower case)";
    private const string Schema1 =
        "schemaVersion: schema 1 of docker's manifests is not supported; push the image again with a current docker";

    private const string Blob = $$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1}""";

    // CVE-2021-41190: one reader's manifest is another's index. In any spelling that a reader of Go's takes, and also where it is empty.
    [TestCase("\"manifests\":[]", "manifests: is not for a manifest: the document could be read as an index too")]
    [TestCase("\"manifests\":null", "manifests: is not for a manifest: the document could be read as an index too")]
    [TestCase("\"Manifests\":[{}]", "Manifests: is not for a manifest: the document could be read as an index too")]
    [TestCase("\"manife\u017ft\u017f\":[]", "manife\u017ft\u017f: could be read as `manifests`")]
    [TestCase("\"layer\u017f\":[]", "layer\u017f: could be read as `layers`")]
    [TestCase("\"Layers\":[]", "Layers: is there twice")]
    [TestCase("\"layers\":[]", "layers: is there twice")]
    [TestCase("\"config\":null", "config: is there twice")]
    [TestCase("\"later\":1,\"later\":2", "later: is there twice")]
    [TestCase("\"fsLayers\":[]", Schema1)]
    public void ReadManifest_ThatCouldBeReadInTwoWays_IsRefused(string more, string error)
    {
        string json = $$$"""{"schemaVersion":2,"config":{{{Blob}}},"layers":[{{{Blob}}}],{{{more}}}}""";

        Assert.That(ImageDocuments.ErrorsOfManifest(json), Does.Contain(error));
    }

    [TestCase("\"layers\":[]", "layers: is not for an index: the document could be read as a manifest too")]
    [TestCase("\"LAYERS\":null", "LAYERS: is not for an index: the document could be read as a manifest too")]
    [TestCase("\"config\":{}", "config: is not for an index: the document could be read as a manifest too")]
    [TestCase("\"\\u0063onfig\":{}", "config: is not for an index: the document could be read as a manifest too")]
    [TestCase("\"Manifests\":[]", "Manifests: is there twice")]
    [TestCase("\"fsLayers\":[]", Schema1)]
    public void ReadIndex_ThatCouldBeReadInTwoWays_IsRefused(string more, string error)
    {
        Assert.That(ImageDocuments.ErrorsOfIndex($$$"""{"schemaVersion":2,"manifests":[{{{Blob}}}],{{{more}}}}"""), Is.EqualTo(new[] { error }));
    }

    [TestCase("application/vnd.oci.image.index.v1+json", "mediaType: \"application/vnd.oci.image.manifest.v1+json\", but it was given as \"application/vnd.oci.image.index.v1+json\"")]
    [TestCase("application/vnd.docker.distribution.manifest.v2+json", "mediaType: \"application/vnd.oci.image.manifest.v1+json\", but it was given as \"application/vnd.docker.distribution.manifest.v2+json\"")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8", Schema1)]
    [TestCase("", "mediaType: \"application/vnd.oci.image.manifest.v1+json\", but it was given as \"\"")]
    public void ReadManifest_OfAnotherTypeThanItWasGivenAs_IsRefused(string contentType, string error)
    {
        Assert.That(ImageDocuments.ErrorsOfManifest(ImageDocuments.Manifest, contentType), Is.EqualTo(new[] { error }));
    }

    [Test]
    public void Read_OfTheOtherKind_IsRefused()
    {
        Assert.That(ImageDocuments.ErrorsOfManifest(ImageDocuments.Index), Is.EqualTo(new[]
        {
            "manifests: is not for a manifest: the document could be read as an index too",
            "mediaType: \"application/vnd.oci.image.index.v1+json\" is not the type of a manifest",
            "config: missing",
            "layers: missing",
        }));
        Assert.That(ImageDocuments.ErrorsOfIndex(ImageDocuments.Manifest), Does.Contain("manifests: missing"));
    }

    [TestCase("""{"schemaVersion":1,"name":"a","fsLayers":[{"blobSum":"x"}],"history":[],"signatures":[]}""", Schema1)]
    [TestCase("""{"schemaVersion":1}""", Schema1)]
    [TestCase("""{"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}""", Schema1)]
    [TestCase("{}", "schemaVersion: missing", "config: missing", "layers: missing")]
    [TestCase("""{"schemaVersion":3}""", "schemaVersion: 3 is above 2", "config: missing", "layers: missing")]
    [TestCase("""{"schemaVersion":0}""", "schemaVersion: 0 is below 1", "config: missing", "layers: missing")]
    [TestCase("""{"schemaVersion":"2"}""", "schemaVersion: expected a whole number, found \"2\"", "config: missing", "layers: missing")]
    [TestCase("[]", "expected an object, found a list")]
    [TestCase("null", "expected an object, found null")]
    [TestCase("", "line 1, column 1: the document is empty")]
    public void ReadManifest_WrongDocument_SaysWhatIsWrong(string json, params string[] errors)
    {
        Assert.That(ImageDocuments.ErrorsOfManifest(json), Is.EqualTo(errors));
    }

    [TestCase("{}", "mediaType: missing", "digest: missing", "size: missing")]
    [TestCase("null", "expected an object, found null")]
    [TestCase("""{"mediaType":"a/b","digest":"sha256:../../x","size":1}""", "digest: \"sha256:../../x\" " + NoDigest)]
    [TestCase("""{"mediaType":"a/b","digest":"","size":1}""", "digest: \"\" " + NoDigest)]
    [TestCase("""{"mediaType":"a/b","digest":5,"size":1}""", "digest: expected text, found 5")]
    [TestCase("""{"mediaType":"a/b","digest":"sha384:00","size":1}""", "digest: \"sha384:00\" " + NoDigest)]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":-1}""", "size: -1 is below 0")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":9223372036854775808}""", "size: 9223372036854775808 is above 9223372036854775807")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1.0}""", "size: expected a whole number, found 1.0")]
    [TestCase($$$"""{"mediaType":"a\r\nX: y","digest":"{{{ImageDocuments.Digest}}}","size":1}""", "mediaType: \"a\\u000d\\u000aX: y\" is not a media type")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1,"data":"e30="}""", "data: is not what the size and the digest say")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.EmptyDigest}}}","size":3,"data":"e30="}""", "data: is not what the size and the digest say")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":0,"data":"?"}""", "data: is not base64")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1,"platform":{"os":"linux"}}""", "platform.architecture: missing")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1,"Size":2}""", "Size: is there twice")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1,"urls":[null]}""", "urls[0]: expected text, found null")]
    [TestCase($$$"""{"mediaType":"a/b","digest":"{{{ImageDocuments.Digest}}}","size":1,"annotations":{"a":1}}""", "annotations.a: expected text, found 1")]
    public void Read_WrongDescriptor_SaysWhereAndWhat(string descriptor, params string[] errors)
    {
        string[] expected = [.. errors.Select(error => error.StartsWith("expected", StringComparison.Ordinal) ? $"layers[1]: {error}" : $"layers[1].{error}")];

        Assert.That(ImageDocuments.ErrorsOfManifest($$$"""{"schemaVersion":2,"config":{{{Blob}}},"layers":[{{{Blob}}},{{{descriptor}}}]}"""), Is.EqualTo(expected));
    }

    [TestCase("{}", "rootfs: missing")]
    [TestCase("""{"rootfs":{}}""", "rootfs.type: missing")]
    [TestCase("""{"rootfs":{"type":"disk"}}""", "rootfs.type: \"disk\" is not a kind of root filesystem (layers)")]
    [TestCase($$$"""{"rootfs":{"type":"layers","diff_ids":["{{{ImageDocuments.Digest}}}","sha256:..",null]}}""",
        "rootfs.diff_ids[2]: expected text, found null", "rootfs.diff_ids[1]: \"sha256:..\" " + NoDigest)]
    [TestCase("""{"rootfs":{"type":"layers"},"RootFS":{}}""", "RootFS: is there twice", "RootFS.type: missing")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Env":["A=\u0000"]}}""", "config.Env[0]: has a NUL in it")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"env":["A=1"],"Env":["A=2"]}}""", "config.Env: is there twice")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Entrypoint":5}}""", "config.Entrypoint: expected text, found 5")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Volumes":["/a"]}}""", "config.Volumes: expected an object, found a list")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Volumes":{"/a\u0000":{}}}}""", "config.Volumes['/a\\u0000']: the name has a NUL in it")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Volumes":{"/a":5}}}""", "config.Volumes['/a']: expected an object, found 5")]
    [TestCase("""{"rootfs":{"type":"layers"},"config":{"Healthcheck":{"Interval":"30s"}}}""", "config.Healthcheck.Interval: expected a whole number, found \"30s\"")]
    [TestCase("""{"rootfs":{"type":"layers"},"history":[null]}""", "history[0]: expected an object, found null")]
    public void ReadConfig_WrongDocument_SaysWhereAndWhat(string json, params string[] errors)
    {
        Assert.That(ImageDocuments.ErrorsOfConfig(json), Is.EqualTo(errors));
    }

    [Test]
    public void Read_ManyEntries_AreBounded()
    {
        static string Many(string text, int count) => string.Join(',', Enumerable.Repeat(text, count));
        string diffId = $"\"{ImageDocuments.Digest}\"";

        Assert.Multiple(() =>
        {
            Assert.That(ImageDocuments.ErrorsOfManifest($$$"""{"schemaVersion":2,"config":{{{Blob}}},"layers":[{{{Many(Blob, 1000)}}}]}"""), Is.Empty);
            Assert.That(ImageDocuments.ErrorsOfManifest($$$"""{"schemaVersion":2,"config":{{{Blob}}},"layers":[{{{Many(Blob, 1001)}}}]}"""),
                Is.EqualTo(new[] { "layers: 1001 entries are more than 1000" }));
            Assert.That(ImageDocuments.ErrorsOfIndex($$$"""{"schemaVersion":2,"manifests":[{{{Many(Blob, 10_001)}}}]}"""),
                Is.EqualTo(new[] { "manifests[10000]: more than 10000 entries" }));
            Assert.That(ImageDocuments.ErrorsOfConfig($$$"""{"rootfs":{"type":"layers","diff_ids":[{{{Many(diffId, 1001)}}}]}}"""),
                Is.EqualTo(new[] { "rootfs.diff_ids: 1001 entries are more than 1000" }));
            Assert.That(ImageDocuments.ErrorsOfConfig($$$"""{"rootfs":{"type":"layers"},"history":[{{{Many("{}", 10_001)}}}]}"""),
                Is.EqualTo(new[] { "history[10000]: more than 10000 entries" }));
        });
    }

    [Test]
    public void Read_LongDocument_IsRefusedUnread()
    {
        byte[] long_ = new byte[ImageDocumentReader.MaximumManifestBytes + 1], longer = new byte[ImageDocumentReader.MaximumConfigBytes + 1];

        Assert.Multiple(() =>
        {
            Assert.That(() => ImageDocumentReader.ReadManifest(long_, "m"),
                Throws.TypeOf<DocumentException>().With.Message.EqualTo("m: 4194305 bytes are more than 4194304"));
            Assert.That(() => ImageDocumentReader.ReadIndex(long_, "m"), Throws.TypeOf<DocumentException>());
            Assert.That(() => ImageDocumentReader.ReadConfig(longer, "c"),
                Throws.TypeOf<DocumentException>().With.Message.EqualTo("c: 8388609 bytes are more than 8388608"));
        });
    }
}
