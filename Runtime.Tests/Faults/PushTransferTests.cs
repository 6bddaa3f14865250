using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Oci.Reference;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>
/// Pushes to a registry that refuses, breaks off or goes silent: a permanent answer is not asked for again, and no push
/// waits for minutes.
/// </summary>
public sealed class PushTransferTests : PullTest
{
    [TestCase(400), TestCase(403), TestCase(405), TestCase(413), TestCase(416), TestCase(422)]
    public async Task PermanentAnswerToAnUpload_IsNotRetried(int status)
    {
        await PullThenTakeUploadsAsync();
        Registry.Change("uploads/1", (r, a) => r.Method == "PATCH" ? FakeAnswer.Of(status, """{"errors":[{"code":"SIZE_INVALID","message":"no room for it"}]}""") : a);
        ImageException e = FailedPush();
        Assert.That(e.Kind, Is.Not.EqualTo(ImageErrorKind.Unavailable), e.Message);
        Assert.That(Uploads("PATCH"), Has.Count.EqualTo(1));
        if (status == 413)
            Assert.That(e.Message, Does.Contain("too large for this registry").And.Contain("no room for it"));
    }

    [TestCase(404), TestCase(413)]
    public async Task PermanentAnswerToTheEndOfAnUpload_IsNotRetried(int status)
    {
        await PullThenTakeUploadsAsync();
        Registry.Change("uploads/1", (r, a) => r.Method == "PUT" ? FakeAnswer.Of(status) : a);
        FailedPush();
        Assert.That(Uploads("PUT"), Has.Count.EqualTo(1));
    }

    [TestCase(408), TestCase(425), TestCase(429), TestCase(500), TestCase(503)]
    public async Task TemporaryAnswerToAnUpload_IsRetried_AndSaid(int status)
    {
        await PullThenTakeUploadsAsync();
        Registry.Change("uploads/1", (r, a) => r.Method == "PATCH" ? FakeAnswer.Of(status, "", ("Retry-After", "0")) : a, times: 1);
        Record record = new();
        await PushAsync(record);
        // One of them again, then the config.
        Assert.That(Uploads("PATCH"), Has.Count.EqualTo(3));
        Assert.That(record.Stages, Does.Contain(PushStage.Retrying).And.Contain(PushStage.Pushed));
    }

    [TestCase("PATCH"), TestCase("PUT"), TestCase("POST")]
    public async Task RegistryThatGoesSilent_IsWaitedForOnce(string method)
    {
        await PullThenTakeUploadsAsync();
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(300), MaximumAttempts = 5 };
        TaskCompletionSource never = new();
        Registry.Change("uploads/", (r, a) => r.Method == method ? a with { Before = never.Task } : a);
        ImageException e = FailedPush();
        Assert.That(e.Message, Does.Contain("did not answer within"));
        Assert.That(Uploads(method), Has.Count.EqualTo(1));
        never.SetResult();
    }

    // As a proxy does that limits what is sent: it answers at the headers, and closes without having read the body.
    [Test]
    public async Task RefusalBeforeTheBodyWasSent_IsSeen()
    {
        await PullThenTakeUploadsAsync(FakeLayer.Random("big", 8 << 20));
        using TcpListener proxy = new(IPAddress.Loopback, 0);
        proxy.Start();
        int connections = 0;
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                using Socket socket = await proxy.AcceptSocketAsync();
                Interlocked.Increment(ref connections);
                byte[] head = new byte[4096];
                await socket.ReceiveAsync(head);
                await socket.SendAsync("HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            }
        });
        Registry.Change("uploads/", (r, a) => r.Method == "POST" ? a.With("Location", $"http://{proxy.LocalEndpoint}/v2/app/blobs/uploads/1") : a);
        ImageException e = FailedPush();
        Assert.That(e.Message, Does.Contain("too large for this registry"));
        Assert.That(connections, Is.EqualTo(1));
        Assert.That(serving.IsCompleted, Is.False);
    }

    [Test]
    public async Task EncodingOfAProxy_IsNotAskedFor_AndDecodedWhereItComes()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", a => a with { Body = FakeLayer.Of(a.Body).Blob, Headers = new(a.Headers) { ["Content-Encoding"] = "gzip" } });
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.Requests.Select(r => r.Headers["Accept-Encoding"]), Is.All.EqualTo("identity"));
    }

    private List<FakeRequest> Uploads(string method) => [.. Registry.RequestsFor("uploads/").Where(r => r.Method == method)];

    private ImageException FailedPush() => Assert.ThrowsAsync<ImageException>(async () => await PushAsync(new Record()))!;

    private async Task PushAsync(IPushObserver observer)
    {
        using RegistryClient client = new(Settings);
        await Store.PushAsync(Registry.Reference("app:v1"), client, observer);
    }

    // An image of one layer is here, and the registry has none of it any more and takes what it is sent.
    private async Task PullThenTakeUploadsAsync(FakeLayer? layer = null)
    {
        Serve(layer ?? FakeLayer.Text("a", "a"));
        await PullAsync();
        Registry.Change("blobs/sha256", (r, a) => r.Method == "HEAD" ? FakeAnswer.Of(404) : a);
        Registry.Change("manifests/", (r, a) => r.Method == "PUT" ? FakeAnswer.Of(201) : a);
        Registry.Change("uploads/", (r, _) => FakeAnswer.Of(r.Method == "PUT" ? 201 : 202, "", ("Location", "/v2/app/blobs/uploads/1")));
    }

    private sealed class Record : IPushObserver
    {
        private readonly List<PushStage> stages = [];

        public IReadOnlyList<PushStage> Stages
        {
            get
            {
                lock (stages)
                    return [.. stages];
            }
        }

        public void Layer(Digest layer, PushStage stage, long current = 0, long total = 0)
        {
            lock (stages)
                stages.Add(stage);
        }

        public void Mounted(Digest? layer, string from)
        {
        }
    }
}
