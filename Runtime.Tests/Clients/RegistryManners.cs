using System.Security.Cryptography.X509Certificates;

namespace Vessel.Tests.Clients;

/// <summary>How a <see cref="LocalRegistry"/> is to be spoken to.</summary>
internal sealed record RegistryManners
{
    /// <summary>Whether it serves only <see cref="LocalRegistry.User"/>, and asks for the password.</summary>
    public bool AsksWho { get; init; }

    /// <summary>Who says instead what somebody may do.</summary>
    public TokenServer? Tokens { get; init; }

    /// <summary>With which it speaks TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>A registry's folder that it serves, and never changes.</summary>
    public string? Images { get; init; }
}
