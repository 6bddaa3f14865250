using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class ImageDocumentWriterTests
{
    [TestCase(nameof(ImageDocuments.Index))]
    [TestCase(nameof(ImageDocuments.Manifest))]
    [TestCase(nameof(ImageDocuments.Config))]
    public void Write_AfterRead_GivesTheSameDocument(string kind)
    {
        string written = ImageDocuments.Again(kind, ImageDocuments.OfKind(kind));

        using JsonDocument before = JsonDocument.Parse(ImageDocuments.OfKind(kind));
        using JsonDocument after = JsonDocument.Parse(written);
        Assert.That(JsonElement.DeepEquals(before.RootElement, after.RootElement), written);
        Assert.That(OrderOf(after.RootElement), Is.EqualTo(OrderOf(before.RootElement)), "members keep Go's order");
        Assert.That(ImageDocuments.Again(kind, written), Is.EqualTo(written));
    }

    [Test]
    public void WriteManifest_IsCompactAndKeepsEmptyLists()
    {
        ImageManifest manifest = new()
        {
            MediaType = MediaTypes.OciManifest,
            Config = new Descriptor { MediaType = MediaTypes.OciEmpty, Digest = Digest.Of("{}"u8), Size = 2 },
            Layers = [],
        };

        Assert.That(Encoding.UTF8.GetString(ImageDocumentWriter.WriteManifest(manifest)), Is.EqualTo(
            $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{ImageDocuments.EmptyDigest}}","size":2},"layers":[]}"""));
    }

    [Test]
    public void WriteIndex_IsCompactAndKeepsEmptyLists()
    {
        Assert.That(Encoding.UTF8.GetString(ImageDocumentWriter.WriteIndex(new ImageIndex { Manifests = [] })), Is.EqualTo(
            """{"schemaVersion":2,"manifests":[]}"""));
    }

    [Test]
    public void WriteConfig_OfABuild_ReadsAsItWas()
    {
        ImageConfig config = new()
        {
            Created = "2026-01-02T03:04:05Z",
            Architecture = "amd64",
            Os = "linux",
            Config = new ContainerConfig { Cmd = ["é\u2028"], ExposedPorts = ["80/tcp", "80/tcp"] },
            RootFs = new RootFs { DiffIds = [] },
        };

        Assert.That(Encoding.UTF8.GetString(ImageDocumentWriter.WriteConfig(config)), Is.EqualTo(
            """{"created":"2026-01-02T03:04:05Z","architecture":"amd64","os":"linux","config":{"ExposedPorts":{"80/tcp":{}},"Cmd":["é\u2028"]},"rootfs":{"type":"layers","diff_ids":[]}}"""));
    }

    private static List<string> OrderOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => [.. element.EnumerateObject().SelectMany(p => OrderOf(p.Value).Prepend(p.Name))],
        JsonValueKind.Array => [.. element.EnumerateArray().SelectMany(OrderOf)],
        _ => [],
    };
}
