using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Images.Registry;

/// <summary>
/// docker's <c>config.json</c>: credentials that <c>login</c> left, in the file itself or behind a helper program
/// (<c>docker-credential-NAME</c>). Read anew whenever it is asked, since another process may have logged in meanwhile.
/// </summary>
public sealed class DockerConfig(string path) : ICredentialSource
{
    private const int MaximumBytes = 4 << 20;

    // What docker calls its own registry in this file.
    private const string HubKey = "https://index.docker.io/v1/";

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>How long a helper may take; it may have to ask somebody.</summary>
    public TimeSpan HelperTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where helpers are looked for: folders with colons between them.</summary>
    public string SearchPath { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>The user's own: in the folder that DOCKER_CONFIG names, or <c>~/.docker</c>.</summary>
    public static DockerConfig OfUser()
    {
        string folder = Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } named ? named
            : System.IO.Path.Combine(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : "/root", ".docker");
        return new DockerConfig(System.IO.Path.Combine(folder, "config.json"));
    }

    /// <inheritdoc/>
    public async Task<Credential?> FindAsync(string registry, CancellationToken cancellation)
    {
        if (Read() is not { } document)
            return null;
        string key = KeyOf(registry);
        if (HelperOf(document, registry) is { Length: > 0 } helper)
            return await RunHelperAsync(helper, "get", key, key, cancellation).ConfigureAwait(false) is { } answer ? Parse(answer, helper) : null;
        if (document.Entries.GetValueOrDefault(key) is { } exact)
            return CredentialOf(key, exact);
        foreach ((string name, Entry entry) in document.Entries)
            if (HostOf(name) == HostOf(key))
                return CredentialOf(name, entry);
        return null;
    }

    /// <summary>Keeps a credential, in the file or with the helper that the file names for the registry.</summary>
    /// <returns>Whether it lies in the file, readable for who can read it.</returns>
    public async Task<bool> SaveAsync(string registry, Credential credential, CancellationToken cancellation)
    {
        Document document = Read() ?? Document.Empty;
        string key = KeyOf(registry);
        if (HelperOf(document, registry) is { Length: > 0 } helper)
        {
            string question = Data(("ServerURL", key), ("Username", credential.IdentityToken is null ? credential.Username : "<token>"), ("Secret", credential.IdentityToken ?? credential.Secret));
            await RunHelperAsync(helper, "store", question, key, cancellation).ConfigureAwait(false);
            return false;
        }
        Entry entry = new(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Secret}")), credential.IdentityToken);
        Write(document with { Entries = new Dictionary<string, Entry>(document.Entries) { [key] = entry } });
        return true;
    }

    /// <summary>Forgets the credential for a registry; false where there was none.</summary>
    public async Task<bool> EraseAsync(string registry, CancellationToken cancellation)
    {
        if (Read() is not { } document)
            return false;
        string key = KeyOf(registry);
        bool isInFile = document.Entries.Keys.Any(e => e == key || HostOf(e) == HostOf(key));
        if (HelperOf(document, registry) is { Length: > 0 } helper && ProgramSearch.Find($"docker-credential-{helper}", SearchPath) is not null)
        {
            if (!isInFile && await FindAsync(registry, cancellation).ConfigureAwait(false) is null)
                return false;
            await RunHelperAsync(helper, "erase", key, key, cancellation).ConfigureAwait(false);
        }
        else if (!isInFile)
        {
            // A helper that isn't here has nothing to forget.
            return false;
        }
        Write(document with { Entries = document.Entries.Where(e => e.Key != key && HostOf(e.Key) != HostOf(key)).ToDictionary() });
        return true;
    }

