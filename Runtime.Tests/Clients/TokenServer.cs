using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Gives tokens, as the distribution's specification says, to registries' clients who are <see cref="LocalRegistry.User"/>; to others none that allow anything.</summary>
internal sealed class TokenServer : IDisposable
{
    public const string Service = "vessel-tests", Issuer = "vessel-tests-tokens";

    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 certificate;
    private readonly FakeRegistry server;

    public TokenServer()
    {
        CertificateRequest request = new("CN=tokens", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        server = new FakeRegistry();
        server.Change("/token", (asked, _) => Answer(asked));
    }

    /// <summary>Where it is.</summary>
    public string Realm => $"http://{server.Address}/token";

    /// <summary>With which registries verify its tokens (PEM).</summary>
    public string Certificate => certificate.ExportCertificatePem();

    /// <summary>What it was asked for: <c>repository:a/b:pull</c>.</summary>
    public IEnumerable<string> Scopes => server.Requests.SelectMany(ScopesOf);

    public void Dispose()
    {
        server.Dispose();
        certificate.Dispose();
        key.Dispose();
    }

    private FakeAnswer Answer(FakeRequest request)
    {
        string known = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{LocalRegistry.User}:{LocalRegistry.Password}"))}";
        if (request.Authorization is not null && request.Authorization != known)
            return FakeAnswer.Of(401, """{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}""");
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string access = request.Authorization is null ? "" : string.Join(',', ScopesOf(request).Select(s => s.Split(':')).Select(s =>
            $$"""{"type":"{{s[0]}}","name":"{{string.Join(':', s[1..^1])}}","actions":[{{string.Join(',', s[^1].Split(',').Select(a => $"\"{a}\""))}}]}"""));
        string head = Part($$"""{"typ":"JWT","alg":"RS256","x5c":["{{Convert.ToBase64String(certificate.RawData)}}"]}""");
        string claims = Part($$"""{"iss":"{{Issuer}}","sub":"{{LocalRegistry.User}}","aud":"{{Service}}","exp":{{now + 300}},"nbf":{{now - 10}},"iat":{{now}},"jti":"{{Guid.NewGuid()}}","access":[{{access}}]}""");
        string signature = Encode(key.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return FakeAnswer.Of(200, $$"""{"token":"{{head}}.{{claims}}.{{signature}}","expires_in":300}""", ("Content-Type", "application/json"));
    }

    private static IEnumerable<string> ScopesOf(FakeRequest request) =>
        new Uri("http://x" + request.Target).Query.TrimStart('?').Split('&').Where(p => p.StartsWith("scope=", StringComparison.Ordinal)).SelectMany(p => Uri.UnescapeDataString(p["scope=".Length..].Replace('+', ' ')).Split(' '));

    private static string Part(string json) => Encode(Encoding.UTF8.GetBytes(json));

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
