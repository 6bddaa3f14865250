using System.Text;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Bundles;
using Vessel.Images.Content;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>What one image of the store may do to another: nothing, whatever it shares with it or says that it does.</summary>
public sealed class ImageTrustTests : PullTest
{
    private static readonly FakeLayer Evil = FakeLayer.Text("evil", "evil");

    [TestCase(false), TestCase(true)]
    public async Task SwappedLayerUnderAKnownConfig_IsRefused(bool isThere)
    {
        FakeImage trusted = Serve(FakeLayer.Text("a", "a"), FakeLayer.Text("b", "b"));
        await PullAsync();
        Registry.Serve("evil:v1", FakeImage.Of([trusted.Layers[0], Evil], Encoding.UTF8.GetString(trusted.Config)));
        if (isThere)
        {
            // The blob itself is honest: another image has it.
            Registry.Serve("other:v1", FakeImage.Of(Evil));
            await PullAsync("other:v1");
        }
        ImageException e = Assert.ThrowsAsync<ImageException>(async () => await PullAsync("evil:v1"))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Corrupt, $"layer {trusted.Layers[1].DiffId} unpacks to {Evil.DiffId}: it is another one than the image's config says")));
        AssertComplete(trusted);
        Assert.That(Store.Find(Registry.Reference("app:v1").ToString()).Record.Manifest, Is.EqualTo(trusted.Digest));
        Assert.That(StoreCheck.Run(Store, repair: false).Problems, Is.Empty);
    }

    [Test]
    public async Task SameLayerOtherwisePacked_IsProvenOnce()
    {
        FakeImage packed = Serve(FakeLayer.Text("a", "a")), plain = FakeImage.Of([FakeLayer.Text("a", "a", isGzip: false)], Encoding.UTF8.GetString(packed.Config));
        Registry.Serve("plain:v1", plain);
        await PullAsync();
        await PullAsync("plain:v1");
        PullRecord again = new();
        await PullAsync("plain:v1", again);
        Assert.That(again.Of(plain.Layers[0].Digest), Is.Empty, "all of the image is here");
        Assert.That(StoreCheck.Run(Store, repair: false).Problems, Is.Empty);
    }

    [Test]
    public async Task KnownLayerWithAWrongSize_IsRefused()
    {
        FakeImage trusted = Serve(FakeLayer.Text("a", "a"));
        await PullAsync();
        Registry.Serve("evil:v1", trusted.WithManifest(m => m.Replace($"\"size\":{trusted.Layers[0].Blob.Length}", "\"size\":999", StringComparison.Ordinal)));
        Assert.ThrowsAsync<ImageException>(async () => await PullAsync("evil:v1"));
        AssertComplete(trusted);
    }

    [Test]
    public async Task WhatIsPushedOrSaved_StaysUntilThen_AndIsGoneAfter()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        await PullAsync();
        ImageStore store = Store;
        Image found = store.Find(image.Id.Hex);
        using (Lease lease = store.Hold(found))
        {
            store.Remove(image.Id.Hex, force: true);
            Assert.That(store.Content.ReadDocument(image.Digest), Is.EqualTo(image.Manifest));
            Assert.That(store.Content.Contains(image.Layers[0].Digest));
            // Its name after a push comes too late.
            store.AddName(image.Id, Registry.Reference("late:v1"));
        }
        store.CollectGarbage();
        Assert.That(store.List(), Is.Empty);
        Assert.That(store.Folder.Blobs().Concat(store.Folder.UnpackedLayers()), Is.Empty);
        Assert.That(() => store.Hold(found), Throws.TypeOf<ImageException>().With.Property("Kind").EqualTo(ImageErrorKind.NotFound));
    }

    [Test]
    public async Task DamagedImage_DoesNotHideTheOthers()
    {
        FakeImage good = Serve(FakeLayer.Text("a", "a")), bad = FakeImage.Of(FakeLayer.Text("b", "b"));
        Registry.Serve("bad:v1", bad);
        await PullAsync();
        await PullAsync("bad:v1");
        File.Delete(Store.Folder.Blob(bad.Id));
        Assert.That(Store.List().Select(i => i.Id), Is.EqualTo(new[] { good.Id }));
        Assert.That(StoreCheck.Run(Store, repair: true).Problems, Has.Count.EqualTo(3), "the image, and both of its names");
        AssertComplete(good);
        Assert.That(StoreCheck.Run(Store, repair: false).Problems, Is.Empty);
    }

    [Test]
    public void IdsOfEitherAlgorithm_NameImages()
    {
        ImageStore store = Store;
        byte[] config = Encoding.UTF8.GetBytes($$$"""{"os":"linux","architecture":"{{{Platform.Host.Architecture}}}","rootfs":{"type":"layers","diff_ids":[]}}""");
        Digest id = BlobHash.Of("sha512", config);
        store.Content.AddDocument(id, config);
        store.Keep(id, new ImageRecord(id, id, [], []), []);
        foreach (string text in new[] { id.ToString(), id.ToString()[..20], id.Hex, id.Hex[..12] })
            Assert.That(store.Find(text).Id, Is.EqualTo(id), text);
        Assert.That(() => store.Find($"sha256:{id.Hex[..12]}"), Throws.TypeOf<ImageException>());
        store.Remove(id.ToString());
        Assert.That(store.List(), Is.Empty);
    }

    [Test]
    public void FilesOfKilledWriters_AreTidiedUp_ThoseUnderWayAreNot()
    {
        string old = $"{DataRoot}/content/blobs/sha256/.x.1.new", names = $"{DataRoot}/images/.names.json.2.new", fresh = $"{DataRoot}/images/sha256/.y.3.new";
        ImageStore store = Store;
        store.Folder.Prepare();
        foreach (string path in new[] { old, names, fresh })
            File.WriteAllText(path, "half");
        foreach (string path in new[] { old, names })
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        store.CollectGarbage();
        Assert.That(new[] { old, names, fresh }.Where(File.Exists), Is.EqualTo(new[] { fresh }));
    }

    [Test]
    public async Task BundlePathWithALineEnd_IsRefused()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        await PullAsync();
        Assert.That(() => ImageBundle.Create(Store, Store.Find(image.Id.Hex), Box.Folder + "/a\nb"), Throws.TypeOf<ImageException>().With.Message.Contain("line end"));
        Assert.That(Directory.Exists(Box.Folder + "/a\nb"), Is.False);
    }

    [TestCase(403, "{}"), TestCase(400, ""), TestCase(405, "")]
    public async Task MountThatIsRefused_IsAnUpload(int status, string body)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        await PullAsync();
        ImageReference target = Registry.Reference("copy:v1");
        Store.Tag(image.Id.Hex, target);
        Registry.Change("copy/", (request, answer) => request.Method switch
        {
            "POST" when request.Target.Contains("mount=", StringComparison.Ordinal) => FakeAnswer.Of(status, body),
            "POST" => FakeAnswer.Of(202, "", ("Location", "/v2/copy/blobs/uploads/1")),
            "PATCH" => FakeAnswer.Of(202, "", ("Location", "/v2/copy/blobs/uploads/1")),
            "PUT" => FakeAnswer.Of(201),
            "HEAD" => FakeAnswer.Of(404),
            _ => answer,
        });
        using RegistryClient client = new(Settings);
        await Store.PushAsync(target, client, new SilentPush());
        Assert.That(Registry.Requests.Count(r => r.Method == "PATCH"), Is.EqualTo(2));
    }

    [Test]
    public async Task IndexesInAnIndex_AreAllLookedInto()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        byte[] other = FakeImage.Index((image, FakeImage.PlatformOf("s390x"))), own = FakeImage.Index((image, FakeImage.PlatformOf(Platform.Host.Architecture)));
        Registry.Serve("app:inner", image);
        Registry.Serve("app:other", other, MediaTypes.OciIndex);
        Registry.Serve("app:own", own, MediaTypes.OciIndex);
        string[] entries = [.. new[] { other, own }.Select(i => $"{{\"mediaType\":\"{MediaTypes.OciIndex}\",\"digest\":\"{Digest.Of(i)}\",\"size\":{i.Length}}}")];
        Registry.Serve("app:v1", Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', entries)}}]}"""), MediaTypes.OciIndex);
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task BrokenCredentialHelper_KeepsNobodyFromWhatIsPublic()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Settings = Settings with { Credentials = new BrokenHelper() };
        Registry.Challenge = FakeRegistry.BearerAt(Registry.Address);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor("/token").Select(r => r.Authorization), Is.All.Null);
        // Where one is needed, the reason that there is none is what is told.
        Registry.Challenge = "Basic realm=\"x\"";
        ImageException e = Assert.ThrowsAsync<ImageException>(async () => await PullAsync("app:v1"))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Unauthorized, "the helper is broken")));
    }

    [TestCase("application/json"), TestCase("text/plain"), TestCase("application/octet-stream")]
    public async Task ServersOfFiles_KnowNoTypes(string type)
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        Registry.Serve("app:inner", image with { ManifestType = type });
        Registry.Serve("app:v1", FakeImage.Index((image, FakeImage.PlatformOf(Platform.Host.Architecture))), type);
        await PullAsync();
        AssertComplete(image);
    }

    private sealed class BrokenHelper : ICredentialSource
    {
        public Task<Credential?> FindAsync(string registry, CancellationToken cancellation) => throw new ImageException(ImageErrorKind.Unauthorized, "the helper is broken");
    }

    private sealed class SilentPush : IPushObserver
    {
        public void Layer(Digest layer, PushStage stage, long current = 0, long total = 0)
        {
        }

        public void Mounted(Digest? layer, string from)
        {
        }
    }
}
