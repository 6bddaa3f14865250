using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Support;

/// <summary>
/// A registry in this process, on the loopback interface, which serves images that tests make, misbehaves as they tell it, and remembers what
/// it was asked. <c>/token</c> is a token server.
/// </summary>
internal sealed class FakeRegistry : IDisposable
{
    public const string User = "somebody", Secret = "s3cret", Token = "the-token";

    private readonly X509Certificate2? certificate;
    private readonly Dictionary<string, (string Type, byte[] Bytes)> documents = [];
    private readonly List<Rule> rules = [];
    private readonly List<FakeRequest> requests = [];
    private readonly HashSet<Socket> connections = [];
    private TcpListener? listener;

    /// <summary>Starts it, with TLS where there is a certificate.</summary>
    public FakeRegistry(X509Certificate2? certificate = null, int port = 0)
    {
        (this.certificate, Port) = (certificate, port);
        Start();
    }

    public int Port { get; private set; }

    /// <summary>Host and port, as references name it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>The same by another name, which makes it another host.</summary>
    public string OtherAddress => $"localhost:{Port}";

    /// <summary>What a client must say first: <c>Basic realm="x"</c>, or <c>Bearer realm="http://…/token"</c>; null for nothing.</summary>
    public string? Challenge { get; set; }

    /// <summary>Whether who begins with TLS, where none is spoken, is answered as HTTP; otherwise the connection is closed.</summary>
    public bool AnswersTls { get; set; } = true;

    /// <summary>The challenge of a token server on a host.</summary>
    public static string BearerAt(string host, string scheme = "http") => $"Bearer realm=\"{scheme}://{host}/token\",service=\"fake\"";