    // Where people have made it a link to a file of theirs, that file is the one.
    private void Write(Document document)
    {
        string place = System.IO.Path.GetFullPath(Path);
        FileInfo file = new(place);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { } target)
            place = target.FullName;
        string folder = System.IO.Path.GetDirectoryName(place)!;
        Files.MakeDirectories(folder, 0x1c0);
        using FileDescriptor directory = Files.Open(null, folder, Native.Raw.Open.O_RDONLY | Native.Raw.Open.O_DIRECTORY);
        Files.ReplaceDurably(directory, System.IO.Path.GetFileName(place), document.ToBytes(), 0x180);
    }

    private static string? HelperOf(Document document, string registry) =>
        document.Helpers.GetValueOrDefault(KeyOf(registry)) ?? document.Helpers.GetValueOrDefault(registry) ?? document.Store;

    private static string Data(params (string Name, string Value)[] members)
    {
        return Encoding.UTF8.GetString(JsonMapWriter.ToBytes(members, indented: false, static (json, all) =>
        {
            foreach ((string name, string value) in all)
                json.Always(name, value);
        }));
    }

    private static string KeyOf(string registry) => registry == "docker.io" ? HubKey : registry;

    // Old files name registries as addresses: https://host/v1/.
    private static string HostOf(string key)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? key : key[(scheme + 3)..];
        int slash = rest.IndexOf('/');
        return slash < 0 ? rest : rest[..slash];
    }

    private Credential? CredentialOf(string name, Entry entry)
    {
        if (string.IsNullOrEmpty(entry.Auth))
            return string.IsNullOrEmpty(entry.IdentityToken) ? null : new Credential("", "", entry.IdentityToken);
        string text;
        try
        {
            text = Encoding.UTF8.GetString(Convert.FromBase64String(entry.Auth)).TrimEnd('\0');
        }
        catch (FormatException)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"{Path}: auths.{name}.auth is not base64; `vessel login {HostOf(name)}` writes it anew");
        }
        int colon = text.IndexOf(':');
        if (colon < 0)
            throw new ImageException(ImageErrorKind.Invalid, $"{Path}: auths.{name}.auth has no user and password in it; `vessel login {HostOf(name)}` writes it anew");
        return new Credential(text[..colon], text[(colon + 1)..], string.IsNullOrEmpty(entry.IdentityToken) ? null : entry.IdentityToken);
    }

    // What the helper says; null where it knows no credential.
    private async Task<string?> RunHelperAsync(string helper, string verb, string question, string key, CancellationToken cancellation)
    {
        string program = $"docker-credential-{helper}";
        if (helper.Contains('/') || helper.Contains('\0'))
            throw new ImageException(ImageErrorKind.Invalid, $"credential helper `{helper}` is no name of a program");
        string found = ProgramSearch.Find(program, SearchPath) ?? throw new ImageException(ImageErrorKind.Unauthorized, $"{program}, which config.json names for {HostOf(key)}, is in no folder of PATH");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(HelperTimeout);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(found, [verb]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            using CancellationTokenRegistration end = limit.Token.Register(() => Kill(process));
            await WriteAsync(process.StandardInput, question, limit.Token).ConfigureAwait(false);
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode == 0)
                return output;
            string said = (output + await errors.ConfigureAwait(false)).Trim();
            if (said.Contains("credentials not found", StringComparison.OrdinalIgnoreCase))
                return null;
            throw new ImageException(ImageErrorKind.Unauthorized, $"{program} {verb}: exit code {process.ExitCode}: {(said.Length > 200 ? said[..200] + "…" : said)}");
        }
        catch (Win32Exception e)
        {
            throw new ImageException(ImageErrorKind.Unauthorized, $"{program}, which config.json names for {HostOf(key)}, cannot be run: {e.Message.ToLowerInvariant()}", e);
        }
        catch (IOException e)
        {
            throw new ImageException(ImageErrorKind.Unauthorized, $"{program} {verb}: {SystemWords.Of(e)}", e);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ImageException(ImageErrorKind.Unauthorized, $"{program} {verb}: no answer within {HelperTimeout.TotalSeconds:0} s");
        }
    }

    private static Credential Parse(string answer, string helper)
    {
        try
        {
            return JsonMapReader.Read(Encoding.UTF8.GetBytes(answer), $"docker-credential-{helper} get", HelperAnswer);
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Unauthorized, e.Message, e);
        }
    }

    private static async Task WriteAsync(StreamWriter input, string key, CancellationToken cancellation)
    {
        try
        {
            await input.WriteAsync(key.AsMemory(), cancellation).ConfigureAwait(false);
            input.Close();
        }
        catch (IOException)
        {
            // It has ended without reading; why, it says itself.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static Credential? HelperAnswer(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string user = "", secret = "";
        while (json.NextMember() is { } name)
            switch (name)
            {
                case "Username": user = json.AnyText() ?? ""; break;
                case "Secret": secret = json.AnyText() ?? ""; break;
                default: json.Skip(); break;
            }
        return user == "<token>" ? new Credential("", "", secret) : new Credential(user, secret);
    }

    private Document? Read()
    {
        try
        {
            FileInfo file = new(Path);
            if (!file.Exists)
                return null;
            if (file.Length > MaximumBytes)
                throw new ImageException(ImageErrorKind.Invalid, $"{Path} is larger than {MaximumBytes} bytes");
            byte[] bytes = File.ReadAllBytes(Path);
            return bytes.Length == 0 ? null : JsonMapReader.Read(bytes, Path, Document.Map);
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Invalid, e.Message, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"read {Path}: {SystemWords.Of(e)}", e);
        }
    }

    private sealed record Entry(string? Auth, string? IdentityToken) : ExtensibleRecord
    {
        public static Entry? Map(JsonMapReader json)
        {
            if (!json.EnterObject())
                return null;
            string? auth = null, token = null, user = null, password = null;
            Dictionary<string, string>? others = null;
            while (json.NextMember() is { } name)
                switch (name)
                {
                    case "auth": auth = json.AnyText(); break;
                    case "identitytoken": token = json.AnyText(); break;
                    case "username": user = json.AnyText(); break;
                    case "password": password = json.AnyText(); break;
                    default: json.Keep(ref others); break;
                }
            if (string.IsNullOrEmpty(auth) && !string.IsNullOrEmpty(user))
                auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
            return new Entry(auth, token) { Extensions = others };
        }
    }

    private sealed record Document(IReadOnlyDictionary<string, Entry> Entries, IReadOnlyDictionary<string, string> Helpers, string? Store) : ExtensibleRecord
    {
        public static Document Empty { get; } = new(EmptyMap.Of<Entry>(), EmptyMap.Of<string>(), null);

        public byte[] ToBytes()
        {
            byte[] bytes = JsonMapWriter.ToBytes(this, indented: true, static (json, document) =>
            {
                json.Object("auths", document.Entries, static (map, entries) =>
                {
                    foreach ((string name, Entry entry) in entries)
                        map.Object(name, entry, static (member, e) =>
                        {
                            member.Member("auth", e.Auth);
                            member.Member("identitytoken", e.IdentityToken);
                        });
                });
                if (document.Helpers.Count > 0)
                    json.Object("credHelpers", document.Helpers, static (map, helpers) =>
                    {
                        foreach ((string name, string helper) in helpers)
                            map.Always(name, helper);
                    });
                json.Member("credsStore", document.Store);
            });
            return [.. bytes, (byte)'\n'];
        }

        public static Document? Map(JsonMapReader json)
        {
            if (!json.EnterObject())
                return null;
            IReadOnlyDictionary<string, Entry> entries = EmptyMap.Of<Entry>();
            IReadOnlyDictionary<string, string> helpers = EmptyMap.Of<string>();
            string? store = null;
            Dictionary<string, string>? others = null;
            while (json.NextMember() is { } name)
                switch (name)
                {
                    case "auths": entries = json.Map(Entry.Map); break;
                    case "credHelpers": helpers = json.AnyTextMap(); break;
                    case "credsStore": store = json.AnyText(); break;
                    default: json.Keep(ref others); break;
                }
            return new Document(entries, helpers, store) { Extensions = others };
        }
    }
}
