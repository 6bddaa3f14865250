using System.Text;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Archives;
using Vessel.Images.Layers;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>Archives that <c>load</c> and <c>import</c> are given and that want to read or write outside of the store, or never end.</summary>
[Category("Root")]
public sealed class ArchiveTests
{
    private Sandbox? box;
    private Canary? canary;

    private string DataRoot => box!.Folder + "/data";

    private Canary Bird => canary!;

    [SetUp]
    public void PrepareSandbox()
    {
        Require.Root();
        box = new Sandbox();
        canary = new Canary(box.Folder + "/canary");
    }

    [TearDown]
    public void LeaveNothing()
    {
        Bird.IsUntouched();
        Sandbox.Unmount(DataRoot + "/mounted");
        box!.Close();
    }

    // Files of the host as config, as layer, as the manifest itself: by a name that leads out, and by links of either kind.
    [TestCase("config"), TestCase("layer")]
    public void CVE_2014_9357_and_2025_11395_NamesThatLeadOut_NameNothing(string part)
    {
        foreach (string way in new[] { Bird.Folder + "/file", "../../../../../../../../.." + Bird.Folder + "/file", "../canary/file" })
        {
            string named = JsonText(way);
            TarBuilder tar = new TarBuilder().File("config.json", "{}").File("layer.tar", "").File("manifest.json", part == "config" ? Manifest(named, "layer.tar") : Manifest("config.json", named));
            Assert.That(Refusal(tar), Does.StartWith("the archive has no file "), way);
        }
    }

    [TestCase('1'), TestCase('2')]
    public void CVE_2026_50162_LinksThatLeadOut_LeadNowhere(char kind)
    {
        foreach (string way in new[] { Bird.Folder + "/file", "../../../../../../../../.." + Bird.Folder + "/file", "loop" })
        {
            TarBuilder tar = new TarBuilder().File("config.json", "{}").Entry(kind, "layer.tar", link: way).Entry(kind, "loop", link: "loop").File("manifest.json", Manifest("config.json", "layer.tar"));
            Assert.That(Refusal(tar), Does.Contain("the archive has no file ").Or.StartWith("archive: entry "), way);
        }
    }

    [TestCase("../../canary/file"), TestCase("/../canary/file")]
    public void EntriesThatLeadOut_AreRefused(string name) =>
        Assert.That(Refusal(new TarBuilder().File(name, "evil").File("manifest.json", Manifest("config.json", "layer.tar"))), Does.StartWith("archive: entry "));

    [Test]
    public void EntriesThroughLinks_StayInTheArchive() =>
        Assert.That(Refusal(new TarBuilder().Link("d", Bird.Folder).File("d/file", "evil").File("manifest.json", Manifest("config.json", "layer.tar"))), Does.StartWith("the archive has no file "));

    [Test]
    public void CVE_2025_11395_LayersOfAnArchive_AreLayersLikeAnyOther()
    {
        byte[] layer = new TarBuilder().Link("l", Bird.Folder).File("l/file", "evil").File("l/.wh.null").HardLink("h", "l/file").End();
        byte[] config = Encoding.UTF8.GetBytes($$$"""{"os":"linux","architecture":"{{{Platform.Host.Architecture}}}","rootfs":{"type":"layers","diff_ids":["{{{Digest.Of(layer)}}}"]}}""");
        TarBuilder tar = new TarBuilder().Entry('0', "config.json", config).Entry('0', "layer.tar", layer).File("manifest.json", Manifest("config.json", "layer.tar"));
        Load(tar.End());
        Assert.That(new ImageStore(DataRoot).List(), Has.Count.EqualTo(1));
    }

