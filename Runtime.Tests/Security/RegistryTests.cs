using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Security;

/// <summary>A registry that wants more than it should have: our credentials, our memory, another image than was asked for.</summary>
public sealed class RegistryTests : PullTest
{
    private FakeRegistry? other;

    // The same interface by another name: another host.
    private FakeRegistry Other => other ??= NewRegistry();

    [TestCase(false)]
    [TestCase(true)]
    public async Task CVE_2020_15157_RedirectToAnotherHost_HasNoCredential(bool isToken)
    {
        FakeImage image = ServeFor(isToken ? FakeRegistry.BearerAt(Registry.Address) : "Basic realm=\"x\"");
        Other.Serve("app:v1", image);
        foreach (string part in new[] { "manifests/v1", image.Layers[0].Digest.ToString() })
            Registry.Change(part, (r, a) => a.Status == 401 ? a : FakeAnswer.Of(307, "", ("Location", $"http://{Other.OtherAddress}{r.Target}")));
        await PullAsync();
        AssertComplete(image);
        Assert.That(Other.Requests, Has.Count.EqualTo(2));
        Assert.That(Other.Requests.Select(r => r.Authorization), Is.All.Null);
        Assert.That(Registry.RequestsFor("/v2/").Skip(1).Select(r => r.Authorization), Is.All.EqualTo(isToken ? $"Bearer {FakeRegistry.Token}" : FakeRegistry.BasicHeader));
    }

