using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Vessel.Images.Layers;
using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>
/// One address that serves a registry: requests with the authorization that it asks for, tried again where that can help, redirects followed
/// without a credential to another host.
/// </summary>
internal sealed class RegistryConnection : IDisposable
{
    private const int MaximumRedirects = 5;
    private const int MaximumErrorBytes = 64 << 10;

    // How many times the idle timeout a registry may be silent that is sent something: what the kernel has taken is not
    // there yet, and the registry may look at all of it before it answers.
    private const int WritePatience = 2;

    private const long LargeBody = 1 << 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly RegistrySettings settings;
    private readonly string registry;
    private readonly HttpClient client;
    private readonly RegistryAuthorization authorization;

    /// <summary>Prepares it; nothing is sent yet.</summary>
    /// <param name="settings">How registries are reached.</param>
    /// <param name="registry">As references name it.</param>
    /// <param name="address">Scheme, host and port.</param>
    public RegistryConnection(RegistrySettings settings, string registry, Uri address)
    {
        (this.settings, this.registry, Address) = (settings, registry, address);
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            UseCookies = false,
            Expect100ContinueTimeout = TimeSpan.FromMilliseconds(500),
            // A proxy has a loopback interface of its own.
            UseProxy = !address.IsLoopback,
            SslOptions = RegistryTrust.Options(settings, registry == "docker.io" ? address.Authority : registry, settings.IsInsecure(registry)),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("vessel/0.1");
        // Proxies may encode what a registry serves; a digest is of the bytes as they are.
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
        authorization = new RegistryAuthorization(settings, registry, address, client);
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri Address { get; }

    /// <summary>Whether it has answered anything: then it is there, and speaks what the address says.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Whether it gives ranges, if it says that it does: until it doesn't.</summary>
    public bool KnowsRanges { get; set; } = true;

    /// <summary>Sends a request, and gives the answer as soon as its headers are there: of success, or 404.</summary>
    /// <param name="method">GET, HEAD, POST ….</param>
    /// <param name="target">A path of the registry's, or an address that it gave.</param>
    /// <param name="scope">What it needs to be allowed.</param>
    /// <param name="prepare">Adds headers and a body; called for each attempt.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="attempts">How often it is tried; 0 for as often as the settings say.</param>
    /// <param name="body">Makes a body that takes its time; it says each time that some of it was sent.</param>
    /// <param name="take">Reads the body; where that breaks off, all is tried again.</param>
    /// <exception cref="ImageException">The registry refused it, or could not be reached.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri target, string scope, Action<HttpRequestMessage>? prepare, CancellationToken cancellation, int attempts = 0, Func<Action, HttpContent>? body = null, Func<HttpResponseMessage, Task>? take = null)
    {
        if (attempts == 0)
            attempts = settings.MaximumAttempts;
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan wait = settings.Pause * Math.Pow(3, attempt - 1);
            try
            {
                HttpResponseMessage response = await SendOnceAsync(method, new Uri(Address, target), scope, prepare, body, cancellation).ConfigureAwait(false);
                if (response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable)
                    return await TakeAsync(response, take).ConfigureAwait(false);
                using (response)
                {
                    if (attempt >= attempts || !IsTemporary(response.StatusCode))
                        throw await ErrorOfAsync(response, cancellation).ConfigureAwait(false);
                    if (response.Headers.RetryAfter is { } after)
                        wait = after.Delta ?? (after.Date - DateTimeOffset.UtcNow) ?? wait;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException && (attempt >= attempts || IsFinal(e)))
            {
                throw Unreachable(e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                settings.Log($"{method} {Shown(new Uri(Address, target))}: {NetworkWords.Of(e)}");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // A registry that is silent after it was sent something may still be at it: asking again would only
                // take the time again.
                if (attempt >= attempts || !IsReading(method))
                    throw new ImageException(ImageErrorKind.Unavailable, $"{Address.Authority} did not answer within {LimitOf(method).TotalSeconds:0} s");
            }
            settings.Log($"attempt {attempt + 1} of {attempts} follows");
            await Task.Delay(wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for a document, whole: where it breaks off, it is asked for again.</summary>
    /// <param name="target">A path of the registry's, or an address that it gave.</param>
    /// <param name="scope">What it needs to be allowed.</param>
    /// <param name="limit">Bytes that it may have.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="prepare">Adds headers; called for each attempt.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The answer, of success or 404, and its body.</returns>
    public async Task<(HttpResponseMessage Response, byte[] Body)> GetAsync(Uri target, string scope, int limit, string what, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        byte[] body = [];
        HttpResponseMessage response = await SendAsync(HttpMethod.Get, target, scope, prepare, cancellation,
            take: async r => body = await ReadAsync(r, limit, what, settings.IdleTimeout, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        return (response, body);
    }

    /// <summary>Reads a body of at most <paramref name="limit"/> bytes.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, string what, TimeSpan idle, CancellationToken cancellation)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(idle);
        byte[] buffer = new byte[16384];
        int length = 0, count;
        while ((count = await body.ReadAsync(buffer.AsMemory(length), time.Token).ConfigureAwait(false)) > 0)
        {
            length += count;
            if (length > limit)
                throw new ImageException(ImageErrorKind.Corrupt, $"{what} of {response.RequestMessage?.RequestUri?.Authority} is larger than {limit} bytes");
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
        }
        // A proxy may encode although it was asked not to. No document of JSON begins as a gzip does.
        return response.Content.Headers.ContentEncoding.Contains("gzip") && buffer is [0x1f, 0x8b, ..] ? Decode(buffer.AsSpan(0, length).ToArray(), limit, what) : buffer[..length];
    }

    private static byte[] Decode(byte[] encoded, int limit, string what)
    {
        using MemoryStream decoded = new();
        try
        {
            using BoundedStream gzip = new(new GZipStream(new MemoryStream(encoded), CompressionMode.Decompress), limit);
            gzip.CopyTo(decoded);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"{what}: the gzip that it is encoded with is damaged, or too large: {e.Message}", e);
        }
        return decoded.ToArray();
    }

    /// <summary>
    /// Whether an answer may be another one soon: too early, too many requests, or a fault of the server. All others
    /// are final.
    /// </summary>
    public static bool IsTemporary(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests || (int)status >= 500;

    /// <inheritdoc/>
    public void Dispose()
    {
        authorization.Dispose();
        client.Dispose();
    }

    private static async Task<HttpResponseMessage> TakeAsync(HttpResponseMessage response, Func<HttpResponseMessage, Task>? take)
    {
        try
        {
            if (take is not null)
                await take(response).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri target, string scope, Action<HttpRequestMessage>? prepare, Func<Action, HttpContent>? body, CancellationToken cancellation)
    {
        bool mayAuthorize = true;
        int redirects = 0;
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        while (true)
        {
            time.CancelAfter(LimitOf(method));
            using HttpRequestMessage request = new(method, target);
            prepare?.Invoke(request);
            if (body is not null)
            {
                request.Content = body(() => time.CancelAfter(LimitOf(method)));
                // A registry that refuses a large blob can say so before the blob is sent.
                request.Headers.ExpectContinue = request.Content.Headers.ContentLength >= LargeBody;
            }
            AuthenticationHeaderValue? header = IsOurs(target) ? authorization.For(scope) : null;
            request.Headers.Authorization = header;
            HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            settings.Log($"{method} {Shown(target)} {(header is null ? "without a credential" : $"with {header.Scheme} authorization")}: {(int)response.StatusCode} {response.ReasonPhrase}");
            HasAnswered |= IsOurs(target);
            if (response.StatusCode == HttpStatusCode.Unauthorized && IsOurs(target) && mayAuthorize)
            {
                // Once: a registry that goes on asking after that has refused.
                mayAuthorize = false;
                using (response)
                    if (!await authorization.AnswerAsync(response, scope, header, time.Token).ConfigureAwait(false))
                        throw await ErrorOfAsync(response, cancellation).ConfigureAwait(false);
                continue;
            }
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location
                || (method != HttpMethod.Get && method != HttpMethod.Head && (int)response.StatusCode is not (307 or 308)))
                return response;
            response.Dispose();
            if (++redirects > MaximumRedirects)
                throw new ImageException(ImageErrorKind.Unavailable, $"{Address.Authority} redirects more than {MaximumRedirects} times");
            Uri next = new(target, location);
            if (next.Scheme is not ("http" or "https") || (target.Scheme == "https" && next.Scheme == "http"))
                throw new ImageException(ImageErrorKind.Unavailable, $"{target.Authority} redirects to {next.Scheme}://{next.Authority}, which is not as safe as itself");
            settings.Log($"redirect from {target.Authority} to {Shown(next)}{(IsOurs(next) ? "" : ", which gets no credential")}");
            target = next;
        }
    }

    private static bool IsReading(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head;

    private TimeSpan LimitOf(HttpMethod method) => IsReading(method) ? settings.IdleTimeout : settings.IdleTimeout * WritePatience;

    /// <summary>
    /// An address for messages: without a user's name and password, and without a query, which may be signed.
    /// </summary>
    public static string Shown(Uri address) => $"{address.Scheme}://{address.Authority}{address.AbsolutePath}{(address.Query.Length > 1 ? "?…" : "")}";

    private bool IsOurs(Uri target) => target.Authority == Address.Authority && target.Scheme == Address.Scheme;

    /// <summary>
    /// Whether a connection fails for good: nobody listens, or without TLS, or with a bad certificate. That does not
    /// change within seconds.
    /// </summary>
    public static bool IsFinal(Exception e) =>
        e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError } || e.InnerException is AuthenticationException;

    private ImageException Unreachable(Exception e)
    {
        string reason = NetworkWords.Of(e);
        string hint = e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } && !HasAnswered && !settings.IsInsecure(registry)
            ? $"; its CA goes to {(settings.CertificateFolders is [string first, ..] ? first : "certs.d")}/{Address.Authority}/ca.crt, or name it in insecure-registries"
            : "";
        return new ImageException(ImageErrorKind.Unavailable, $"registry {Shown(Address)}: {reason}{hint}", e);
    }

    private async Task<ImageException> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string said = "";
        try
        {
            byte[] body = await ReadAsync(response, MaximumErrorBytes, "error", settings.IdleTimeout, cancellation).ConfigureAwait(false);
            said = JsonMapReader.Read(body, "error", RegistryErrors.Map).Text;
        }
        catch (Exception e) when (e is DocumentException or ImageException or IOException or HttpRequestException or OperationCanceledException)
        {
            // best effort: many proxies answer with a page for people.
        }
        string text = said.Length > 0 ? said : $"{(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new ImageException(ImageErrorKind.Unauthorized, $"{text}: {authorization.Problem?.Message ?? $"`vessel login {registry}` says who you are"}"),
            HttpStatusCode.Forbidden => new ImageException(ImageErrorKind.Unauthorized, text),
            HttpStatusCode.TooManyRequests => Temporary($"{Address.Authority}: too many requests: {text}", response.StatusCode),
            HttpStatusCode.RequestEntityTooLarge => new ImageException(ImageErrorKind.Refused, $"{Address.Authority}: too large for this registry, or for a proxy before it: {text}"),
            _ when IsTemporary(response.StatusCode) => Temporary($"{Address.Authority}: {text}", response.StatusCode),
            _ => new ImageException(ImageErrorKind.Refused, $"{Address.Authority}: {text}"),
        };
    }

    private static ImageException Temporary(string text, HttpStatusCode status) => new(ImageErrorKind.Unavailable, text, new HttpRequestException(text, null, status));
}
