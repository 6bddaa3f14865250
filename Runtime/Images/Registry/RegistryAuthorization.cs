using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>
/// Answers a registry's challenges, and remembers the answers. A credential goes to the registry it is for, and to a token server that is its
/// own: the same host, one under the same domain, or one that the settings name; anyone else is asked as nobody.
/// </summary>
internal sealed class RegistryAuthorization(RegistrySettings settings, string registry, Uri address, HttpClient client) : IDisposable
{
    private const int MaximumTokenBytes = 1 << 20;

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, Token> tokens = [];
    private AuthenticationHeaderValue? basic;

    /// <summary>Why there was no credential, where one is configured: a helper that doesn't work, a config.json that cannot be read.</summary>
    public ImageException? Problem { get; private set; }

    /// <summary>The header for requests of a scope; null where the registry has not asked for one yet.</summary>
    public AuthenticationHeaderValue? For(string scope)
    {
        lock (tokens)
            return tokens.TryGetValue(scope, out Token? token) && token.Expires > Environment.TickCount64 ? new AuthenticationHeaderValue("Bearer", token.Value) : basic;
    }

    /// <summary>Answers a 401.</summary>
    /// <param name="response">The answer with the challenges.</param>
    /// <param name="scope">What the request was for.</param>
    /// <param name="tried">The header that was refused; null where there was none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether it is worth asking once more.</returns>
    public async Task<bool> AnswerAsync(HttpResponseMessage response, string scope, AuthenticationHeaderValue? tried, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Another request of the same scope may have been answered while we waited.
            if (For(scope) is { } known && !known.Equals(tried))
                return true;
            // A token before a password, whichever comes first: that is what a registry with both would rather see.
            foreach (Challenge challenge in (response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out HeaderStringValues values) ? values : []).SelectMany(Challenge.Parse).OrderBy(c => c.IsBearer ? 0 : 1))
                if (await AnswerAsync(challenge, scope, cancellation).ConfigureAwait(false))
                    return !Equals(For(scope), tried);
            return false;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private static string Asker(Credential? credential) =>
        credential is null ? "as nobody" : credential.IdentityToken is null ? $"as user {credential.Username}" : "with an identity token";

