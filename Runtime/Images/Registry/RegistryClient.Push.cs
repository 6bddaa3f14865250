using System.Net;
using System.Net.Http.Headers;
using Vessel.Images.Content;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

public sealed partial class RegistryClient
{
    private static readonly MediaTypeHeaderValue Bytes = new("application/octet-stream");

    /// <summary>Whether a repository has a blob.</summary>
    public async Task<bool> HasBlobAsync(ImageReference reference, Digest digest, CancellationToken cancellation = default) =>
        await ItselfAsync(reference, async connection =>
        {
            using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Head, Path(reference, $"blobs/{digest}"), Scope.Push(reference.Repository), null, cancellation).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK;
        }).ConfigureAwait(false);

    /// <summary>
    /// Lets a repository have a blob that another one of the same registry has; false where the registry doesn't, for whatever reason, and it must be
    /// sent.
    /// </summary>
    public async Task<bool> MountBlobAsync(ImageReference reference, Digest digest, string from, CancellationToken cancellation = default) =>
        await ItselfAsync(reference, async connection =>
        {
            string query = $"blobs/uploads/?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}";
            string scope = $"{Scope.Push(reference.Repository)} {Scope.Pull(from)}";
            try
            {
                using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Post, Path(reference, query), scope, static r => r.Content = new ByteArrayContent([]), cancellation, attempts: 1).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.Created)
                    return true;
                // An upload that was begun in its place is not gone on with. Not every registry lets one end it: then it ends by itself.
                if (response.StatusCode == HttpStatusCode.Accepted && response.Headers.Location is not null)
                    (await connection.SendAsync(HttpMethod.Delete, LocationOf(response, reference), Scope.Push(reference.Repository), null, cancellation, attempts: 1).ConfigureAwait(false)).Dispose();
            }
            catch (ImageException) when (!cancellation.IsCancellationRequested)
            {
                // No right to the other repository, or no such thing as a mount. What is really wrong the upload will tell.
            }
            return false;
        }).ConfigureAwait(false);

    /// <summary>Sends a blob.</summary>
    /// <param name="reference">The repository.</param>
    /// <param name="descriptor">What it is.</param>
    /// <param name="open">Opens it from its start, for each attempt.</param>
    /// <param name="progress">Is told how many bytes are sent.</param>
    /// <param name="retrying">Is told that the blob is sent once more.</param>
    /// <param name="cancellation">Ends it; the registry forgets what it has.</param>
    public async Task SendBlobAsync(ImageReference reference, Descriptor descriptor, Func<Stream> open, Action<long> progress, Action? retrying = null, CancellationToken cancellation = default) =>
        await ItselfAsync(reference, async connection =>
        {
            string scope = Scope.Push(reference.Repository);
            for (int attempt = 1; ; attempt++)
            {
                using HttpResponseMessage begun = await connection.SendAsync(HttpMethod.Post, Path(reference, "blobs/uploads/"), scope, static r => r.Content = new ByteArrayContent([]), cancellation).ConfigureAwait(false);
                Uri upload = LocationOf(begun, reference);
                try
                {
                    // In one request; the session that it belongs to ends with the digest, which the registry compares.
                    using HttpResponseMessage sent = await connection.SendAsync(HttpMethod.Patch, upload, scope, null, cancellation, attempts: 1, body: moved =>
                    {
                        StreamContent content = new(new ProgressStream(open(), done =>
                        {
                            moved();
                            progress(done);
                        }), 1 << 17);
                        content.Headers.ContentType = Bytes;
                        content.Headers.ContentLength = descriptor.Size;
                        return content;
                    }).ConfigureAwait(false);
                    Uri rest = LocationOf(sent, reference);
                    string mark = rest.ToString().Contains('?') ? "&" : "?";
                    using HttpResponseMessage done = await connection.SendAsync(HttpMethod.Put, new Uri($"{rest}{mark}digest={Uri.EscapeDataString(descriptor.Digest.ToString())}", UriKind.RelativeOrAbsolute), scope, static r => r.Content = new ByteArrayContent([]), cancellation).ConfigureAwait(false);
                    if (!done.IsSuccessStatusCode)
                        throw new ImageException(ImageErrorKind.Refused, $"{reference.Registry} took blob {descriptor.Digest} with {(int)done.StatusCode} {done.ReasonPhrase}, not as created");
                    return true;
                }
                catch (ImageException e) when (attempt < Settings.MaximumAttempts && IsTemporary(e))
                {
                    retrying?.Invoke();
                    await Task.Delay(TimeSpan.FromMilliseconds(200 * Math.Pow(3, attempt)), cancellation).ConfigureAwait(false);
                }
            }
        }).ConfigureAwait(false);

    /// <summary>Sends a manifest, under the reference's tag or else its own digest.</summary>
    public async Task SendManifestAsync(ImageReference reference, Digest digest, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellation = default) =>
        await ItselfAsync(reference, async connection =>
        {
            using HttpResponseMessage response = await connection.SendAsync(HttpMethod.Put, Path(reference, $"manifests/{reference.Tag ?? digest.ToString()}"), Scope.Push(reference.Repository), request =>
            {
                request.Content = new ReadOnlyMemoryContent(bytes);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
            }, cancellation).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? true
                : throw new ImageException(ImageErrorKind.Refused, $"{reference.Registry} took the manifest of {reference.FamiliarText} with {(int)response.StatusCode} {response.ReasonPhrase}, not as created");
        }).ConfigureAwait(false);

    // The connection was lost, or the registry has a fault for the moment.
    private static bool IsTemporary(ImageException e) => e is { Kind: ImageErrorKind.Unavailable, InnerException: IOException or HttpRequestException } && !RegistryConnection.IsFinal(e.InnerException);

    // Behind a proxy that speaks TLS for it, a registry may not know that it is spoken to in that way; elsewhere nothing goes out in the clear.
    private static Uri LocationOf(HttpResponseMessage response, ImageReference reference)
    {
        if (response.Headers.Location is not { } location || !response.IsSuccessStatusCode)
            throw new ImageException(response.StatusCode == HttpStatusCode.NotFound ? ImageErrorKind.NotFound : ImageErrorKind.Refused, $"{reference.Registry} gives no place to send blobs of {reference.FamiliarName} to: {(int)response.StatusCode} {response.ReasonPhrase}");
        Uri asked = response.RequestMessage!.RequestUri!, target = new(asked, location);
        if (asked.Scheme == target.Scheme || target.Scheme == "https")
            return target;
        return target.Host == asked.Host && target.Scheme == "http" ? new UriBuilder(target) { Scheme = "https", Port = target.IsDefaultPort ? asked.Port : target.Port }.Uri
            : throw new ImageException(ImageErrorKind.Refused, $"{reference.Registry} wants blobs at {target.Scheme}://{target.Authority}, which is not as safe as itself");
    }
}
