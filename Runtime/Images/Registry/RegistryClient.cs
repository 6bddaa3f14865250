using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Vessel.Images.Content;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>The registries of references, spoken to as the distribution specification (1.1) says.</summary>
public sealed partial class RegistryClient(RegistrySettings settings) : IDisposable
{
    /// <summary>The largest manifest or index that is taken, in bytes; the specification lets registries refuse more than this.</summary>
    public const int MaximumManifestBytes = 4 << 20;

    private readonly ConcurrentDictionary<string, RegistryConnection> connections = new();

    /// <summary>How registries are reached.</summary>
    public RegistrySettings Settings { get; } = settings;

    /// <summary>Fetches a manifest or index, by <paramref name="digest"/> or else by the reference's digest or tag; verified where there is a digest.</summary>
    /// <exception cref="ImageException">There is none, the registry refuses, or what came isn't what the digest says.</exception>
    public async Task<FetchedManifest> GetManifestAsync(ImageReference reference, Digest? digest = null, CancellationToken cancellation = default)
    {
        digest ??= reference.Digest;
        string name = digest?.ToString() ?? reference.Tag ?? "latest";
        return await FirstAsync(reference, async connection =>
        {
            (HttpResponseMessage response, byte[] bytes) = await connection.GetAsync(Path(reference, $"manifests/{name}"), Scope.Pull(reference.Repository), MaximumManifestBytes, "manifest", Accept, cancellation).ConfigureAwait(false);
            using HttpResponseMessage answer = response;
            if (response.StatusCode == HttpStatusCode.NotFound)
                throw new ImageException(ImageErrorKind.NotFound, $"manifest for {(digest is null ? reference.FamiliarText : $"{reference.FamiliarName}@{digest}")} not found: manifest unknown");
            Digest actual = BlobHash.Of(digest?.Algorithm ?? "sha256", bytes);
            if (digest is not null && actual != digest)
                throw new ImageException(ImageErrorKind.Corrupt, $"manifest {digest} of {reference.FamiliarName} has digest {actual}: the registry serves other bytes than were asked for");
            string type = response.Content.Headers.ContentType?.MediaType ?? "";
            return new FetchedManifest(bytes, actual, type);
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens a blob at an offset.</summary>
    /// <returns>The stream, and where in the blob it really begins: 0 where the registry knows no ranges.</returns>
    public async Task<(Stream Stream, long Offset)> OpenBlobAsync(ImageReference reference, Descriptor descriptor, long offset, CancellationToken cancellation = default) =>
        await FirstAsync(reference, async connection =>
        {
            HttpResponseMessage response = await GetBlobAsync(connection, reference, descriptor, offset > 0 ? new RangeHeaderValue(offset, null) : null, cancellation).ConfigureAwait(false);
            if (offset > 0 && response.StatusCode != HttpStatusCode.OK && response.Content.Headers.ContentRange?.From != offset)
            {
                // It knows ranges, but not what they are: then from the start.
                response.Dispose();
                offset = 0;
                response = await GetBlobAsync(connection, reference, descriptor, null, cancellation).ConfigureAwait(false);
            }
            long start = response.StatusCode == HttpStatusCode.PartialContent ? offset : 0;
            long? length = response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength + start;
            if (length is not null && length != descriptor.Size)
            {
                response.Dispose();
                throw new ImageException(ImageErrorKind.Corrupt, $"blob {descriptor.Digest} has {length} bytes at the registry, {descriptor.Size} by its manifest");
            }
            bool knowsRanges = connection.KnowsRanges && (response.StatusCode == HttpStatusCode.PartialContent || response.Headers.AcceptRanges.Contains("bytes"));
            Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            return (new BlobStream(body, start, descriptor.Size, Settings.RangeTrial, knowsRanges ? (from, end, stop) => OpenRangeAsync(connection, reference, descriptor, from, end, stop) : null), start);
        }, cancellation).ConfigureAwait(false);

    /// <summary>Whether the registry knows who we say we are.</summary>
    /// <exception cref="ImageException">It does not, or there is none.</exception>
    public async Task LogInAsync(ImageReference anyOfRegistry, CancellationToken cancellation = default) => await ItselfAsync(anyOfRegistry, async connection =>
    {
        using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Get, new Uri("/v2/", UriKind.Relative), "", null, cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode ? true : throw new ImageException(ImageErrorKind.Unavailable, $"{RegistryConnection.Shown(connection.Address)} is not a registry: /v2/ answers {(int)response.StatusCode} {response.ReasonPhrase}");
    }).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RegistryConnection connection in connections.Values)
            connection.Dispose();
    }

    private static Uri Path(ImageReference reference, string rest) => new($"/v2/{reference.Repository}/{rest}", UriKind.Relative);

    private static void Accept(HttpRequestMessage request)
    {
        foreach (string type in MediaTypes.Accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
    }

    // Mirrors first, for Docker Hub; what one of them hasn't got, or cannot give, the next may.
    private async Task<T> FirstAsync<T>(ImageReference reference, Func<RegistryConnection, Task<T>> attempt, CancellationToken cancellation)
    {
        if (reference.Registry == "docker.io")
            foreach (Uri mirror in Settings.Mirrors)
                try
                {
                    return await attempt(Connect(mirror.Authority, mirror)).ConfigureAwait(false);
                }
                catch (ImageException e) when (!cancellation.IsCancellationRequested)
                {
                    // The registry itself has the last word, and its error is the one that is reported.
                    Settings.Log($"mirror {RegistryConnection.Shown(mirror)} is passed over: {e.Message}");
                }
        return await ItselfAsync(reference, attempt).ConfigureAwait(false);
    }

    // The registry that the reference names, and no mirror of it.
    private async Task<T> ItselfAsync<T>(ImageReference reference, Func<RegistryConnection, Task<T>> attempt)
    {
        string host = reference.Registry == "docker.io" ? "registry-1.docker.io" : reference.Registry;
        if (!Uri.TryCreate($"https://{host}", UriKind.Absolute, out Uri? address))
            throw new ImageException(ImageErrorKind.Invalid, $"{host} is no host that can be reached: an address or port of that kind doesn't exist");
        RegistryConnection safe = Connect(reference.Registry, address);
        if (!Settings.IsInsecure(reference.Registry))
            return await attempt(safe).ConfigureAwait(false);
        // Plain where TLS isn't spoken, or nobody listens for it; a registry that has spoken it once is never talked to without.
        RegistryConnection plain = Connect(reference.Registry, new Uri($"http://{host}"));
        if (!plain.HasAnswered)
            try
            {
                return await attempt(safe).ConfigureAwait(false);
            }
            catch (ImageException e) when (!safe.HasAnswered && e.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.ConnectionError })
            {
                // And if it speaks neither, then that is the error.
            }
        return await attempt(plain).ConfigureAwait(false);
    }

    // The bytes from one offset up to another.
    private static async Task<Stream> OpenRangeAsync(RegistryConnection connection, ImageReference reference, Descriptor descriptor, long from, long end, CancellationToken cancellation)
    {
        HttpResponseMessage response = await GetBlobAsync(connection, reference, descriptor, new RangeHeaderValue(from, end - 1), cancellation).ConfigureAwait(false);
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        if (response.StatusCode == HttpStatusCode.PartialContent && range?.From == from && range.To == end - 1 && (range.Length ?? descriptor.Size) == descriptor.Size)
            return await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        response.Dispose();
        connection.KnowsRanges = false;
        throw new IOException($"the registry promises ranges and gives none ({(int)response.StatusCode} for bytes {from} to {end - 1})");
    }

    private static async Task<HttpResponseMessage> GetBlobAsync(RegistryConnection connection, ImageReference reference, Descriptor descriptor, RangeHeaderValue? range, CancellationToken cancellation)
    {
        HttpResponseMessage response = await connection.SendAsync(HttpMethod.Get, Path(reference, $"blobs/{descriptor.Digest}"), Scope.Pull(reference.Repository), request =>
        {
            request.Headers.Range = range;
        }, cancellation).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.NotFound)
            return response;
        response.Dispose();
        throw new ImageException(ImageErrorKind.NotFound, $"blob {descriptor.Digest} of {reference.FamiliarName} not found: the registry has the manifest, but not what it names");
    }

    private RegistryConnection Connect(string registry, Uri address) =>
        connections.GetOrAdd($"{registry} {address}", _ => new RegistryConnection(Settings, registry, address));
}