    private async Task<bool> AnswerAsync(Challenge challenge, string scope, CancellationToken cancellation)
    {
        settings.Log($"{registry} asks for {challenge.Scheme} authorization{(challenge.IsBearer && Uri.TryCreate(challenge["realm"], UriKind.Absolute, out Uri? realm) ? $" by {RegistryConnection.Shown(realm)}" : "")}");
        Credential? credential = null;
        try
        {
            Problem = null;
            credential = await settings.Credentials.FindAsync(registry, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            // What is public needs none.
            Problem = e;
        }
        if (challenge.IsBearer)
        {
            Token token;
            try
            {
                token = await FetchAsync(challenge, scope, credential, cancellation).ConfigureAwait(false);
            }
            catch (ImageException e) when (Problem is not null && e.Kind == ImageErrorKind.Unauthorized)
            {
                throw Problem;
            }
            lock (tokens)
                tokens[scope] = token;
            return true;
        }
        if (!challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return false;
        if (Problem is not null)
            throw Problem;
        if (credential is not { Username.Length: > 0 })
            return false;
        lock (tokens)
            basic = BasicHeader(credential);
        return true;
    }

    private async Task<Token> FetchAsync(Challenge challenge, string scope, Credential? credential, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(challenge["realm"], UriKind.Absolute, out Uri? realm) || realm.Scheme is not ("https" or "http"))
            throw new ImageException(ImageErrorKind.Unauthorized, $"{registry} names a token server that is no address: {Shorten(challenge["realm"])}");
        if (realm.Scheme == "http" && address.Scheme == "https")
            throw new ImageException(ImageErrorKind.Unauthorized, $"{registry} names a token server without TLS, {Shorten(realm.ToString())}: a token could be read on the way");
        bool isOwn = IsOwn(realm);
        string hint = credential is null || isOwn ? "" : $"; the credential for {registry} was not sent to {realm.Host}, which is another host: name it in token-servers if that is right";
        if (!isOwn)
            credential = null;
        string scopes = string.Join("", Scopes(challenge, scope).Select(s => $"&scope={Uri.EscapeDataString(s)}"));
        string service = challenge["service"].Length > 0 ? $"&service={Uri.EscapeDataString(challenge["service"])}" : "";
        using HttpRequestMessage request = credential?.IdentityToken is { } refresh
            ? new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new StringContent($"grant_type=refresh_token&client_id=vessel&refresh_token={Uri.EscapeDataString(refresh)}{service}{scopes}", Encoding.ASCII, "application/x-www-form-urlencoded"),
            }
            : new HttpRequestMessage(HttpMethod.Get, WithQuery(realm, $"client_id=vessel{service}{scopes}"));
        if (credential is { Username.Length: > 0, IdentityToken: null })
            request.Headers.Authorization = BasicHeader(credential);
        using HttpResponseMessage response = await AskAsync(request, realm, cancellation).ConfigureAwait(false);
        settings.Log($"{request.Method} {RegistryConnection.Shown(realm)} for a token, {Asker(credential)}, scope {string.Join(' ', Scopes(challenge, scope))}: {(int)response.StatusCode} {response.ReasonPhrase}");
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
            throw new ImageException(ImageErrorKind.Unauthorized, $"the token server {realm.Authority} of {registry} refused {(credential is null ? "an anonymous request" : $"user {credential}")}: {(int)response.StatusCode} {response.ReasonPhrase}{hint}");
        if (!response.IsSuccessStatusCode && !RegistryConnection.IsTemporary(response.StatusCode))
            throw new ImageException(ImageErrorKind.Refused, $"the token server {realm.Authority} of {registry} gives no token: {(int)response.StatusCode} {response.ReasonPhrase}");
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"token server {realm.Authority}: {(int)response.StatusCode} {response.ReasonPhrase}", null, response.StatusCode);
        byte[] body = await RegistryConnection.ReadAsync(response, MaximumTokenBytes, "token", settings.IdleTimeout, cancellation).ConfigureAwait(false);
        try
        {
            return JsonMapReader.Read(body, $"token of {realm.Authority}", Token.Map);
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Unauthorized, e.Message, e);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, Uri realm, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException(e.HttpRequestError, $"token server {realm.Authority}: {NetworkWords.Of(e)}");
        }
    }

    // What the request needs comes first; a registry may want more for it, as it does where a blob is mounted from another repository.
    private static IEnumerable<string> Scopes(Challenge challenge, string scope) =>
        new[] { scope }.Concat(challenge["scope"].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(s => s.Length > 0).Distinct();

    /// <summary>Whether a token server is this registry's own.</summary>
    public bool IsOwn(Uri realm)
    {
        string host = address.Host;
        if (realm.Host == host || (settings.TokenServers.TryGetValue(registry, out IReadOnlyList<string>? named) && named.Contains(realm.Host)))
            return true;
        if (address.HostNameType != UriHostNameType.Dns || realm.HostNameType != UriHostNameType.Dns)
            return false;
        // registry.example.org and auth.example.org; registry.gitlab.example and gitlab.example. Not a.org and b.org, nor a.co.uk and b.co.uk: below
        // a country's domain what has up to three letters is everybody's.
        string domain = host[(host.IndexOf('.') + 1)..];
        return domain.Split('.') is { Length: > 1 } labels && labels[^2].Length > (labels[^1].Length == 2 ? 3 : 2) && (realm.Host == domain || realm.Host.EndsWith("." + domain, StringComparison.Ordinal));
    }

    private static Uri WithQuery(Uri realm, string query) => new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query }.Uri;

    private static AuthenticationHeaderValue BasicHeader(Credential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Secret}")));

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private sealed record Token(string Value, long Expires)
    {
        // The specification's: a token that doesn't say lives a minute; asked for anew somewhat before.
        private const long DefaultSeconds = 60, Margin = 5;

        public static Token? Map(JsonMapReader json)
        {
            if (!json.EnterObject())
                return null;
            string? token = null, access = null;
            long seconds = DefaultSeconds;
            while (json.NextMember() is { } name)
                switch (name)
                {
                    case "token": token = json.AnyText(); break;
                    case "access_token": access = json.AnyText(); break;
                    case "expires_in": seconds = json.Int64() ?? DefaultSeconds; break;
                    default: json.Skip(); break;
                }
            string value = string.IsNullOrEmpty(token) ? access ?? "" : token;
            if (value.Length == 0 || value.AsSpan().ContainsAnyInRange('\0', ' '))
                json.Error("token", "is missing");
            return new Token(value, Environment.TickCount64 + (Math.Clamp(seconds, DefaultSeconds, 86_400) - Margin) * 1000);
        }
    }
}
