using System.Diagnostics;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Store;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>Transfers that break off, stand still, or bring something else: what of it the user sees, and that the next pull ends well.</summary>
public sealed class PullTransferTests : PullTest
{
    private const int Large = 3 << 20, Part = 1 << 20;

    [TestCase(true)]
    [TestCase(false)]
    public async Task CutInMidLayer_GoesOnFromThere(bool isGzip)
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large, isGzip), FakeLayer.Text("b", "b", isGzip));
        FakeLayer layer = image.Layers[0];
        Registry.Change(layer.Digest.ToString(), a => a with { CutAfter = Part }, times: 2);
        PullRecord record = new();
        await PullAsync(observer: record);
        AssertComplete(image);
        List<FakeRequest> requests = Registry.RequestsFor(layer.Digest.ToString());
        Assert.That(requests.Select(r => r.From), Is.EqualTo(new long?[] { null, Part, 2 * Part }));
        Assert.That(requests.Sum(r => r.Sent), Is.EqualTo(layer.Blob.Length));
        Assert.That(record.Of(layer.Digest), Is.EqualTo(new[] { PullStage.Pending, PullStage.Waiting, PullStage.Downloading, PullStage.Retrying, PullStage.Downloaded, PullStage.Extracting, PullStage.Complete }));
    }

    [Test]
    public async Task RegistryKilledInMidLayer_AndBack()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        Settings = Settings with { Pause = TimeSpan.FromMilliseconds(100), MaximumAttempts = 5 };
        Registry.Change("blobs/" + image.Layers[0].Digest, a => a with { CutAfter = Part, Then = Restart }, times: 1);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(image.Layers[0].Digest.ToString()).Last().From, Is.EqualTo(Part));

        void Restart()
        {
            Registry.Stop();
            // Long enough for an attempt that nobody answers.
            _ = Task.Delay(600).ContinueWith(_ => Registry.Start(), TaskScheduler.Default);
        }
    }

    [Test]
    public async Task PullThatGaveUp_IsGoneOnWithByTheNext()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        Settings = Settings with { MaximumAttempts = 1 };
        Registry.Change(image.Layers[0].Digest.ToString(), a => a with { CutAfter = Part / 2 }, times: 1);
        Fails(ImageErrorKind.Unavailable, $"{Part / 2} of {image.Layers[0].Blob.Length} bytes are here, and the next pull goes on from there");
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(image.Layers[0].Digest.ToString()).Select(r => r.From), Is.EqualTo(new long?[] { null, Part / 2 }));
    }

    [Test]
    public async Task SlowConnection_IsNotTheOnlyOne()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        string digest = image.Layers[0].Digest.ToString();
        Settings = Settings with { RangeTrial = TimeSpan.FromMilliseconds(100) };
        Registry.Change(digest, Slow);
        await PullAsync();
        AssertComplete(image);
        List<FakeRequest> requests = [.. Registry.RequestsFor(digest).OrderBy(r => r.From)];
        Assert.That(requests, Has.Count.GreaterThan(3));
        Assert.That(requests[0].From, Is.Null);
        // One after the other, each once, to the end.
        Assert.That(requests.Skip(2).Select(r => r.From), Is.EqualTo(requests.Skip(1).SkipLast(1).Select(r => r.To + 1)));
        Assert.That(requests[^1].To, Is.EqualTo(image.Layers[0].Blob.Length - 1));
    }

    [TestCase("whole")]
    [TestCase("other")]
    [TestCase("cut")]
    public async Task RangesThatAreNotAsPromised_ArriveAllTheSame(string fault)
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        string digest = image.Layers[0].Digest.ToString();
        Settings = Settings with { RangeTrial = TimeSpan.FromMilliseconds(100) };
        Registry.Change(digest, Slow);
        Registry.Change(digest, (r, a) => r.To is null ? a : fault switch
        {
            "whole" => (a with { Status = 200, Body = image.Layers[0].Blob, Drip = null }).With("Content-Range", ""),
            "other" => a.With("Content-Range", $"bytes 0-{a.Body.Length - 1}/{image.Layers[0].Blob.Length}"),
            _ => a with { CutAfter = 1000, Drip = null },
        }, times: 3);
        await PullAsync();
        AssertComplete(image);
    }

    private static FakeAnswer Slow(FakeAnswer answer) => (answer with { Drip = 8 << 10 }).With("Accept-Ranges", "bytes");

    [TestCase("ignored")]
    [TestCase("elsewhere")]
    [TestCase("refused")]
    [TestCase("unsaid")]
    public async Task RangesThatTheRegistryDoesNotKnow_ArriveFromTheStart(string fault)
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        string blob = image.Layers[0].Digest.ToString();
        Registry.Change(blob, a => a with { CutAfter = Part }, times: 1);
        Registry.Change(blob, (r, a) => r.From is null ? a : fault switch
        {
            "ignored" => a with { Status = 200, Body = image.Layers[0].Blob, Headers = [] },
            "elsewhere" => (a with { Body = image.Layers[0].Blob[1000..] }).With("Content-Range", $"bytes 1000-{image.Layers[0].Blob.Length - 1}/{image.Layers[0].Blob.Length}"),
            "unsaid" => a with { Headers = [] },
            _ => FakeAnswer.Of(416, "no"),
        });
        await PullAsync();
        AssertComplete(image);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task WrongBytes_AreRefused_AndNotGoneOnWith(bool isGzip)
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large, isGzip));
        Registry.Change(image.Layers[0].Digest.ToString(), a => a.Damaged(Part));
        Fails(ImageErrorKind.Corrupt);
        Assert.That(Left("content/blobs/sha256"), Has.Length.EqualTo(1), "the config alone");
        Assert.That(Left("content/ingest").Sum(f => new FileInfo(f).Length), Is.Zero);
        Registry.Behave();
        await PullAsync();
        AssertComplete(image);
    }

    [TestCase("longer", ImageErrorKind.Corrupt, "bytes at the registry")]
    [TestCase("shorter", ImageErrorKind.Corrupt, "bytes at the registry")]
    [TestCase("longer, unsaid", ImageErrorKind.Corrupt, "longer than the")]
    [TestCase("shorter, unsaid", ImageErrorKind.Unavailable, "the connection ended early")]
    [TestCase("as long, but says less", ImageErrorKind.Corrupt, "bytes at the registry")]
    public async Task WrongSize_IsRefused(string fault, ImageErrorKind kind, string words)
    {
        FakeImage image = Serve(FakeLayer.Random("a", 100_000, isGzip: false));
        byte[] right = image.Layers[0].Blob;
        Registry.Change(image.Layers[0].Digest.ToString(), a => fault switch
        {
            "longer" => a with { Body = [.. right, 0] },
            "shorter" => a with { Body = right[..^1] },
            "longer, unsaid" => a with { Status = 200, Headers = [], Body = [.. right, 0], Length = -1 },
            "shorter, unsaid" => a with { Status = 200, Headers = [], Body = right[..^1], Length = -1 },
            _ => a with { Length = right.Length - 1 },
        });
        Fails(kind, words);
        Registry.Behave();
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task Drip_IsNoTransfer()
    {
        FakeImage image = Serve(FakeLayer.Random("a", 100_000));
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(300), MaximumAttempts = 2 };
        Registry.Change(image.Layers[0].Digest.ToString(), a => a with { Drip = 10 });
        Stopwatch time = Stopwatch.StartNew();
        Fails(ImageErrorKind.Unavailable, "fewer than 16384 bytes", "2 times");
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(8)));
        Registry.Behave();
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task SlowDisk_IsNotTheRegistrysFault()
    {
        // Whoever takes the bytes stands still for longer than a transfer may.
        FakeImage image = Serve(FakeLayer.Random("a", Large));
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(250), MaximumAttempts = 1 };
        int steps = 0;
        await PullAsync(observer: new PullRecord { Step = (_, stage, _) => Thread.Sleep(stage == PullStage.Downloading && steps++ == 2 ? 600 : 0) });
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(image.Layers[0].Digest.ToString()), Has.Count.EqualTo(1));
    }

    [TestCase("manifests/v1")]
    [TestCase("config")]
    public async Task DocumentThatIsCut_IsAskedForAgain(string document)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Registry.Change(document == "config" ? image.Id.ToString() : document, a => a with { CutAfter = 20 }, times: 2);
        await PullAsync();
        AssertComplete(image);
    }

    [TestCase("manifests/v1")]
    [TestCase("config")]
    public async Task DocumentThatStandsStill_IsAnErrorOfTheRegistry(string document)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Settings = Settings with { IdleTimeout = TimeSpan.FromMilliseconds(200), MaximumAttempts = 2 };
        Registry.Change(document == "config" ? image.Id.ToString() : document, a => a with { Wait = Task.Delay(5000) });
        Fails(ImageErrorKind.Unavailable);
        Registry.Behave();
        await PullAsync();
        AssertComplete(image);
    }

    [TestCase(429)]
    [TestCase(500)]
    [TestCase(503)]
    public async Task RefusalForTheMoment_IsTriedAgain(int status)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        foreach (string part in new[] { "manifests/", image.Id.ToString(), image.Layers[0].Digest.ToString() })
            Registry.Change(part, _ => FakeAnswer.Of(status, "", ("Retry-After", "0")), times: 2);
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task TooManyRequests_WaitsAsLongAsTheRegistrySays()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", _ => FakeAnswer.Of(429, "", ("Retry-After", "1")), times: 1);
        Stopwatch time = Stopwatch.StartNew();
        await PullAsync();
        Assert.That(time.Elapsed, Is.GreaterThan(TimeSpan.FromMilliseconds(950)));
        AssertComplete(image);
    }

    [Test]
    public void TooManyRequests_ForEver_SaysSo()
    {
        Serve(FakeLayer.Text("a", "a"));
        Registry.Change("manifests/", _ => FakeAnswer.Of(429, """{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]}""", ("Retry-After", "0")));
        Fails(ImageErrorKind.Unavailable, "too many requests", "pull rate limit");
        Assert.That(Registry.Requests, Has.Count.EqualTo(3));
    }

    [TestCase("gone")]
    [TestCase("knows nothing")]
    [TestCase("refuses")]
    [TestCase("cuts")]
    [TestCase("lies")]
    public async Task Mirror_ThatCannotGiveIt_IsFollowedByTheNext(string fault)
    {
        FakeImage image = FakeImage.Of(FakeLayer.Random("a", Part));
        FakeRegistry good = NewRegistry();
        good.Serve("library/app:v1", image);
        // By digest, so that what the first one says can be seen to be wrong.
        if (fault == "gone")
            Registry.Stop();
        else if (fault is "cuts" or "lies")
        {
            Registry.Serve("library/app:v1", image);
            Registry.Change("manifests/", a => fault == "cuts" ? a with { CutAfter = 10 } : a with { Body = "{}"u8.ToArray() });
            Registry.Change("blobs/", _ => FakeAnswer.Of(500));
        }
        else if (fault == "refuses")
            Registry.Change("/v2/", _ => FakeAnswer.Of(401));
        Settings = Settings with { Mirrors = [new Uri($"http://{Registry.Address}"), new Uri($"http://{good.Address}")] };
        await PullAsync(Vessel.Oci.Reference.ImageReference.Parse($"app@{image.Digest}"));
        Assert.That(Store.Find($"app@{image.Digest}").Id, Is.EqualTo(image.Id));
        Assert.That(good.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public void NobodyListens_IsSaidAtOnce()
    {
        Serve(FakeLayer.Text("a", "a"));
        Registry.Stop();
        Stopwatch time = Stopwatch.StartNew();
        Fails(ImageErrorKind.Unavailable, Registry.Address, "refused");
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public void OneLayerFails_TheOthersAreCalledOff_AndItsErrorIsTold()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Part), FakeLayer.Random("b", Part), FakeLayer.Text("c", "c"));
        TaskCompletionSource never = new();
        foreach (FakeLayer layer in image.Layers.Take(2))
            Registry.Change(layer.Digest.ToString(), a => a with { Wait = never.Task });
        Registry.Change(image.Layers[2].Digest.ToString(), _ => FakeAnswer.Of(404));
        Stopwatch time = Stopwatch.StartNew();
        Fails(ImageErrorKind.NotFound, $"blob {image.Layers[2].Digest}");
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        never.SetResult();
    }

    [Test]
    public async Task LayerThatCannotBeUnpacked_EndsItsTransfer()
    {
        // It is what its digest says, and no tar. It is large, and known to be bad from its first block on.
        FakeLayer bad = FakeLayer.Of(new byte[Large].Select((_, i) => (byte)(i * 7)).ToArray(), isGzip: false);
        FakeImage image = Serve(FakeLayer.Text("a", "a"), bad);
        Registry.Change(bad.Digest.ToString(), a => a with { Drip = 50_000 });
        Fails(ImageErrorKind.Corrupt, bad.DiffId.ToString());
        Assert.That(Registry.RequestsFor(bad.Digest.ToString()).Single().Sent, Is.LessThan(Large));
        // And it is no better the next time.
        Fails(ImageErrorKind.Corrupt, bad.DiffId.ToString());
        await Task.CompletedTask;
    }

    [TestCase("half", true)]
    [TestCase("half", false)]
    [TestCase("whole", true)]
    [TestCase("whole", false)]
    [TestCase("longer", true)]
    public async Task DamagedBeginning_LeftByAnother_IsBegunAnew(string form, bool isGzip)
    {
        // As after a power failure: the length is right, the bytes are not on the disk.
        FakeImage image = Serve(FakeLayer.Random("a", Large, isGzip));
        FakeLayer layer = image.Layers[0];
        int length = form switch { "half" => layer.Blob.Length / 2, "whole" => layer.Blob.Length, _ => layer.Blob.Length + 1 };
        byte[] left = new byte[length];
        layer.Blob.AsSpan(0, length / 3).CopyTo(left);
        Store.Folder.Prepare();
        File.WriteAllBytes(Store.Folder.Ingest(layer.Digest), left);
        File.WriteAllBytes(Store.Folder.Ingest(image.Id), new byte[10]);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(layer.Digest.ToString()).Last().From, Is.Null);
    }

    [Test]
    public async Task Extracting_IsReportedByTheBytesThatAreUnpacked()
    {
        FakeLayer layer = FakeLayer.Random("a", Part);
        FakeImage image = Serve(layer, FakeLayer.Text("b", "b"));
        await PullAsync();
        // The blob stays, so that nothing is left to do but to unpack it.
        Directory.Delete(Store.Folder.Layer(layer.DiffId), recursive: true);
        List<long> steps = [];
        PullRecord record = new() { Step = (digest, stage, done) => { if (digest == layer.Digest && stage == PullStage.Extracting) steps.Add(done); } };
        await PullAsync(observer: record);
        AssertComplete(image);
        Assert.That(record.Of(layer.Digest), Is.EqualTo(new[] { PullStage.Pending, PullStage.Waiting, PullStage.Extracting, PullStage.Complete }));
        Assert.That(steps, Is.Ordered.And.Not.Empty);
        Assert.That(steps[^1], Is.EqualTo(layer.Blob.Length));
    }

    [Test]
    public async Task OneLayer_IsCompleteBeforeTheOthersHaveArrived()
    {
        FakeLayer slow = FakeLayer.Random("slow", Part), fast = FakeLayer.Text("fast", "fast");
        FakeImage image = Serve(slow, fast);
        TaskCompletionSource isComplete = new();
        Registry.Change(slow.Digest.ToString(), a => a with { Wait = isComplete.Task });
        await PullAsync(observer: new PullRecord { Step = (digest, stage, _) => { if (digest == fast.Digest && stage == PullStage.Complete) isComplete.SetResult(); } });
        AssertComplete(image);
    }

    [Test]
    public async Task SoundBeginning_LeftByAnother_IsGoneOnWith()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Large), FakeLayer.Random("b", Part));
        Store.Folder.Prepare();
        File.WriteAllBytes(Store.Folder.Ingest(image.Layers[0].Digest), image.Layers[0].Blob[..12345]);
        File.WriteAllBytes(Store.Folder.Ingest(image.Layers[1].Digest), image.Layers[1].Blob);
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(image.Layers[0].Digest.ToString()).Single().From, Is.EqualTo(12345));
        Assert.That(Registry.RequestsFor(image.Layers[1].Digest.ToString()), Is.Empty);
    }
}
