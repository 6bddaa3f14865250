using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Registry;

/// <summary>Whom a connection trusts, by real handshakes.</summary>
public sealed class RegistryTrustTests
{
    private const string Registry = "registry.example:5000", Host = "registry.example", Other = "blobs.example";

    private readonly string folder = Directory.CreateDirectory($"{TestRun.Folder}/u{TestRun.NextBox()}").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestCase(Host, true)]
    [TestCase("REGISTRY.example", true)]
    [TestCase(Other, false)]
    public async Task OwnAuthority_CountsForTheRegistryAlone(string target, bool isTrusted)
    {
        (X509Certificate2 authority, X509Certificate2 server) = Make();
        Write("ca.crt", authority.ExportCertificatePem());
        Assert.That(await IsTrustedAsync(RegistryTrust.Options(Settings, Registry, isUnverified: false), server, target), Is.EqualTo(isTrusted));
    }

    [TestCase(Host, true)]
    [TestCase(Other, false)]
    public async Task InsecureRegistry_IsTheOneThatWasNamed(string target, bool isTrusted) =>
        Assert.That(await IsTrustedAsync(RegistryTrust.Options(Settings, Registry, isUnverified: true), Make().Server, target), Is.EqualTo(isTrusted));

    [Test]
    public async Task NobodyWasNamed_NobodyIsTrusted() =>
        Assert.That(await IsTrustedAsync(RegistryTrust.Options(Settings, Registry, isUnverified: false), Make().Server, Host), Is.False);

    [Test]
    public async Task OwnAuthority_DoesNotVouchForAnotherName()
    {
        (X509Certificate2 authority, X509Certificate2 server) = Make("somebody.example");
        Write("ca.crt", authority.ExportCertificatePem());
        Assert.That(await IsTrustedAsync(RegistryTrust.Options(Settings, Registry, isUnverified: false), server, Host), Is.False);
    }

    [TestCase(Host, true)]
    [TestCase(Other, false)]
    public async Task ClientCertificate_IsShownToTheRegistryAlone(string target, bool isShown)
    {
        (X509Certificate2 authority, X509Certificate2 server) = Make();
        Write("client.cert", authority.ExportCertificatePem());
        Write("client.key", authority.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        SslClientAuthenticationOptions options = RegistryTrust.Options(Settings, Registry, isUnverified: false);
        // So that only this is what differs.
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        string? shown = null;
        await IsTrustedAsync(options, server, target, certificate => shown = certificate?.GetCertHashString());
        Assert.That(shown, Is.EqualTo(isShown ? authority.GetCertHashString() : null));
    }

    [TestCase("ca.crt")]
    [TestCase("client.cert")]
    public void FileThatIsNone_IsAnErrorThatNamesIt(string name)
    {
        Write(name, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.That(Assert.Throws<ImageException>(() => RegistryTrust.Options(Settings, Registry, isUnverified: false))!.Message, Does.Contain($"{Registry}/{name}"));
    }

    private RegistrySettings Settings => new() { CertificateFolders = [folder] };

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Directory.CreateDirectory($"{folder}/{Registry}").FullName, name), text);

    private static (X509Certificate2 Authority, X509Certificate2 Server) Make(params string[] names)
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = DateTimeOffset.UtcNow.AddDays(1);
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest ofAuthority = new("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        ofAuthority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        X509Certificate2 authority = ofAuthority.CreateSelfSigned(from, to);
        CertificateRequest request = new("CN=server", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (string name in names.Length > 0 ? names : [Host, Other])
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        return (authority, request.Create(authority, from, to, [1]).CopyWithPrivateKey(key));
    }

    private static async Task<bool> IsTrustedAsync(SslClientAuthenticationOptions options, X509Certificate2 server, string target, Action<X509Certificate?>? shown = null)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        Task<TcpClient> accepting = listener.AcceptTcpClientAsync();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using TcpClient accepted = await accepting;
        using SslStream there = new(accepted.GetStream()), here = new(client.GetStream());
        Task serving = there.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = server,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                shown?.Invoke(certificate);
                return certificate is null || certificate.Subject.Length > 0;
            },
        });
        options.TargetHost = target;
        try
        {
            await here.AuthenticateAsClientAsync(options);
            await serving;
            return true;
        }
        catch (AuthenticationException)
        {
            return false;
        }
        finally
        {
            here.Close();
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