    [Test]
    public async Task Redirect_OnTheSameHost_KeepsTheCredential_AndThePart()
    {
        FakeImage image = ServeFor("Basic realm=\"x\"");
        string blob = image.Layers[0].Digest.ToString();
        Registry.Change("app/blobs/" + blob, (r, a) => a.Status == 401 ? a : FakeAnswer.Of(302, "", ("Location", r.Target.Replace("app/", "moved/"))));
        Registry.Change("moved/", a => a with { CutAfter = 100 }, times: 1);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor("moved/").Select(r => (r.Authorization, r.From)), Is.EqualTo(new[] { (FakeRegistry.BasicHeader, (long?)null), (FakeRegistry.BasicHeader, 100) }));
    }

    [Test]
    public void Redirects_ThatDoNotEnd_AreRefused()
    {
        Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", (r, _) => FakeAnswer.Of(302, "", ("Location", r.Target)));
        Fails(ImageErrorKind.Unavailable, "redirects more than 5 times");
        Assert.That(Registry.Requests, Has.Count.EqualTo(6));
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://127.0.0.1/x")]
    public void Redirect_ToAnotherScheme_IsRefused(string location)
    {
        Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", (_, _) => FakeAnswer.Of(302, "", ("Location", location)));
        Fails(ImageErrorKind.Unavailable, "not as safe as itself");
    }

    [Test]
    public void Redirect_FromTlsToPlain_IsRefused()
    {
        FakeRegistry safe = NewRegistry(Certificate());
        safe.Change("manifests/", (r, _) => FakeAnswer.Of(302, "", ("Location", $"http://{Registry.Address}{r.Target}")));
        Assert.That(ErrorOf(safe.Reference("app:v1")).Message, Does.Contain("not as safe as itself"));
        Assert.That(Registry.Requests, Is.Empty);
    }

    [Test]
    public void CVE_2020_15157_ForeignLayer_IsNotFetchedFromItsUrls()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a") with { MediaType = MediaTypes.OciNondistributableLayerGzip });
        image = image.WithManifest(m => m.Replace($"\"size\":{image.Layers[0].Blob.Length}}}", $"\"size\":{image.Layers[0].Blob.Length},\"urls\":[\"http://{Other.OtherAddress}/steal\"]}}"));
        Registry.Serve("app:v1", image);
        Registry.Challenge = "Basic realm=\"x\"";
        Settings = Settings with { Credentials = new Somebody() };
        Registry.Change(image.Layers[0].Digest.ToString(), _ => FakeAnswer.Of(404));
        Fails(ImageErrorKind.NotFound, image.Layers[0].Digest.ToString());
        Assert.That(Other.Requests, Is.Empty);
    }

    [Test]
    public async Task CVE_2026_48978_and_2026_33540_RealmOnAnotherHost_GetsNoCredential()
    {
        FakeImage image = ServeFor(FakeRegistry.BearerAt(Other.OtherAddress));
        await PullAsync();
        AssertComplete(image);
        Assert.That(Other.RequestsFor("/token"), Is.Not.Empty);
        Assert.That(Other.Requests.Select(r => (r.Method, r.Authorization, r.Body.Length)), Is.All.EqualTo(("GET", (string?)null, 0)));
    }

    [Test]
    public async Task CVE_2026_48978_and_2026_33540_RealmOnAnotherHost_GetsNoRefreshToken()
    {
        FakeImage image = ServeFor(FakeRegistry.BearerAt(Other.OtherAddress));
        Settings = Settings with { Credentials = new Fixed(new Credential("", "", "refresh-secret")) };
        await PullAsync();
        AssertComplete(image);
        Assert.That(Other.Requests.Select(r => (r.Method, r.Authorization, r.Body.Length)), Is.All.EqualTo(("GET", (string?)null, 0)));
        Assert.That(Other.Requests.Where(r => r.IsFor("refresh-secret")), Is.Empty);
    }

    [Test]
    public async Task Realm_OnTheRegistrysHost_GetsTheCredential()
    {
        ServeFor(FakeRegistry.BearerAt(Registry.Address));
        await PullAsync();
        FakeRequest token = Registry.RequestsFor("/token").Single();
        Assert.That(token.Authorization, Is.EqualTo(FakeRegistry.BasicHeader));
        Assert.That(token.Target, Is.EqualTo("/token?client_id=vessel&service=fake&scope=repository%3Aapp%3Apull"));
        Settings = Settings with { Credentials = new Fixed(new Credential("", "", "refresh secret")) };
        await PullAsync();
        Assert.That(Encoding.ASCII.GetString(Registry.RequestsFor("/token").Last().Body), Is.EqualTo("grant_type=refresh_token&client_id=vessel&refresh_token=refresh%20secret&service=fake&scope=repository%3Aapp%3Apull"));
    }

    [Test]
    public void CVE_2026_48978_RealmWithoutTls_OfARegistryWithIt_IsNotAsked()
    {
        FakeRegistry safe = NewRegistry(Certificate());
        safe.Challenge = FakeRegistry.BearerAt(Registry.Address);
        Settings = Settings with { Credentials = new Somebody() };
        Assert.That(ErrorOf(safe.Reference("app:v1")).Kind, Is.EqualTo(ImageErrorKind.Unauthorized));
        Assert.That(Registry.Requests, Is.Empty);
    }

    [TestCase("Bearer realm=\"\"")]
    [TestCase("Bearer realm=\"/token\"")]
    [TestCase("Bearer realm=\"file:///etc/shadow\"")]
    [TestCase("Bearer service=\"x\"")]
    public void Realm_ThatIsNoAddress_IsAnError(string challenge)
    {
        Registry.Challenge = challenge;
        Fails(ImageErrorKind.Unauthorized, "token server");
    }

    [Test]
    public void CVE_2019_10214_TokenServersCertificate_IsVerified()
    {
        // The registry's own needn't be: it is on the loopback interface. Its token server is another host.
        FakeRegistry safe = NewRegistry(Certificate()), tokens = NewRegistry(Certificate());
        safe.Challenge = FakeRegistry.BearerAt(tokens.OtherAddress, "https");
        Settings = Settings with { Credentials = new Somebody() };
        ImageException e = ErrorOf(safe.Reference("app:v1"));
        Assert.That(e.Message, Does.Contain($"token server {tokens.OtherAddress}").And.Contain("TLS"));
        Assert.That(tokens.Requests, Is.Empty);
        Assert.That(safe.Requests, Is.Not.Empty);
    }

    [Test]
    public void CVE_2019_10214_RedirectTargetsCertificate_IsVerified()
    {
        FakeRegistry safe = NewRegistry(Certificate()), blobs = NewRegistry(Certificate());
        safe.Change("manifests/", (r, _) => FakeAnswer.Of(302, "", ("Location", $"https://{blobs.OtherAddress}{r.Target}")));
        Assert.That(ErrorOf(safe.Reference("app:v1")).Message, Does.Contain("TLS"));
        Assert.That(blobs.Requests, Is.Empty);
    }

    [Test]
    public async Task RegistryThatSpeaksTls_IsNeverTalkedToWithout()
    {
        FakeRegistry safe = NewRegistry(Certificate());
        FakeImage image = FakeImage.Of(FakeLayer.Random("a", 1 << 20));
        safe.Serve("app:v1", image);
        await PullAsync(safe.Reference("app:v1"));
        Store.Remove(image.Id.ToString());
        // In the middle of a pull somebody else answers in its place, without TLS.
        using RegistryClient client = new(Settings);
        await client.GetManifestAsync(safe.Reference("app:v1"));
        safe.Stop();
        using FakeRegistry pretender = new(null, safe.Port);
        pretender.Serve("app:v1", image);
        Assert.CatchAsync<ImageException>(async () => await Store.PullAsync(safe.Reference("app:v1"), client, new PullOptions(), new PullRecord()));
        Assert.That(pretender.Requests, Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task LoopbackRegistryWithoutTls_IsFoundQuickly(bool answers)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Registry.AnswersTls = answers;
        System.Diagnostics.Stopwatch time = System.Diagnostics.Stopwatch.StartNew();
        await PullAsync();
        AssertComplete(image);
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void CVE_2026_50151_PlaceOfAnUploadOnAnotherHost_GetsNoCredential()
    {
        FakeImage image = ServeFor("Basic realm=\"x\"");
        Assert.DoesNotThrowAsync(async () => await PullAsync());
        Registry.Change("blobs/sha256", (r, a) => r.Method == "HEAD" && a.Status != 401 ? FakeAnswer.Of(404) : a);
        Registry.Change("uploads/", (_, a) => a.Status == 401 ? a : FakeAnswer.Of(202, "", ("Location", $"http://{Other.OtherAddress}/v2/app/blobs/uploads/1")));
        using RegistryClient client = new(Settings);
        Assert.CatchAsync<ImageException>(async () => await Store.PushAsync(Registry.Reference("app:v1"), client, new NoPushObserver()));
        Assert.That(Other.Requests, Is.Not.Empty);
        Assert.That(Other.Requests.Select(r => r.Authorization), Is.All.Null);
        Assert.That(image.Layers, Is.Not.Empty);
    }

    [Test]
    public void CVE_2021_41092_CredentialHelperThatIsMissing_SendsNothing()
    {
        ServeFor("Basic realm=\"x\"");
        File.WriteAllText(Box.Folder + "/config.json", $$$$"""{"credHelpers":{"{{{{Registry.Address}}}}":"no-such-helper-at-all"},"auths":{"{{{{Registry.Address}}}}":{"auth":"YTpi"}}}""");
        Settings = Settings with { Credentials = new DockerConfig(Box.Folder + "/config.json") };
        Fails(ImageErrorKind.Unauthorized, "docker-credential-no-such-helper-at-all");
        Assert.That(Registry.Requests, Has.Count.EqualTo(1), "the one that was answered with the challenge");
        Assert.That(Registry.Requests[0].Authorization, Is.Null);
    }

    [TestCase("Basic realm=\"x\"", 2)]
    [TestCase(null, 3)]
    public void RegistryThatIsNeverContent_IsAskedOnceMore(string? challenge, int requests)
    {
        ServeFor("-");
        Registry.Change("/v2/", _ => FakeAnswer.Of(401, "", ("WWW-Authenticate", challenge ?? FakeRegistry.BearerAt(Registry.Address))));
        Fails(ImageErrorKind.Unauthorized, $"vessel login {Registry.Address}");
        Assert.That(Registry.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public void TokenServerThatRefuses_IsSaid()
    {
        ServeFor(FakeRegistry.BearerAt(Registry.Address));
        Registry.Change("/token", _ => FakeAnswer.Of(401));
        ImageException e = Fails(ImageErrorKind.Unauthorized, Registry.Address, FakeRegistry.User);
        Assert.That(e.ToString(), Does.Not.Contain(FakeRegistry.Secret));
        Assert.That(Registry.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task TokenThatExpires_IsAskedForAnew()
    {
        FakeImage image = ServeFor(FakeRegistry.BearerAt(Registry.Address));
        // The registry forgets the token between the manifest and the layer.
        Registry.Change("/token", (_, a) => FakeAnswer.Of(200, """{"access_token":"old"}"""), times: 1);
        Registry.Change("manifests/", (r, a) => r.Authorization == "Bearer old" ? new FakeAnswer(200, image.Manifest).With("Content-Type", image.ManifestType) : a);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor("/token"), Has.Count.EqualTo(2));
    }

    [TestCase("layers in an index")]
    [TestCase("manifests in a manifest")]
    [TestCase("null")]
    public void CVE_2021_41190_DocumentThatIsTwoThings_IsRefused(string form)
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        string index = Encoding.UTF8.GetString(FakeImage.Index((image, FakeImage.PlatformOf(Platform.Host.Architecture))));
        string manifests = index[index.IndexOf("\"manifests\"", StringComparison.Ordinal)..index.LastIndexOf('}')];
        Registry.Serve("app:part", image);
        if (form == "layers in an index")
            Registry.Serve("app:v1", Encoding.UTF8.GetBytes(index[..index.LastIndexOf('}')] + ",\"layers\":[]}"), MediaTypes.OciIndex);
        else
            Registry.Serve("app:v1", image.WithManifest(m => m[..^1] + "," + (form == "null" ? "\"manifests\":null" : manifests) + "}"));
        Fails(ImageErrorKind.Corrupt, "could be read as");
    }

    [TestCase(MediaTypes.DockerManifest, MediaTypes.DockerManifest)]
    [TestCase(MediaTypes.OciIndex, "is not the type of an index")]
    [TestCase("text/html", "text/html")]
    public void CVE_2021_41190_DocumentThatIsServedAsAnother_IsRefused(string type, string word)
    {
        Registry.Serve("app:v1", FakeImage.Of(FakeLayer.Text("a", "a")).Manifest, type);
        Fails(ImageErrorKind.Corrupt, word);
    }

    [Test]
    public void CVE_2021_41190_ManifestThatIsAnotherKindThanItsIndexSays_IsRefused()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        Registry.Serve("app:part", image);
        Registry.Serve("app:v1", FakeImage.Index((image with { ManifestType = MediaTypes.DockerManifest }, FakeImage.PlatformOf(Platform.Host.Architecture))), MediaTypes.OciIndex);
        Fails(ImageErrorKind.Corrupt, MediaTypes.DockerManifest);
        // Nor does it help to serve it as that.
        Registry.Change("manifests/sha256", a => a.With("Content-Type", MediaTypes.DockerManifest));
        Fails(ImageErrorKind.Corrupt, "mediaType");
    }

    [Test]
    public void Schema1_IsRefusedByName()
    {
        Registry.Serve("app:v1", """{"schemaVersion":1,"name":"app","tag":"v1","architecture":"amd64","fsLayers":[],"history":[]}"""u8.ToArray(), MediaTypes.DockerSchema1Signed);
        Fails(ImageErrorKind.Corrupt, "schema 1");
    }

    [TestCase("application/vnd.cncf.helm.config.v1+json", MediaTypes.OciConfig)]
    [TestCase("application/vnd.cncf.helm.chart.content.v1.tar+gzip", MediaTypes.OciLayerGzip)]
    public void ArtifactThatIsNoImage_IsRefused(string type, string instead)
    {
        Registry.Serve("app:v1", FakeImage.Of(FakeLayer.Text("a", "a")).WithManifest(m => m.Replace($"\"{instead}\"", $"\"{type}\"")));
        Fails(ImageErrorKind.Unsupported, type);
        Assert.That(Registry.RequestsFor("blobs/"), Is.Empty);
    }

    // docker has the same short list, for manifests of its schema 2 alone.
    [TestCase("application/octet-stream"), TestCase("application/json"), TestCase("text/html"), TestCase("")]
    public async Task OldTypeOfAConfig_IsTaken_InDockersManifestAlone(string type)
    {
        FakeImage image = FakeImage.Of(true, "", FakeLayer.Text("a", "a")).WithManifest(m => m.Replace($"\"{MediaTypes.DockerConfig}\"", $"\"{type}\""));
        Registry.Serve("app:v1", image);
        await PullAsync();
        AssertComplete(image);
        Registry.Serve("app:v2", FakeImage.Of(FakeLayer.Text("a", "a")).WithManifest(m => m.Replace($"\"{MediaTypes.OciConfig}\"", $"\"{type}\"")));
        Assert.That(ErrorOf(Registry.Reference("app:v2")).Kind, Is.EqualTo(type.Length > 0 ? ImageErrorKind.Unsupported : ImageErrorKind.Corrupt));
    }

    [TestCase("sha256:../../../../../../etc/passwd")]
    [TestCase("sha256:../../x")]
    [TestCase("sha256:abcdef")]
    [TestCase("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [TestCase("sha256:")]
    [TestCase("")]
    public void CVE_2024_3727_DigestThatIsNone_IsRefusedBeforeItIsUsed(string digest)
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        foreach (Digest each in new[] { image.Id, image.Layers[0].Digest })
        {
            Registry.Serve("app:v1", image.WithManifest(m => m.Replace(each.ToString(), digest)));
            Fails(ImageErrorKind.Corrupt, "digest");
        }
        string upper = image.Layers[0].Digest.Hex.ToUpperInvariant();
        Registry.Serve("app:v1", image.WithManifest(m => m.Replace(image.Layers[0].Digest.Hex, upper)));
        Fails(ImageErrorKind.Corrupt, "digest");
        Registry.Serve("app:v1", FakeImage.Of(image.Layers, Encoding.UTF8.GetString(image.Config).Replace(image.Layers[0].DiffId.ToString(), digest)));
        Fails(ImageErrorKind.Corrupt, "digest");
        Assert.That(Registry.RequestsFor("blobs/").All(r => Digest.TryParse(r.Target.Split('/').Last(), out _, out _)));
    }

    [Test]
    public void CVE_2017_11468_and_2023_2253_ManifestWithoutEnd_IsRefused()
    {
        Registry.Serve("app:v1", new byte[5 << 20], MediaTypes.OciManifest);
        Fails(ImageErrorKind.Corrupt, "larger than 4194304 bytes");
        Registry.Change("manifests/", a => a with { Length = -1 });
        Fails(ImageErrorKind.Corrupt, "larger than 4194304 bytes");
    }

    [Test]
    public void CVE_2017_11468_ConfigOfFiftyMegabytes_IsNotFetched()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        Registry.Serve("app:v1", image.WithManifest(m => m.Replace($"\"size\":{image.Config.Length}}}", "\"size\":52428800}")));
        Fails(ImageErrorKind.Corrupt, "larger than");
        Assert.That(Registry.RequestsFor("blobs/"), Is.Empty);
    }

    [Test]
    public void CVE_2017_11468_TokenWithoutEnd_IsRefused()
    {
        ServeFor(FakeRegistry.BearerAt(Registry.Address));
        Registry.Change("/token", a => a with { Body = new byte[2 << 20] });
        Fails(ImageErrorKind.Corrupt, "token", "larger than");
    }

    [TestCase("circle")]
    [TestCase("empty pages")]
    [TestCase("long pages")]
    [TestCase("large page")]
    public void CVE_2023_2253_TagsWithoutEnd_AreRefused(string form)
    {
        int page = 0;
        Registry.Change("tags/list", (_, _) => form switch
        {
            "circle" => FakeAnswer.Of(200, """{"tags":["a"]}""", ("Link", $"</v2/app/tags/list?n=1000&page={page++ % 3}>; rel=\"next\"")),
            "empty pages" => FakeAnswer.Of(200, """{"tags":[]}""", ("Link", $"</v2/app/tags/list?page={page++}>; rel=\"next\"")),
            "long pages" => FakeAnswer.Of(200, $"{{\"tags\":[{string.Join(',', Enumerable.Repeat("\"a\"", 50_000))}]}}", ("Link", $"</v2/app/tags/list?page={page++}>; rel=\"next\"")),
            _ => new FakeAnswer(200, new byte[5 << 20]),
        });
        using RegistryClient client = new(Settings);
        ImageException e = Assert.ThrowsAsync<ImageException>(async () => await client.ListTagsAsync(Registry.Reference("app")))!;
        Assert.That(e.Kind, Is.EqualTo(ImageErrorKind.Corrupt));
        Assert.That(e.Message, Does.Contain(form == "large page" ? "larger than" : "does not end"));
    }

    [Test]
    public async Task Tags_AreReadPageByPage_FromTheSameHostOnly()
    {
        Registry.Change("tags/list", (r, _) => r.IsFor("last=b") ? FakeAnswer.Of(200, """{"name":"app","tags":["c"]}""")
            : FakeAnswer.Of(200, """{"name":"app","tags":["a","b"]}""", ("Link", $"<http://{Other.OtherAddress}/v2/app/tags/list?last=b>; rel=\"next\"")));
        using RegistryClient client = new(Settings);
        Assert.That(await client.ListTagsAsync(Registry.Reference("app")), Is.EqualTo(new[] { "a", "b", "c" }));
        // A path that begins with two slashes would be another host.
        Registry.Behave();
        Registry.Change("tags/list", _ => FakeAnswer.Of(200, """{"tags":["a"]}""", ("Link", $"<http://x//{Other.OtherAddress}/v2/app/tags/list>; rel=\"next\"")), times: 1);
        Assert.CatchAsync<ImageException>(async () => await client.ListTagsAsync(Registry.Reference("app")));
        Assert.That(Other.Requests, Is.Empty);
    }

    [TestCase("../../x")]
    [TestCase("a\\u001b[31m")]
    [TestCase("")]
    public void Tags_ThatAreNone_AreRefused(string tag)
    {
        Registry.Change("tags/list", _ => FakeAnswer.Of(200, $"{{\"tags\":[\"{tag}\"]}}"));
        using RegistryClient client = new(Settings);
        Assert.That(Assert.ThrowsAsync<ImageException>(async () => await client.ListTagsAsync(Registry.Reference("app")))!.Kind, Is.EqualTo(ImageErrorKind.Corrupt));
    }

    [Test]
    public async Task DigestConfusion_WhatTheRegistrySaysOfADigest_CountsForNothing()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", a => a.With("Docker-Content-Digest", Digest.Of([]).ToString()));
        Assert.That((await PullAsync()).Target, Is.EqualTo(image.Digest));
        AssertComplete(image);
    }

    [Test]
    public void DigestConfusion_ByDigest_NothingElseIsTaken()
    {
        FakeImage asked = FakeImage.Of(FakeLayer.Text("a", "a")), served = FakeImage.Of(FakeLayer.Text("b", "b"));
        Registry.Serve("app:v1", asked);
        Registry.Serve("app:v2", served);
        Registry.Change("manifests/sha256", a => a with { Body = served.Manifest });
        Assert.That(ErrorOf(Registry.Reference($"app@{asked.Digest}")).Message, Does.Contain("other bytes than were asked for"));
        Registry.Serve("app:v1", FakeImage.Index((asked, FakeImage.PlatformOf(Platform.Host.Architecture))), MediaTypes.OciIndex);
        Fails(ImageErrorKind.Corrupt, "other bytes than were asked for");
    }

    [Test]
    public void DigestConfusion_SizeOfAManifest_IsTheIndexs()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Text("a", "a"));
        Registry.Serve("app:part", image);
        string index = Encoding.UTF8.GetString(FakeImage.Index((image, FakeImage.PlatformOf(Platform.Host.Architecture))));
        Registry.Serve("app:v1", Encoding.UTF8.GetBytes(index.Replace($"\"size\":{image.Manifest.Length}", "\"size\":7")), MediaTypes.OciIndex);
        Fails(ImageErrorKind.Corrupt, "7 by its index");
    }

    [Test]
    public async Task DigestConfusion_SizeOfABlobThatIsHere_IsComparedToo()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        await PullAsync();
        Registry.Serve("app:v1", image.WithManifest(m => m.Replace($"\"size\":{image.Config.Length}}}", "\"size\":7}")));
        ImageException e = ErrorOf(Registry.Reference("app:v1"));
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Corrupt, $"blob {image.Id} has {image.Config.Length} bytes, 7 by its manifest")));
        AssertComplete(image);
    }

    [Test]
    public void LayerThatIsAnother_ThanTheConfigSays_IsRefused()
    {
        FakeLayer layer = FakeLayer.Text("a", "a");
        Registry.Serve("app:v1", FakeImage.Of([layer], Encoding.UTF8.GetString(FakeImage.Of(FakeLayer.Text("b", "b")).Config)));
        Fails(ImageErrorKind.Corrupt, "another one than the image's config says");
        Registry.Serve("app:v1", FakeImage.Of([layer], Encoding.UTF8.GetString(FakeImage.Of(layer, layer).Config)));
        Fails(ImageErrorKind.Corrupt, "1 layers, its config 2");
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=nobody", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private ImageException ErrorOf(ImageReference reference) => Assert.ThrowsAsync<ImageException>(async () => await PullAsync(reference))!;

    private FakeImage ServeFor(string challenge)
    {
        FakeImage image = Serve(FakeLayer.Random("a", 50_000));
        Registry.Challenge = challenge == "-" ? null : challenge;
        Settings = Settings with { Credentials = new Somebody() };
        return image;
    }

    private sealed class Fixed(Credential credential) : ICredentialSource
    {
        public Task<Credential?> FindAsync(string registry, CancellationToken cancellation) => Task.FromResult<Credential?>(credential);
    }

    private sealed class NoPushObserver : IPushObserver
    {
        public void Layer(Digest layer, PushStage stage, long current = 0, long total = 0)
        {
        }

        public void Mounted(Digest? layer, string from)
        {
        }
    }
}
