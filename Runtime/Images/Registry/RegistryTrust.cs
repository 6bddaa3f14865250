using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Vessel.Native.Safe;

namespace Vessel.Images.Registry;

/// <summary>Whom a connection to a registry trusts, and who it says it is: docker's <c>certs.d/HOST</c>.</summary>
internal static class RegistryTrust
{
    /// <summary>The TLS options for one registry. Other hosts that it leads to, as token servers and stores of blobs, are trusted as any host is, and not told who we are.</summary>
    /// <param name="settings">Where to look.</param>
    /// <param name="registry">As references name it: the folder is of that name, with the port where there is one.</param>
    /// <param name="isUnverified">Whether a certificate that nobody vouches for will do.</param>
    /// <exception cref="ImageException">A certificate cannot be read.</exception>
    public static SslClientAuthenticationOptions Options(RegistrySettings settings, string registry, bool isUnverified)
    {
        X509Certificate2Collection roots = [];
        X509Certificate2Collection own = [];
        foreach (string folder in settings.CertificateFolders)
            Read(Path.Combine(folder, registry), roots, own);
        string host = RegistrySettings.HostOf(registry);
        SslClientAuthenticationOptions options = new();
        if (own.Count > 0)
            options.LocalCertificateSelectionCallback = (_, target, _, _, _) => IsSame(target, host) ? own[0] : null!;
        if (isUnverified || roots.Count > 0)
            options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                errors == SslPolicyErrors.None || (sender is SslStream stream && IsSame(stream.TargetHostName, host)
                    && (isUnverified || (errors == SslPolicyErrors.RemoteCertificateChainErrors && IsVouchedFor(certificate, chain, roots))));
        return options;
    }

    private static bool IsSame(string target, string host) => target.Equals(host, StringComparison.OrdinalIgnoreCase);

    private static bool IsVouchedFor(X509Certificate? certificate, X509Chain? sent, X509Certificate2Collection roots)
    {
        if (certificate is null)
            return false;
        using X509Certificate2 leaf = new(certificate);
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(leaf);
    }

    private static void Read(string folder, X509Certificate2Collection roots, X509Certificate2Collection own)
    {
        if (!Directory.Exists(folder))
            return;
        string current = folder;
        try
        {
            foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                current = file;
                if (file.EndsWith(".crt", StringComparison.Ordinal))
                    roots.ImportFromPemFile(file);
                else if (file.EndsWith(".cert", StringComparison.Ordinal))
                    own.Add(X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key")));
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"certificate {current}: {(e is CryptographicException ? "it is not a certificate with its key in PEM form" : SystemWords.Of(e))}", e);
        }
    }
}