    /// <summary>What a client with the right credential sends.</summary>
    public static string BasicHeader => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Secret}"))}";

    /// <summary>What was asked until now, in order.</summary>
    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (requests)
                return [.. requests];
        }
    }

    public List<FakeRequest> RequestsFor(string part) => [.. Requests.Where(r => r.IsFor(part))];

    public ImageReference Reference(string name) => ImageReference.Parse($"{Address}/{name}");

    /// <summary>Serves an image under a name such as <c>app:v1</c>.</summary>
    public void Serve(string name, FakeImage image)
    {
        lock (rules)
        {
            foreach (FakeLayer layer in image.Layers)
                documents[$"blobs/{layer.Digest}"] = ("application/octet-stream", layer.Blob);
            documents[$"blobs/{Digest.Of(image.Config)}"] = ("application/octet-stream", image.Config);
        }
        Serve(name, image.Manifest, image.ManifestType);
    }

    /// <summary>Serves a manifest or index under a name and its digest.</summary>
    public void Serve(string name, byte[] document, string type)
    {
        string[] parts = name.Split(':');
        lock (rules)
            documents[$"{parts[0]}/manifests/{parts[1]}"] = documents[$"manifests/{Digest.Of(document)}"] = (type, document);
    }

    /// <summary>Changes answers.</summary>
    /// <param name="part">To requests whose path contains this.</param>
    /// <param name="change">What becomes of the right answer.</param>
    /// <param name="times">How often.</param>
    public void Change(string part, Func<FakeRequest, FakeAnswer, FakeAnswer> change, int times = int.MaxValue)
    {
        lock (rules)
            rules.Add(new Rule(part, change) { Left = times });
    }

    /// <inheritdoc cref="Change(string, Func{FakeRequest, FakeAnswer, FakeAnswer}, int)"/>
    public void Change(string part, Func<FakeAnswer, FakeAnswer> change, int times = int.MaxValue) => Change(part, (_, answer) => change(answer), times);

    /// <summary>From here on it behaves.</summary>
    public void Behave()
    {
        lock (rules)
            rules.Clear();
    }

    /// <summary>It listens, on the same port as before.</summary>
    public void Start()
    {
        TcpListener started = new(IPAddress.Loopback, Port);
        started.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        started.Start();
        Port = ((IPEndPoint)started.LocalEndpoint).Port;
        listener = started;
        _ = AcceptAsync(started);
    }

    /// <summary>As if it were killed: it listens no more, and all connections are cut.</summary>
    public void Stop()
    {
        listener?.Dispose();
        listener = null;
        lock (connections)
            foreach (Socket connection in connections)
                connection.Dispose();
    }

    public void Dispose() => Stop();

    private async Task AcceptAsync(TcpListener started)
    {
        try
        {
            while (true)
                _ = ConverseAsync(await started.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }

    private async Task ConverseAsync(Socket socket)
    {
        lock (connections)
            connections.Add(socket);
        // An answer is written in pieces.
        socket.NoDelay = true;
        try
        {
            using NetworkStream plain = new(socket, ownsSocket: true);
            if (certificate is null)
            {
                await ConverseAsync(plain);
                return;
            }
            using SslStream safe = new(plain);
            await safe.AuthenticateAsServerAsync(certificate);
            await ConverseAsync(safe);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The other side has gone.
        }
        finally
        {
            lock (connections)
                connections.Remove(socket);
        }
    }

    private async Task ConverseAsync(Stream stream)
    {
        while (await ReadAsync(stream) is { } request)
        {
            FakeAnswer answer = Answer(request);
            lock (requests)
                requests.Add(request);
            if (!await WriteAsync(stream, request, answer))
                return;
        }
    }

    private async Task<FakeRequest?> ReadAsync(Stream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one) == 0)
                return null;
            head.Add(one[0]);
            if (head is [0x16])
            {
                // The first byte of TLS.
                if (AnswersTls)
                    await stream.WriteAsync("HTTP/1.0 400 Bad Request\r\n\r\nclient sent TLS"u8.ToArray());
                return null;
            }
        }
        string[] lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        byte[] body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"))];
        await stream.ReadExactlyAsync(body);
        string[] words = lines[0].Split(' ');
        return new FakeRequest(words[0], words[1], headers, body);
    }

    private FakeAnswer Answer(FakeRequest request)
    {
        FakeAnswer answer = RightAnswer(request);
        lock (rules)
            foreach (Rule rule in rules.Where(r => r.Left > 0 && request.IsFor(r.Part)))
            {
                rule.Left--;
                answer = rule.Change(request, answer);
            }
        return answer;
    }

    private FakeAnswer RightAnswer(FakeRequest request)
    {
        if (request.Target.StartsWith("/token", StringComparison.Ordinal))
            return FakeAnswer.Of(200, $"{{\"token\":\"{Token}\",\"expires_in\":300}}");
        if (Challenge is { } challenge && request.Authorization != (challenge.StartsWith("Basic", StringComparison.Ordinal) ? BasicHeader : $"Bearer {Token}"))
            return FakeAnswer.Of(401, """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""", ("WWW-Authenticate", challenge));
        foreach ((string place, (string type, byte[] bytes)) in Documents())
            if (request.Target.EndsWith("/" + place, StringComparison.Ordinal))
            {
                FakeAnswer whole = new(200, bytes) { Headers = new() { ["Content-Type"] = type, ["Docker-Content-Digest"] = Digest.Of(bytes).ToString() } };
                if (request.From is not { } from || !place.StartsWith("blobs/", StringComparison.Ordinal))
                    return whole;
                long to = Math.Min(request.To ?? long.MaxValue, bytes.Length - 1);
                return from > to ? FakeAnswer.Of(416) : (whole with { Status = 206, Body = bytes[(int)from..(int)(to + 1)] }).With("Content-Range", $"bytes {from}-{to}/{bytes.Length}");
            }
        return FakeAnswer.Of(404, """{"errors":[{"code":"NAME_UNKNOWN","message":"no such thing"}]}""");
    }

    private List<KeyValuePair<string, (string Type, byte[] Bytes)>> Documents()
    {
        lock (rules)
            return [.. documents];
    }

    // False where the connection ends with the answer.
    private static async Task<bool> WriteAsync(Stream stream, FakeRequest request, FakeAnswer answer)
    {
        await answer.Before;
        long? length = answer.Length ?? answer.Body.Length;
        string headers = string.Concat(answer.Headers.Append(new(length < 0 ? "Connection" : "Content-Length", length < 0 ? "close" : $"{length}")).Select(h => $"{h.Key}: {h.Value}\r\n"));
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {answer.Status} Status\r\n{headers}\r\n"));
        await stream.FlushAsync();
        await answer.Wait;
        byte[] body = request.Method == "HEAD" ? [] : answer.Body;
        int end = Math.Min(answer.CutAfter ?? body.Length, body.Length), piece = answer.Drip ?? 1 << 16;
        for (int at = 0; at < end; at += piece)
        {
            int count = Math.Min(piece, end - at);
            await stream.WriteAsync(body.AsMemory(at, count));
            request.Sent += count;
            if (answer.Drip is not null)
                await Task.Delay(20);
        }
        await stream.FlushAsync();
        answer.Then();
        return answer.CutAfter is null && answer.Length is null;
    }

    private sealed class Rule(string part, Func<FakeRequest, FakeAnswer, FakeAnswer> change)
    {
        public string Part => part;

        public Func<FakeRequest, FakeAnswer, FakeAnswer> Change => change;

        public int Left { get; set; }
    }
}
