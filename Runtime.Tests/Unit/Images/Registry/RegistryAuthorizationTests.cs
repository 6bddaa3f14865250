using NUnit.Framework;
using Vessel.Images.Registry;

namespace Vessel.Tests.Unit.Images.Registry;

/// <summary>Which token servers are a registry's own, and get its credential.</summary>
public sealed class RegistryAuthorizationTests
{
    [TestCase("docker.io", "https://registry-1.docker.io", "https://auth.docker.io/token")]
    [TestCase("r.example.org", "https://r.example.org", "https://r.example.org/token")]
    [TestCase("r.example.org:5000", "https://r.example.org:5000", "https://r.example.org:5001/token")]
    [TestCase("registry.example.org", "https://registry.example.org", "https://auth.example.org/token")]
    [TestCase("registry.example.org", "https://registry.example.org", "https://example.org/token")]
    [TestCase("registry.foo.com", "https://registry.foo.com", "https://auth.foo.com/token")]
    [TestCase("127.0.0.1:5000", "http://127.0.0.1:5000", "http://127.0.0.1:5001/token")]
    [TestCase("named.example", "https://named.example", "https://tokens.elsewhere.test/")]
    public void Own_GetsIt(string registry, string address, string realm) => Assert.That(IsOwn(registry, address, realm));

    [TestCase("docker.io", "https://registry-1.docker.io", "https://auth.docker.io.evil.example/token")]
    [TestCase("r.example.org", "https://r.example.org", "https://evil.org/token")]
    [TestCase("registry.example.org", "https://registry.example.org", "https://notexample.org/token")]
    [TestCase("registry.example.org", "https://registry.example.org", "https://registry.example.org.evil.test/token")]
    [TestCase("registry.example.org", "https://registry.example.org", "https://registry.example.org@evil.test/token")]
    [TestCase("example.org", "https://example.org", "https://other.org/token")]
    [TestCase("r.uk.com", "https://r.uk.com", "https://evil.uk.com/token")]
    [TestCase("r.co.uk", "https://r.co.uk", "https://evil.co.uk/token")]
    [TestCase("localhost:5000", "http://localhost:5000", "http://127.0.0.1:5000/token")]
    [TestCase("127.0.0.1:5000", "http://127.0.0.1:5000", "http://1.127.0.0.1/token")]
    [TestCase("10.0.0.1", "https://10.0.0.1", "https://11.0.0.1/token")]
    [TestCase("localhost", "http://localhost", "http://a.localhost/token")]
    [TestCase("other.example", "https://other.example", "https://tokens.elsewhere.test/")]
    public void Others_GetNone(string registry, string address, string realm) => Assert.That(IsOwn(registry, address, realm), Is.False);

    private static bool IsOwn(string registry, string address, string realm)
    {
        using HttpClient client = new();
        RegistrySettings settings = new() { TokenServers = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = ["auth.docker.io"], ["named.example"] = ["tokens.elsewhere.test"] } };
        using RegistryAuthorization authorization = new(settings, registry, new Uri(address), client);
        return authorization.IsOwn(new Uri(realm));
    }
}
