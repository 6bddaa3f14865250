using NUnit.Framework;
using Vessel.Images.Snapshots;
using Vessel.Images.Store;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Tests.Support;

namespace Vessel.Tests.Faults;

/// <summary>Pulls beside each other, beside whoever tidies up, called off, on a full disk, killed.</summary>
public sealed class PullStoreTests : PullTest
{
    private const int Megabyte = 1 << 20;

    [Test]
    public async Task SameImage_ByFourAtOnce_ArrivesOnce()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Megabyte), FakeLayer.Random("b", Megabyte), FakeLayer.Text("c", "c"));
        Registry.Change("blobs/", a => a with { Wait = Task.Delay(100) });
        PulledImage[] pulled = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PullAsync()));
        Assert.That(pulled.Select(p => p.Id), Is.All.EqualTo(image.Id));
        AssertComplete(image);
        Assert.That(Registry.RequestsFor("blobs/").GroupBy(r => r.Target).Select(g => g.Count()), Is.EqualTo(new[] { 1, 1, 1, 1 }));
    }

    [Test]
    public async Task SameImage_ByTwo_OneOfWhichIsCalledOff()
    {
        FakeImage image = Serve(FakeLayer.Random("a", Megabyte));
        TaskCompletionSource go = new();
        Registry.Change(image.Layers[0].Digest.ToString(), a => a with { Wait = go.Task }, times: 1);
        using CancellationTokenSource stop = new();
        Task<PulledImage> first = PullAsync(cancellation: stop.Token);
        Assert.That(Host.Eventually(() => Registry.RequestsFor(image.Layers[0].Digest.ToString()).Count == 1));
        Task<PulledImage> second = PullAsync();
        await Task.Delay(50);
        await stop.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(async () => await first);
        await second;
        AssertComplete(image);
        go.SetResult();
    }

    [Test]
    public async Task SecondImage_WithSharedLayers_MovesTheNewOneOnly()
    {
        FakeLayer shared = FakeLayer.Random("a", Megabyte), mine = FakeLayer.Text("b", "b"), other = FakeLayer.Text("c", "c");
        FakeImage first = Serve(shared, mine), second = FakeImage.Of(shared, other);
        Registry.Serve("other:v1", second);
        await PullAsync();
        int before = Registry.Requests.Count;
        PullRecord record = new();
        await PullAsync("other:v1", record);
        AssertComplete(first);
        AssertComplete(second, "other:v1");
        Assert.That(Registry.Requests.Skip(before).Where(r => r.IsFor("blobs/")).Select(r => r.Target.Split('/').Last()), Is.EquivalentTo(new[] { second.Id.ToString(), other.Digest.ToString() }));
        Assert.That(record.Of(shared.Digest), Is.EqualTo(new[] { PullStage.Exists }));
    }

    [Test]
    public async Task SameTag_AgainAndChanged()
    {
        FakeImage first = Serve(FakeLayer.Text("a", "a")), second = FakeImage.Of(FakeLayer.Text("b", "b"));
        Assert.That((await PullAsync()).IsNew);
        Assert.That((await PullAsync()).IsNew, Is.False);
        Registry.Serve("app:v1", second);
        Assert.That((await PullAsync()).IsNew);
        AssertComplete(second);
        // The old one is still there under its digest.
        Assert.That(Store.Find($"{Registry.Address}/app@{first.Digest}").Id, Is.EqualTo(first.Id));
        Assert.That(Store.List(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task ManifestThatChangesBetweenRequests_GivesOneImageWhole()
    {
        FakeImage first = Serve(FakeLayer.Text("a", "a")), second = FakeImage.Of(FakeLayer.Text("b", "b"));
        Registry.Change("manifests/v1", a => a with { Then = () => Registry.Serve("app:v1", second) }, times: 1);
        PulledImage pulled = await PullAsync();
        Assert.That((pulled.Id, pulled.Target), Is.EqualTo((first.Id, first.Digest)));
        AssertComplete(first);
    }

    [Test]
    public async Task Index_GivesTheImageOfThisHost_AlsoFromAnIndexWithin()
    {
        FakeImage mine = FakeImage.Of(FakeLayer.Text("a", "a")), other = FakeImage.Of(FakeLayer.Text("b", "b"));
        Registry.Serve("app:other", other);
        Registry.Serve("app:mine", mine);
        byte[] index = FakeImage.Index((other, FakeImage.PlatformOf("s390x")), (mine, FakeImage.PlatformOf(Platform.Host.Architecture)));
        Registry.Serve("app:v1", index, MediaTypes.OciIndex);
        PulledImage pulled = await PullAsync();
        AssertComplete(mine);
        Assert.That(pulled.Target, Is.EqualTo(Vessel.Oci.Reference.Digest.Of(index)));
        Assert.That(Store.Content.Contains(pulled.Target));
        Registry.Serve("app:v2", FakeImage.Index((mine with { Manifest = index, ManifestType = MediaTypes.OciIndex }, FakeImage.PlatformOf(Platform.Host.Architecture))), MediaTypes.OciIndex);
        await PullAsync("app:v2");
        AssertComplete(mine, "app:v2");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ManifestWithoutContentType_IsWhatItSaysItself(bool isIndex)
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        if (isIndex)
            Registry.Serve("app:v1", FakeImage.Index((image, FakeImage.PlatformOf(Platform.Host.Architecture))), MediaTypes.OciIndex);
        Registry.Change("manifests/", a => a with { Headers = [] });
        await PullAsync();
        AssertComplete(image);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Docker_ImagesAndThoseWithoutLayers_ArePulled(bool isEmpty)
    {
        FakeImage image = FakeImage.Of(true, "", isEmpty ? [] : [FakeLayer.Text("a", "a"), FakeLayer.Text("a", "a"), FakeLayer.Text("b", "b", isGzip: false)]);
        Registry.Serve("app:v1", image);
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task TagBesideADigest_IsNoName()
    {
        FakeImage image = Serve(FakeLayer.Text("a", "a"));
        await PullAsync($"app:whatever@{image.Digest}");
        Assert.That(Store.Find(image.Id.Hex[..12]).Names.Select(n => n.ToString()), Is.EqualTo(new[] { $"{Registry.Address}/app@{image.Digest}" }));
        Assert.That(Store.Find($"{Registry.Address}/app:whatever@{image.Digest}").Id, Is.EqualTo(image.Id));
        Assert.That(Store.Remove($"{Registry.Address}/app:whatever@{image.Digest}").Count(r => r.Untagged is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task GarbageCollected_WhileAPullIsUnderWay_LosesNothingOfIt()
    {
        FakeImage old = FakeImage.Of(FakeLayer.Text("old", "old")), image = Serve(FakeLayer.Random("a", Megabyte), FakeLayer.Random("b", Megabyte));
        Registry.Serve("app:old", old);
        await PullAsync("app:old");
        TaskCompletionSource go = new();
        Registry.Change(image.Layers[1].Digest.ToString(), a => a with { Wait = go.Task });
        Task<PulledImage> pull = PullAsync();
        Assert.That(Host.Eventually(() => Registry.RequestsFor(image.Layers[1].Digest.ToString()).Count > 0 && Store.Content.Contains(image.Layers[0].Digest)));
        // What is gone goes, and what the pull has stays.
        Store.Remove($"{Registry.Address}/app:old");
        Store.CollectGarbage();
        Assert.That(Store.Content.Contains(old.Layers[0].Digest), Is.False);
        Assert.That(Store.Content.Contains(image.Layers[0].Digest));
        go.SetResult();
        await pull;
        AssertComplete(image);
        Store.CollectGarbage();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor("blobs/").GroupBy(r => r.Target).Select(g => g.Count()), Is.All.EqualTo(1));
    }

    [Test]
    public async Task GarbageCollected_AgainAndAgain_WhilePullsComeAndGo()
    {
        using CancellationTokenSource end = new();
        Task collector = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
                Store.CollectGarbage();
        });
        for (int i = 0; i < 5; i++)
        {
            FakeImage image = Serve(FakeLayer.Random("a", 200_000), FakeLayer.Text("b", $"{i}"));
            await Task.WhenAll(PullAsync(), PullAsync());
            AssertComplete(image);
            Store.Remove(image.Id.ToString());
        }
        await end.CancelAsync();
        await collector;
    }

    [Test]
    public async Task CalledOff_LeavesNothingButABeginning()
    {
        FakeImage image = Serve(FakeLayer.Random("a", 2 * Megabyte), FakeLayer.Random("b", Megabyte));
        TaskCompletionSource go = new();
        Registry.Change(image.Layers[1].Digest.ToString(), a => a with { Wait = go.Task });
        using CancellationTokenSource stop = new();
        PullRecord record = new() { Step = (layer, _, done) => CancelAt(layer == image.Layers[0].Digest && done > Megabyte) };
        Assert.CatchAsync<OperationCanceledException>(async () => await PullAsync(observer: record, cancellation: stop.Token));
        AssertNoImage();
        go.SetResult();
        await PullAsync();
        AssertComplete(image);
        Assert.That(Registry.RequestsFor(image.Layers[0].Digest.ToString()).Last().From, Is.GreaterThan(Megabyte));

        void CancelAt(bool isThere)
        {
            if (isThere)
                stop.Cancel();
        }
    }

    [Test]
    public async Task Beginnings_AreCollected_UnlessSomebodyGoesOnWithThem()
    {
        FakeImage image = Serve(FakeLayer.Random("a", 2 * Megabyte), FakeLayer.Random("b", Megabyte));
        TaskCompletionSource go = new();
        Registry.Change(image.Layers[0].Digest.ToString(), a => a with { Wait = go.Task });
        Task<PulledImage> pull = PullAsync();
        string kept = Store.Folder.Ingest(image.Layers[0].Digest), abandoned = Store.Folder.Ingest(Vessel.Oci.Reference.Digest.Of([]));
        File.WriteAllText(abandoned, "x");
        Assert.That(Host.Eventually(() => File.Exists(kept) && Registry.RequestsFor(image.Layers[0].Digest.ToString()).Count > 0));
        Store.CollectGarbage();
        Assert.That((File.Exists(kept), File.Exists(abandoned)), Is.EqualTo((true, false)));
        go.SetResult();
        await pull;
        AssertComplete(image);
    }

    [TestCase("transfer", LayerForm.Folder)]
    [TestCase("unpacking", LayerForm.Folder)]
    [TestCase("unpacking", LayerForm.Erofs)]
    public async Task FullDisk_IsSaid_AndForgotten(string step, LayerForm form)
    {
        Form = form;
        Directory.CreateDirectory(DataRoot);
        using TemporaryMount disk = TemporaryMount.Tmpfs(DataRoot, "size=16m");
        FakeImage image = Serve(step == "transfer" ? FakeLayer.Random("a", 6 * Megabyte) : FakeLayer.Text("a", string.Concat(Enumerable.Repeat("0123456789abcdef", 6 * Megabyte / 16))));
        await File.WriteAllBytesAsync(DataRoot + "/filler", new byte[12 * Megabyte]);
        SyscallException e = Assert.CatchAsync<SyscallException>(async () => await PullAsync())!;
        Assert.That(e.Errno, Is.EqualTo(Errno.ENOSPC));
        // What arrives is unpacked meanwhile, onto the same disk: either may be the first that finds it full.
        string unpacking = $"layer {image.Layers[0].DiffId}: write {(form == LayerForm.Erofs ? "image" : "`a`")}: no space left on device (ENOSPC)", transfer = $"write {Store.Folder.Ingest(image.Layers[0].Digest)}: no space left on device (ENOSPC)";
        Assert.That(e.Message, step == "transfer" ? Is.EqualTo(transfer).Or.EqualTo(unpacking) : Is.EqualTo(unpacking));
        AssertNoImage();
        File.Delete(DataRoot + "/filler");
        await File.WriteAllBytesAsync(DataRoot + "/filler", new byte[1 * Megabyte]);
        await PullAsync();
        AssertComplete(image);
    }

    [Test]
    public async Task Killed_AtAnyInstant_TheNextPullFinishes()
    {
        string program = Path.Combine(Host.ProjectFolder, "out/bin/vessel");
        Require.Path(program, "make build");
        FakeImage kept = FakeImage.Of(FakeLayer.Text("kept", "kept"));
        Registry.Serve("kept:v1", kept);
        await PullAsync("kept:v1");
        Random random = new(3);
        double whole = 300;
        int killed = 0;
        for (int round = 0; round < 50; round++)
        {
            FakeImage image = Serve(FakeLayer.Random("a" + round, Megabyte), FakeLayer.Random("b" + round, Megabyte / 2), FakeLayer.Text("c", "c" + round));
            using (RunningProgram pull = Pull())
            {
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                double instant = random.NextDouble() * whole;
                Host.Eventually(() => pull.HasEnded || System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds >= instant);
                killed += pull.HasEnded ? 0 : 1;
                pull.Signal(Signal.SIGKILL);
                pull.Wait();
            }
            AssertNames();
            long again = System.Diagnostics.Stopwatch.GetTimestamp();
            Pull().Wait().Succeeded();
            whole = Math.Max(60, System.Diagnostics.Stopwatch.GetElapsedTime(again).TotalMilliseconds);
            Store.CollectGarbage();
            AssertComplete(image);
            AssertComplete(kept, "kept:v1");
            Assert.That(StoreCheck.Run(Store, repair: false).Problems, Is.Empty);
            Store.Remove(Registry.Reference("app:v1").ToString());
        }
        Assert.That(killed, Is.GreaterThan(10), "too few were killed while they worked to tell anything");

        RunningProgram Pull()
        {
            Launch launch = new(program, "--data-root", DataRoot, "--config", Box.Folder, "pull", "-q", Registry.Reference("app:v1").ToString());
            // A proxy is for others than the loopback interface.
            launch.Environment.Add("HTTP_PROXY=http://127.0.0.1:9");
            return launch.Start();
        }

        // Whatever happened: the names can be read, and each names an image that is whole.
        void AssertNames()
        {
            foreach (Image image in Store.List())
                Assert.That(image.Record.DiffIds.All(Store.Layers.Contains) && image.Record.Layers.All(Store.Content.Contains) && image.SizeBytes > 0, image.Id.ToString());
            Assert.That(Store.Find($"{Registry.Address}/kept:v1").Id, Is.EqualTo(kept.Id));
        }
    }
}
