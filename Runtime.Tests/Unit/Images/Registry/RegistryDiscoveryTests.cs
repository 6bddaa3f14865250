using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Registry;

/// <summary>What a registry can be asked beside images.</summary>
public sealed class RegistryDiscoveryTests : IDisposable
{
    private static readonly Digest Subject = Digest.Of("subject"u8);

    private readonly FakeRegistry registry = new();
    private readonly RegistryClient client = new(new RegistrySettings { Credentials = new Nobody(), MaximumAttempts = 1, CertificateFolders = [] });

    public void Dispose()
    {
        client.Dispose();
        registry.Dispose();
    }

    [TearDown]
    public void Behave() => registry.Behave();

    private ImageReference Any => registry.Reference("app");

    [Test]
    public async Task Repositories_ComePageByPage()
    {
        registry.Change("_catalog", (request, _) => request.Target.Contains("last=", StringComparison.Ordinal)
            ? FakeAnswer.Of(200, """{"repositories":["c"]}""")
            : FakeAnswer.Of(200, """{"repositories":["a","b/b"]}""", ("Link", "</v2/_catalog?last=b>; rel=\"next\"")));
        Assert.That(await client.ListRepositoriesAsync(Any), Is.EqualTo(new[] { "a", "b/b", "c" }));
    }

    [Test]
    public void RepositoriesThatNeverEnd_AreRefused()
    {
        registry.Change("_catalog", _ => FakeAnswer.Of(200, """{"repositories":["a"]}""", ("Link", "</v2/_catalog?n=1000>; rel=\"next\"")));
        Assert.That(async () => await client.ListRepositoriesAsync(Any), Throws.TypeOf<ImageException>().With.Message.EndsWith("does not end"));
    }

    private static string Referrers(params string[] types) =>
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', types.Select(t => $$"""{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{Digest.Of(System.Text.Encoding.UTF8.GetBytes(t))}}","size":2,"artifactType":"{{t}}"}"""))}}]}""";

    [Test]
    public async Task Referrers_AreThoseOfTheSubject_AndOfTheType()
    {
        registry.Change($"referrers/{Subject}", _ => FakeAnswer.Of(200, Referrers("a/sig", "a/sbom")));
        Assert.That((await client.ListReferrersAsync(Any, Subject)).Select(d => d.ArtifactType), Is.EqualTo(new[] { "a/sig", "a/sbom" }));
        Assert.That((await client.ListReferrersAsync(Any, Subject, "a/sbom")).Select(d => d.ArtifactType), Is.EqualTo(new[] { "a/sbom" }));
    }

    [Test]
    public async Task Referrers_OfAnOldRegistry_AreUnderATag()
    {
        registry.Change($"manifests/sha256-{Subject.Hex}", _ => FakeAnswer.Of(200, Referrers("a/sig")));
        Assert.That((await client.ListReferrersAsync(Any, Subject)).Select(d => d.ArtifactType), Is.EqualTo(new[] { "a/sig" }));
        registry.Behave();
        Assert.That(await client.ListReferrersAsync(Any, Subject), Is.Empty);
    }

    [Test]
    public async Task Delete_SaysSo()
    {
        registry.Change($"manifests/{Subject}", (request, answer) => request.Method == "DELETE" ? FakeAnswer.Of(202) : answer);
        await client.DeleteManifestAsync(Any, Subject);
        registry.Behave();
        Assert.That(async () => await client.DeleteManifestAsync(Any, Subject), Throws.TypeOf<ImageException>().With.Property("Kind").EqualTo(ImageErrorKind.NotFound));
        registry.Change($"manifests/{Subject}", _ => FakeAnswer.Of(405, """{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}"""));
        Assert.That(async () => await client.DeleteManifestAsync(Any, Subject), Throws.TypeOf<ImageException>().With.Message.Contains("unsupported"));
    }

    [Test]
    public async Task Search_FindsRepositories()
    {
        registry.Change("/v1/search", (request, _) => request.Target == "/v1/search?q=web%20server&n=5"
            ? FakeAnswer.Of(200, """{"num_results":2,"results":[{"name":"nginx","description":"Official build","star_count":20000,"is_official":true,"is_automated":false},{"name":"x/web"}]}""")
            : FakeAnswer.Of(500));
        Assert.That(await client.SearchAsync(Any, "web server", 5), Is.EqualTo(new[] { new FoundRepository("nginx", "Official build", 20000, true), new FoundRepository("x/web", "", 0, false) }));
    }

    [Test]
    public void Search_WhereThereIsNone_SaysSo() =>
        Assert.That(async () => await client.SearchAsync(Any, "x", 5), Throws.TypeOf<ImageException>().With.Message.EqualTo($"{registry.Address} cannot be searched: it has no /v1/search"));
}