    [TestCase("../../x:v1"), TestCase("/etc/passwd"), TestCase("UPPER:v1"), TestCase("a@sha256:short"), TestCase("a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void NamesThatAreNone_AreRefused(string name) =>
        Assert.That(Refusal(new TarBuilder().File("config.json", "{}").File("manifest.json", $$"""[{"Config":"config.json","RepoTags":["{{name}}"],"Layers":[]}]""")), Does.StartWith("manifest.json: "));

    [Test]
    public void NameInALayout_WithAnotherDigest_IsRefused()
    {
        TarBuilder tar = new TarBuilder().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        FakeImage image = Layout(tar, $"r.example/app@{Digest.Of("other"u8)}");
        Assert.That(Refusal(tar), Does.StartWith("index.json: r.example/app@").And.Contain($"is the name of something that has digest {image.Digest}"));
    }

    [Test]
    public void ManifestInALayout_OfAnotherSize_IsRefused()
    {
        TarBuilder tar = new TarBuilder().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        FakeImage image = FakeImage.Of(FakeLayer.Text("f", "f"));
        Add(tar, image, []);
        tar.File("index.json", $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{Digest.Of(image.Manifest)}}","size":7}]}""");
        Assert.That(Refusal(tar), Does.Contain($"has {image.Manifest.Length} bytes, not 7"));
    }

    [TestCase("docker"), TestCase("layout"), TestCase("import"), TestCase("pull")]
    public void NameThatIsTheIdOfAnotherImage_IsRefused(string way)
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("good", "good"));
        Load(LayoutOf(image, "good:v1").End());
        string name = image.Id.ToString();
        byte[] layer = new TarBuilder().File("evil", "evil").End(), config = FakeImage.Of(FakeLayer.Of(layer)).Config;
        FakeImage other = FakeImage.Of(FakeLayer.Of(layer));
        using FakeRegistry registry = new();
        Assert.That(() =>
        {
            if (way == "docker")
                Load(new TarBuilder().Entry('0', "config.json", config).Entry('0', "layer.tar", layer).File("manifest.json", $$"""[{"Config":"config.json","RepoTags":["{{name}}"],"Layers":["layer.tar"]}]""").End());
            else if (way == "layout")
                Load(LayoutOf(other, name).End());
            else if (way == "import")
                Import(layer, name);
            else
                Pull(registry, name);
        }, Throws.TypeOf<ImageException>().With.Message.EqualTo("refusing to create an ambiguous tag using digest algorithm as name"));
        ImageStore store = new(DataRoot);
        Assert.That(store.Find(name).Names.Single().FamiliarText, Is.EqualTo("good:v1"));
        Assert.That(store.List(), Has.Count.EqualTo(1));
        Assert.That(registry.Requests, Is.Empty);
    }

    // The specification lets a reference be no name of an image; a damaged entry is another matter, and said at the
    // end.
    [Test]
    public void BadReferenceInALayout_DoesNotRefuseTheOtherImages()
    {
        FakeImage good = FakeImage.Of(FakeLayer.Text("good", "good")), odd = FakeImage.Of(FakeLayer.Text("odd", "odd")), lost = FakeImage.Of(FakeLayer.Text("lost", "lost"));
        LoadedArchive loaded = Load(LayoutOf([(lost, "lost:v1"), (odd, "Stage/A+b"), (good, "good:v1"), (odd, "odd@" + lost.Digest)], without: lost.Digest).End());
        Assert.That(loaded.Images.Select(i => i.Id), Is.EquivalentTo(new[] { odd.Id, good.Id }));
        Assert.That(loaded.Images.Single(i => i.Id == odd.Id).Warnings.Single(), Does.Contain("is loaded without its name `Stage/A+b`: invalid reference format"));
        Assert.That(loaded.Refused.Select(r => r.Message), Is.EqualTo(new[]
        {
            $"the archive has no file `blobs/sha256/{lost.Digest.Hex}`",
            $"index.json: odd@{lost.Digest} is the name of something that has digest {odd.Digest}",
        }));
        Assert.That(new ImageStore(DataRoot).Find("good:v1").Id, Is.EqualTo(good.Id));
    }

    [Test]
    public void BadImageInADockerArchive_DoesNotRefuseTheOtherImages()
    {
        byte[] layer = new TarBuilder().File("f", "f").End(), config = FakeImage.Of(FakeLayer.Of(layer)).Config;
        LoadedArchive loaded = Load(new TarBuilder().Entry('0', "config.json", config).Entry('0', "layer.tar", layer)
            .File("manifest.json", """[{"Config":"none","Layers":[]},{"Config":"config.json","RepoTags":["NO"],"Layers":["layer.tar"]},{"Config":"config.json","RepoTags":["mine:v1"],"Layers":["layer.tar"]}]""").End());
        Assert.That(loaded.Images.Single().Names.Single().FamiliarText, Is.EqualTo("mine:v1"));
        Assert.That(loaded.Refused.Select(r => r.Message), Is.EqualTo(new[] { "the archive has no file `none`", "manifest.json: invalid reference format: repository name (library/NO) must be lowercase" }));
    }

    [TestCase("manifest.json", "[]"), TestCase("index.json", """{"schemaVersion":2,"manifests":[]}""")]
    public void ArchiveWithoutAnImage_SaysSo(string document, string text) =>
        Assert.That(Refusal(new TarBuilder().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""").File(document, text)), Is.EqualTo("the archive has no image in it"));

    [Test]
    public void ArchiveAndLayerWithoutPaddingAndEnd_AreComplete()
    {
        byte[] layer = new TarBuilder().File("f", "12345").ToArray()[..517], config = FakeImage.Of(FakeLayer.Of(layer)).Config;
        byte[] archive = new TarBuilder().Entry('0', "config.json", config).Entry('0', "layer.tar", layer).File("manifest.json", Manifest("config.json", "layer.tar")).ToArray();
        int end = Array.FindLastIndex(archive, b => b != 0) + 1;
        Load(archive[..end]);
        Assert.That(new ImageStore(DataRoot).Find("mine:v1").SizeBytes, Is.EqualTo(5));
        Import(layer, "imported");
        Assert.That(new ImageStore(DataRoot).Find("imported").SizeBytes, Is.EqualTo(5));
    }

    [TestCase(""), TestCase("text")]
    public void WhatIsNoTar_IsSaidToBeNone(string way)
    {
        byte[] text = Encoding.UTF8.GetBytes("hello, this is a text\n");
        ImageException e = Assert.Throws<ImageException>(() =>
        {
            if (way.Length > 0)
                Import(text);
            else
                Load(text);
        })!;
        Assert.That(e.Message, Does.Contain("it is not a tar archive").And.Not.Contain("sha256"));
        AssertNothing();
    }

    [Test]
    public void ArtifactsBesideImages_ArePassedBy()
    {
        byte[] manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","artifactType":"a/b","config":{"mediaType":"{{MediaTypes.OciEmpty}}","digest":"{{Digest.Of("{}"u8)}}","size":2},"layers":[]}""");
        TarBuilder tar = new TarBuilder().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        tar.Entry('0', $"blobs/sha256/{Digest.Of(manifest).Hex}", manifest).File($"blobs/sha256/{Digest.Of("{}"u8).Hex}", "{}");
        FakeImage image = Layout(tar, "r.example/app:v1", $"{{\"mediaType\":\"{MediaTypes.OciManifest}\",\"digest\":\"{Digest.Of(manifest)}\",\"size\":{manifest.Length}}},");
        Load(tar.End());
        Assert.That(new ImageStore(DataRoot).Find("r.example/app:v1").Id, Is.EqualTo(image.Id));
    }

    [Test]
    public void NamesThatComeTwice_AreTheLaterFile_AndHarmNoOther()
    {
        byte[] layer = new TarBuilder().File("f", "f").End(), config = FakeImage.Of(FakeLayer.Of(layer)).Config;
        Load(new TarBuilder().File("manifest.json", "no JSON").Entry('0', "config.json", config).File("manifest.json", Manifest("config.json", "layer.tar")).Entry('0', "layer.tar", layer).End());
        Assert.That(new ImageStore(DataRoot).List().Single().Id, Is.EqualTo(Digest.Of(config)));
    }

    [Test]
    public void LayerThatIsNamedThousandsOfTimes_IsRefused()
    {
        string layers = string.Join(',', Enumerable.Repeat("\"layer.tar\"", 9_000));
        Assert.That(Refusal(new TarBuilder().File("config.json", "{}").Entry('0', "layer.tar", Noise(10 << 20)).File("manifest.json", $$"""[{"Config":"config.json","Layers":[{{layers}}]}]""")), Does.Contain("9000 layers are more than 1000"));
    }

    [TestCase("gzip"), TestCase("zstd"), TestCase("xz"), TestCase("bzip2")]
    public void CVE_2021_20291_CompressionThatIsCutOrDamaged_IsAnErrorAtOnce(string program)
    {
        byte[] tar = new TarBuilder().Entry('0', "noise", Noise(300_000)).End();
        string plain = box!.Folder + "/plain";
        File.WriteAllBytes(plain, tar);
        new Launch("/bin/sh", "-c", $"{Require.Program(program, program == "xz" ? "xz-utils" : program)} -c {plain} > {plain}.packed").Start().Wait().Succeeded();
        byte[] packed = File.ReadAllBytes(plain + ".packed"), damaged = [.. packed];
        damaged[packed.Length / 2] ^= 0xff;
        foreach (byte[] bad in new[] { packed[..(packed.Length / 2)], packed[..20], damaged })
        {
            Assert.That(() => Import(bad), Throws.TypeOf<ImageException>().With.Property("Kind").EqualTo(ImageErrorKind.Corrupt));
            AssertNothing();
        }
        Import(packed);
    }

    [Test]
    public void CVE_2017_14992_and_2023_25153_StreamsWithoutEnd_AreBounded()
    {
        using BoundedStream bounded = new(new Endless(), 10 << 20);
        Assert.That(() => bounded.CopyTo(Stream.Null), Throws.TypeOf<InvalidDataException>().With.Message.Contain("more than 10485760 bytes"));
    }

    [Test]
    public void CVE_2026_32288_SparseFileOfATerabyte_IsRefused()
    {
        byte[] tar = new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "1099511627776")).File("x", "0\n".PadRight(512, '\0')).End();
        Assert.That(() => Import(tar), Throws.TypeOf<ImageException>().With.Message.Contain("all files would have more than"));
        AssertNothing();
    }

    // Adds an image to a layout, and the index with it and with other entries.
    private static FakeImage Layout(TarBuilder tar, string name, string others = "")
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("f", "f"));
        Add(tar, image, []);
        tar.File("index.json", $$"""{"schemaVersion":2,"manifests":[{{others}}{{Entry(image, name)}}]}""");
        return image;
    }

    private static TarBuilder LayoutOf(FakeImage image, string name) => LayoutOf([(image, name)]);

    private static TarBuilder LayoutOf((FakeImage Image, string Name)[] images, params Digest[] without)
    {
        TarBuilder tar = new TarBuilder().File("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        foreach (FakeImage image in images.Select(i => i.Image).Distinct())
            Add(tar, image, without);
        return tar.File("index.json", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', images.Select(i => Entry(i.Image, i.Name)))}}]}""");
    }

    private static void Add(TarBuilder tar, FakeImage image, Digest[] without)
    {
        foreach (byte[] blob in new[] { image.Config, image.Manifest, image.Layers[0].Blob })
            if (!without.Contains(Digest.Of(blob)))
                tar.Entry('0', $"blobs/sha256/{Digest.Of(blob).Hex}", blob);
    }

    private static string Entry(FakeImage image, string name) =>
        $$$"""{"mediaType":"{{{image.ManifestType}}}","digest":"{{{image.Digest}}}","size":{{{image.Manifest.Length}}},"annotations":{"io.containerd.image.name":"{{{name}}}"}}""";

    private static string Manifest(string config, string layer) => $$"""[{"Config":"{{config}}","RepoTags":["mine:v1"],"Layers":["{{layer}}"]}]""";

    private static string JsonText(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal);

    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private string Refusal(TarBuilder archive)
    {
        ImageException e = Assert.Throws<ImageException>(() => Load(archive.End()))!;
        AssertNothing();
        return e.Message;
    }

    private LoadedArchive Load(byte[] archive) => ImageArchive.LoadAsync(new ImageStore(DataRoot), new MemoryStream(archive), null, new PullRecord()).GetAwaiter().GetResult();

    private void Import(byte[] rootfs, string? name = null) =>
        ImageImport.ImportAsync(new ImageStore(DataRoot), new MemoryStream(rootfs), new ImportOptions { Name = name is null ? null : ImageReference.Parse(name) }, new PullRecord()).GetAwaiter().GetResult();

    // With all requests to the registry, should there be any.
    private void Pull(FakeRegistry registry, string name)
    {
        using RegistryClient client = new(new RegistrySettings { Credentials = new Nobody(), Mirrors = [new Uri($"http://{registry.Address}")] });
        new ImageStore(DataRoot).PullAsync(ImageReference.Parse(name), client, new PullOptions(), new PullRecord()).GetAwaiter().GetResult();
    }

    // No image, no layer, nothing in making; and nothing of the host's in the store.
    private void AssertNothing()
    {
        Assert.That(new ImageStore(DataRoot).List(), Is.Empty);
        foreach (string folder in new[] { "layers/making", "layers/sha256", "leases" })
            Assert.That(Directory.GetFileSystemEntries($"{DataRoot}/{folder}"), Is.Empty, folder);
        foreach (string path in Directory.GetFiles(DataRoot, "*", SearchOption.AllDirectories))
        {
            // .NET would ask for a lock, which a program that another test just starts may still hold as our heir.
            using FileDescriptor file = Files.Open(null, path, Open.O_RDONLY);
            Assert.That(Files.ReadAll(file, path, 1 << 30).AsSpan().IndexOf("canary\n"u8), Is.Negative, path);
        }
    }

    private sealed class Endless : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Clear();
            return buffer.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
