using System.Net;

namespace Vessel.Images.Registry;

/// <summary>How registries are reached.</summary>
public sealed record RegistrySettings
{
    /// <summary>Addresses that serve what Docker Hub has, tried before it, in order (dockerd's <c>registry-mirrors</c>).</summary>
    public IReadOnlyList<Uri> Mirrors { get; init; } = [];

    /// <summary>
    /// Registries that may be reached without TLS, or with a certificate that nobody vouches for: <c>host</c>, <c>host:port</c> or a range of
    /// addresses (dockerd's <c>insecure-registries</c>). 127.0.0.0/8, ::1 and localhost always may.
    /// </summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Folders with a folder for each registry: <c>*.crt</c> whom to trust, <c>*.cert</c> and <c>*.key</c> who we are.</summary>
    public IReadOnlyList<string> CertificateFolders { get; init; } = ["/etc/vessel/certs.d", "/etc/docker/certs.d"];

    /// <summary>Token servers that get a credential though they are on another host than the registry: registry → host names.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> TokenServers { get; init; } = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = ["auth.docker.io"] };

    /// <summary>Where credentials come from.</summary>
    public ICredentialSource Credentials { get; init; } = DockerConfig.OfUser();

    /// <summary>
    /// Receives a line for each request, redirect, challenge and choice, for whoever looks for an error. Credentials,
    /// tokens and the queries of addresses, which may be signed, are left out. Called from several threads.
    /// </summary>
    public Action<string> Log { get; init; } = static _ => { };

    /// <summary>How many layers of a pull arrive at the same time.</summary>
    public int MaximumConcurrentDownloads { get; init; } = 3;

    /// <summary>How many layers of a push are sent at the same time.</summary>
    public int MaximumConcurrentUploads { get; init; } = 5;

    /// <summary>How often a request or transfer that makes no progress is tried again.</summary>
    public int MaximumAttempts { get; init; } = 5;

    /// <summary>How long it is waited before the second attempt, unless the registry says; before each further one three times as long.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a transfer may stand still.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a large blob is waited for over one connection before it is seen whether that is slow, and others are opened for it.</summary>
    public TimeSpan RangeTrial { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for transfers of blobs.</summary>
    public Content.TransferLimits Transfers => new(MaximumConcurrentDownloads, MaximumAttempts, IdleTimeout) { Pause = Pause * 3 };

    /// <summary>Whether a registry may be reached without TLS.</summary>
    public bool IsInsecure(string registry)
    {
        string host = HostOf(registry);
        if (host is "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal) || (IPAddress.TryParse(host, out IPAddress? own) && IPAddress.IsLoopback(own)))
            return true;
        foreach (string entry in InsecureRegistries)
            if (entry == registry || entry == host || (IPNetwork.TryParse(entry, out IPNetwork range) && IPAddress.TryParse(host, out IPAddress? address) && range.Contains(address)))
                return true;
        return false;
    }

    /// <summary>The host of <c>host:port</c>, <c>[::1]:port</c>.</summary>
    internal static string HostOf(string registry)
    {
        if (registry.StartsWith('['))
            return registry[1..registry.IndexOf(']')];
        int colon = registry.LastIndexOf(':');
        return colon < 0 ? registry : registry[..colon];
    }
}
