namespace Vessel.Images.Registry;

/// <summary>Knows who we are to which registry.</summary>
public interface ICredentialSource
{
    /// <summary>The credential for a registry; null where we are nobody there.</summary>
    /// <param name="registry">As references name it: <c>docker.io</c>, <c>localhost:5000</c>.</param>
    /// <param name="cancellation">Ends the wait for a helper.</param>
    /// <exception cref="ImageException">A helper that is configured does not work. Nothing is sent anywhere then.</exception>
    Task<Credential?> FindAsync(string registry, CancellationToken cancellation);
}
