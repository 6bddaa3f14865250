using Vessel.Images.Registry;

namespace Vessel.Tests.Support;

/// <summary>Nobody, anywhere.</summary>
internal sealed class Nobody : ICredentialSource
{
    public Task<Credential?> FindAsync(string registry, CancellationToken cancellation) => Task.FromResult<Credential?>(null);
}
