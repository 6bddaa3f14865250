using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Registries of Debian's that want TLS with an authority of their own, a password, or a token: logged in to, pulled from, pushed to.</summary>
public sealed class GuardedRegistryTests : ImageTest
{
    // Not the loopback interface's own name: registries there may do without a certificate.
    private const string HostName = "registry.vessel.test";

    private RegistryManners manners = new();
    private string[] before = [];

    internal override RegistryManners Manners => manners;

    // With names and a folder /etc/vessel that only this call of vessel sees.
    protected override string[] Before => before;

    [Test]
    public void Tls_IsTrustedByTheAuthorityThatWasNamed()
    {
        UseTls();
        string image = $"{HostName}:{Registry.Port}/mine/tour:v1";
        Registry.Make("mine/tour:v1");
        Assert.That(Vessel("pull", image).Error, Does.Contain("certs.d"));
        NameAuthority();
        PullPushAndPull(image, $"{HostName}:{Registry.Port}/mine/other:v1");
    }

    [Test]
    public void Password_OverTls()
    {
        UseTls();
        manners = manners with { AsksWho = true };
        string image = $"{HostName}:{Registry.Port}/mine/tour:v1";
        Registry.Make("mine/tour:v1", "--dest-creds", $"{LocalRegistry.User}:{LocalRegistry.Password}");
        NameAuthority();
        Assert.That(Vessel("pull", image).ExitCode, Is.EqualTo(1));
        LogIn($"{HostName}:{Registry.Port}");
        PullPushAndPull(image, $"{HostName}:{Registry.Port}/mine/other:v1");
    }

    [Test]
    public void Password_Plain()
    {
        manners = new() { AsksWho = true };
        Registry.Make("mine/tour:v1", "--dest-creds", $"{LocalRegistry.User}:{LocalRegistry.Password}");
        LogIn(Registry.Address);
        PullPushAndPull($"{Registry.Address}/mine/tour:v1", $"{Registry.Address}/mine/other:v1");
    }

    [Test]
    public void Token_OfAServer_ForJustWhatIsDone()
    {
        using TokenServer tokens = new();
        manners = new() { Tokens = tokens };
        Registry.Make("mine/tour:v1", "--dest-creds", $"{LocalRegistry.User}:{LocalRegistry.Password}");
        string image = $"{Registry.Address}/mine/tour:v1";
        Outcome refused = Vessel("pull", image);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Does.Contain($"`vessel login {Registry.Address}`"));
        Assert.That(VesselWith("wrong"u8.ToArray(), "login", "-u", LocalRegistry.User, "--password-stdin", Registry.Address).ExitCode, Is.EqualTo(1));
        LogIn(Registry.Address);
        int known = tokens.Scopes.Count();
        Vessel("pull", image).Succeeded();
        Assert.That(tokens.Scopes.Skip(known).Distinct(), Is.EqualTo(new[] { "repository:mine/tour:pull" }));
        PullPushAndPull(image, $"{Registry.Address}/mine/other:v1");
        Assert.That(tokens.Scopes.Where(s => s.Contains("mine/other", StringComparison.Ordinal)), Has.Some.Contains("push"));
    }

    private void PullPushAndPull(string image, string other)
    {
        Vessel("pull", image).Succeeded();
        string digest = DigestOf(image), id = Vessel("image", "inspect", "-f", "{{.Id}}", image).Succeeded().Text;
        Vessel("tag", image, other).Succeeded();
        Outcome push = Vessel("push", other).Succeeded();
        Assert.That(push.Output, Does.Contain($": digest: {digest} size: "));
        Vessel("rmi", image, other).Succeeded();
        Assert.That(Stored("layers"), Is.Empty);
        Vessel("pull", other).Succeeded();
        Assert.That(DigestOf(other), Is.EqualTo(digest));
        Assert.That(Vessel("image", "inspect", "-f", "{{.Id}}", other).Text, Is.EqualTo(id));
    }

    private string DigestOf(string image) => Vessel("image", "inspect", "-f", "{{index .RepoDigests 0}}", image).Succeeded().Text.Split('@')[1];

    private void LogIn(string registry) =>
        Assert.That(VesselWith(Encoding.UTF8.GetBytes(LocalRegistry.Password), "login", "-u", LocalRegistry.User, "--password-stdin", registry).Succeeded().Output, Is.EqualTo("Login Succeeded\n"));

    private void UseTls()
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = DateTimeOffset.UtcNow.AddDays(1);
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest ofAuthority = new("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        ofAuthority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = ofAuthority.CreateSelfSigned(from, to);
        CertificateRequest request = new("CN=registry", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(HostName);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(authority, from, to, [1]);
        manners = new() { Certificate = signed.CopyWithPrivateKey(key) };

        string folder = Directory.CreateDirectory(Box.Folder + "/etc").FullName;
        File.WriteAllText(folder + "/ca.crt", authority.ExportCertificatePem());
        // /etc as it is, with two things of our own on it.
        Directory.CreateDirectory(folder + "/work");
        Directory.CreateDirectory(folder + "/upper");
        before = [Require.Program("unshare", "util-linux"), "--mount", "/bin/sh", "-c", $"mount -t overlay -o lowerdir=/etc,upperdir={folder}/upper,workdir={folder}/work overlay /etc && exec \"$@\"", "sh"];
        File.WriteAllText(folder + "/upper/hosts", $"127.0.0.1 localhost {HostName}\n");
    }

    private void NameAuthority()
    {
        string certificates = Directory.CreateDirectory($"{Box.Folder}/etc/upper/vessel/certs.d/{HostName}:{Registry.Port}").FullName;
        File.Copy(Box.Folder + "/etc/ca.crt", certificates + "/ca.crt");
    }
}
