using NUnit.Framework;
using Vessel.Oci.Image;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class MediaTypesTests
{
    [TestCase("application/vnd.oci.image.layer.v1.tar", LayerCompression.None, false)]
    [TestCase("application/vnd.oci.image.layer.v1.tar+gzip", LayerCompression.Gzip, false)]
    [TestCase("application/vnd.oci.image.layer.v1.tar+zstd", LayerCompression.Zstd, false)]
    [TestCase("application/vnd.oci.image.layer.nondistributable.v1.tar", LayerCompression.None, true)]
    [TestCase("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", LayerCompression.Gzip, true)]
    [TestCase("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", LayerCompression.Zstd, true)]
    [TestCase("application/vnd.docker.image.rootfs.diff.tar", LayerCompression.None, false)]
    [TestCase("application/vnd.docker.image.rootfs.diff.tar.gzip", LayerCompression.Gzip, false)]
    [TestCase("application/vnd.docker.image.rootfs.diff.tar.zstd", LayerCompression.Zstd, false)]
    [TestCase("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LayerCompression.Gzip, true)]
    [TestCase("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", null, false)]
    [TestCase("application/vnd.oci.image.config.v1+json", null, false)]
    [TestCase("", null, false)]
    [TestCase(null, null, false)]
    public void CompressionOf_SaysHowALayerIsUnpacked(string? mediaType, LayerCompression? expected, bool isForeign)
    {
        Assert.That(MediaTypes.CompressionOf(mediaType), Is.EqualTo(expected));
        Assert.That(MediaTypes.IsLayer(mediaType), Is.EqualTo(expected is not null));
        Assert.That(MediaTypes.IsForeignLayer(mediaType), Is.EqualTo(isForeign));
    }

    [TestCase("application/vnd.oci.image.index.v1+json", "index")]
    [TestCase("application/vnd.docker.distribution.manifest.list.v2+json", "index docker")]
    [TestCase("application/vnd.oci.image.manifest.v1+json", "manifest")]
    [TestCase("application/vnd.docker.distribution.manifest.v2+json", "manifest docker")]
    [TestCase("application/vnd.oci.image.config.v1+json", "config")]
    [TestCase("application/vnd.docker.container.image.v1+json", "config docker")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+json", "schema1 docker")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+prettyjws", "schema1 docker")]
    [TestCase("application/json", "")]
    [TestCase(null, "")]
    public void Kinds_AreToldApart(string? mediaType, string expected)
    {
        List<string> kinds = [];
        if (MediaTypes.IsIndex(mediaType))
            kinds.Add("index");
        if (MediaTypes.IsManifest(mediaType))
            kinds.Add("manifest");
        if (MediaTypes.IsConfig(mediaType))
            kinds.Add("config");
        if (MediaTypes.IsSchema1(mediaType))
            kinds.Add("schema1");
        if (MediaTypes.IsDocker(mediaType))
            kinds.Add("docker");

        Assert.That(string.Join(' ', kinds), Is.EqualTo(expected));
    }

    [TestCase("a/b", true)]
    [TestCase("application/vnd.oci.image.config.v1+json", true)]
    [TestCase("application/x-y_z", true)]
    [TestCase("", false)]
    [TestCase("a", false)]
    [TestCase("/b", false)]
    [TestCase("a/", false)]
    [TestCase("a/b/c", false)]
    [TestCase("a/b; charset=utf-8", false)]
    [TestCase("a/b\r\nX: y", false)]
    [TestCase("a/é", false)]
    public void IsWellFormed_TakesWhatAHeaderMayHold(string text, bool expected)
    {
        Assert.That(MediaTypes.IsWellFormed(text), Is.EqualTo(expected));
    }
}
