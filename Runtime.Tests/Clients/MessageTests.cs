using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>
/// What <c>vessel</c> says while it works and when it fails: to people, without words of the libraries below it, and
/// without secrets.
/// </summary>
public sealed class MessageTests : ImageTest
{
    private FakeRegistry? served;

    private FakeRegistry Fake => served ??= new FakeRegistry();

    [SetUp]
    public void ServeAnImage() => Fake.Serve("app:v1", FakeImage.Of(FakeLayer.Text("a", "a")));

    [TearDown]
    public void StopServing()
    {
        served?.Dispose();
        served = null;
    }

    private string Name => $"{Fake.Address}/app:v1";

    [TestCase("-D"), TestCase("--debug"), TestCase("-ldebug"), TestCase("--log-level=debug")]
    public void Debug_ShowsRequestsRedirectsChallengesAndTheChoice_WithoutSecrets(string option)
    {
        FakeImage own = FakeImage.Of(FakeLayer.Text("own", "own")), other = FakeImage.Of(FakeLayer.Text("other", "other"));
        Fake.Serve("many:v1", own);
        Fake.Serve("many:other", other);
        Fake.Serve("many:v1", FakeImage.Index((other, FakeImage.PlatformOf("s390x")), (own, FakeImage.PlatformOf(Oci.Image.Platform.Host.Architecture))), Oci.Image.MediaTypes.OciIndex);
        Fake.Challenge = FakeRegistry.BearerAt(Fake.Address);
        Fake.Change("many/blobs/" + own.Layers[0].Digest, (r, a) => a.Status == 401 ? a : FakeAnswer.Of(307, "", ("Location", $"http://{Fake.OtherAddress}/v2/many/blobs/{own.Layers[0].Digest}?X-Signature=signed-secret")));
        Fake.Change("X-Signature", a => new FakeAnswer(200, own.Layers[0].Blob));
        WriteCredential();
        Outcome pull = Vessel(option, "pull", "-q", $"{Fake.Address}/many:v1").Succeeded();
        Assert.That(pull.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.All.StartsWith("DEBUG: "));
        Assert.That(pull.Error, Does.Contain($"DEBUG: GET http://{Fake.Address}/v2/many/manifests/v1 without a credential: 401 ")
            .And.Contain($"DEBUG: {Fake.Address} asks for Bearer authorization by http://{Fake.Address}/token\n")
            .And.Contain($"/token?… for a token, as user {FakeRegistry.User}, scope repository:many:pull: 200 ").Or.Contain($"/token for a token, as user {FakeRegistry.User}, scope repository:many:pull: 200 "));
        Assert.That(pull.Error, Does.Contain($"DEBUG: platform {Oci.Image.Platform.Host}: manifest {own.Digest} is chosen; offered are linux/s390x, ")
            .And.Contain($"DEBUG: redirect from {Fake.Address} to http://{Fake.OtherAddress}/v2/many/blobs/{own.Layers[0].Digest}?…, which gets no credential\n"));
        Assert.That(pull.Error, Does.Not.Contain(FakeRegistry.Secret).And.Not.Contain(FakeRegistry.Token).And.Not.Contain("signed-secret").And.Not.Contain(FakeRegistry.BasicHeader["Basic ".Length..]));
        Assert.That(pull.Output, Is.EqualTo($"{Fake.Address}/many:v1\n"));
    }

    [Test]
    public void WithoutDebug_NothingOfItIsPrinted() => Assert.That(Vessel("-l", "info", "pull", Name).Succeeded().Error, Is.Empty);

    [TestCase("""{"max-concurrent-download": 3}""", "max-concurrent-download: is not a setting (did you mean \"max-concurrent-downloads\"?); there are data-root, ")]
    [TestCase("""{"live-restore": true}""", "live-restore: is not a setting; there are data-root, ")]
    [TestCase("""{"data-root": 5}""", "data-root: ")]
    [TestCase("""{""", "daemon.json")]
    public void SettingsThatAreWrong_NameTheKey(string settings, string error)
    {
        File.WriteAllText(Box.Folder + "/daemon.json", settings);
        Outcome images = Vessel("images");
        Assert.That(images.ExitCode, Is.EqualTo(1));
        Assert.That(images.Error, Does.StartWith($"vessel: {Box.Folder}/daemon.json").And.Contain(error));
    }

    [Test]
    public void Errors_AreInTheKernelsWords_AndGiveACauseOnce()
    {
        string none = Box.Folder + "/none";
        File.WriteAllText(Box.Folder + "/text", "no certificate");
        foreach ((string[] arguments, string error) in new (string[], string)[]
        {
            (["load", "-i", none], $"vessel: open {none}: no such file or directory (ENOENT)\n"),
            (["import", none], $"vessel: open {none}: no such file or directory (ENOENT)\n"),
            (["--config-file", none, "images"], $"vessel: open {none}: no such file or directory (ENOENT)\n"),
            (["images", "--digests=perhaps"], "vessel: invalid argument \"perhaps\" for \"--digests\" flag: expected true or false\n"),
            (["search", "--limit", "x", "a"], "vessel: invalid value \"x\" for --limit: expected a whole number\n"),
            (["pull", "127.0.0.1:1/x"], "vessel: registry http://127.0.0.1:1/: connection refused\n"),
            (["pull", $"{Fake.Address}/none"], $"vessel: manifest for {Fake.Address}/none:latest not found: manifest unknown\n"),
        })
        {
            Outcome outcome = Vessel(arguments);
            Assert.That(outcome.ExitCode, Is.Positive, outcome.ToString());
            Assert.That(outcome.Error, Does.StartWith(error));
            Assert.That(outcome.Error, Does.Not.Contain("Could not").And.Not.Contain("strconv").And.Not.Contain("System.").And.Not.Contain("daemon:"));
        }
    }

    [Test]
    public void OrdinaryUser_IsToldBeforeAnythingIsDownloaded()
    {
        OrdinaryUser user = OrdinaryUser.Nameless;
        string program = Box.Folder + "/vessel", root = Box.Folder + "/own", settings = Box.Folder + "/settings.json";
        Fixtures.CopyProgram(Host.ProjectFolder + "/out/bin/vessel", program);
        File.SetUnixFileMode(program, (UnixFileMode)0x1ed /* 0755 */);
        File.SetUnixFileMode(Box.Folder, (UnixFileMode)0x1ff /* 0777 */);
        File.WriteAllText(settings, "{}");
        Outcome As(string dataRoot, params string[] arguments) =>
            new Launch(program, ["--data-root", dataRoot, "--config-file", settings, .. arguments]) { User = user, Input = [] }.Start().Wait();

        int before = Fake.Requests.Count;
        foreach (string[] arguments in new string[][] { ["pull", Name], ["pull", "-a", $"{Fake.Address}/app"], ["load"], ["import", "-"], ["import", $"http://{Fake.Address}/x"] })
        {
            Outcome refused = As(root, arguments);
            Assert.That((refused.ExitCode, refused.Error), Is.EqualTo((1, "vessel: only root can keep images, since the files of their layers have owners: run the command as root, with sudo for example\n")), string.Join(' ', arguments));
        }
        Assert.That(Fake.Requests, Has.Count.EqualTo(before));
        // What only looks makes no directory, and sees what there is: nothing.
        foreach (string[] arguments in new string[][] { ["images", "-q"], ["bundle", "ls", "-q"], ["rmi", "-f", "nope"] })
            Assert.That(As(root, arguments).ExitCode, Is.LessThanOrEqualTo(1));
        Assert.That(As(root, "images", "-q").Succeeded().Output, Is.Empty);
        Assert.That(Directory.Exists(root), Is.False);
        // Somebody else's.
        Vessel("pull", "-q", Name).Succeeded();
        Assert.That(As(DataRoot, "images").Error, Does.StartWith($"vessel: the data root {DataRoot} belongs to another user: run the command as that user, with sudo for root, or "));
    }

    [Test]
    public void Looking_MakesNoDirectory()
    {
        foreach (string command in new[] { "images", "system df", "image inspect nope", "history nope", "bundle ls", "rmi nope", "tag nope x", "save nope -o /dev/null" })
            Vessel(command.Split(' '));
        Assert.That(Directory.Exists(DataRoot), Is.False);
    }

    [TestCase(80), TestCase(34)]
    public void Terminal_ShowsTheBars_AndFollowsAResize(int columns)
    {
        TaskCompletionSource goOn = new();
        FakeImage image = FakeImage.Of(FakeLayer.Random("big", 3 << 20, isGzip: false), FakeLayer.Text("small", "small"));
        Fake.Serve("bars:v1", image);
        Fake.Change("bars/blobs/" + image.Layers[0].Digest, a => a with { Drip = 100_000 });
        using Pty pty = new(columns: 100);
        Launch launch = new(Host.ProjectFolder + "/out/bin/vessel", "--data-root", DataRoot, "pull", $"{Fake.Address}/bars:v1") { Terminal = pty.Slave };
        using RunningProgram pull = launch.Start();
        Assert.That(pty.WaitFor("Downloading [="), pty.Seen);
        pty.Resize(24, (ushort)columns);
        Assert.That(pty.WaitFor("\e[J"), pty.Seen);
        int resized = pty.Seen.Length;
        Assert.That(pty.WaitFor("Status: Downloaded newer image"), pty.Seen);
        string after = pty.Seen[(pty.Seen.IndexOf("\e[J", StringComparison.Ordinal) + 3)..pty.Seen.IndexOf("Digest: ", StringComparison.Ordinal)];
        foreach (string line in after.Split('\n').SelectMany(l => l.Split('\e')).Select(l => l.TrimEnd('\r')))
            Assert.That(line.Length, Is.LessThanOrEqualTo(columns + 4), line);
        // The small layer is complete long before the big one has arrived.
        Assert.That(pty.Seen.IndexOf($"{image.Layers[1].Digest.Short}: Pull complete", StringComparison.Ordinal), Is.Positive.And.LessThan(pty.Seen.IndexOf($"{image.Layers[0].Digest.Short}: Download complete", StringComparison.Ordinal)));
        pull.Wait().Succeeded();
    }

    [Test]
    public void Interrupt_LeavesThePromptOnALineOfItsOwn_AndSaysWhatIsKept()
    {
        FakeImage image = FakeImage.Of(FakeLayer.Random("big", 3 << 20, isGzip: false));
        Fake.Serve("cut:v1", image);
        Fake.Change("cut/blobs/" + image.Layers[0].Digest, a => a with { Drip = 50_000 }, times: 1);
        using Pty pty = new();
        // Whoever runs tests in the background may have interrupts ignored; env restores them.
        Launch launch = new("/usr/bin/env", "--default-signal=INT", Host.ProjectFolder + "/out/bin/vessel", "--data-root", DataRoot, "pull", $"{Fake.Address}/cut:v1") { Terminal = pty.Slave };
        using RunningProgram pull = launch.Start();
        Assert.That(pty.WaitFor("Downloading [="), pty.Seen);
        pull.Signal(2);
        Assert.That(pty.WaitFor("\nvessel: interrupted; the partial download is kept, and the next pull resumes it\r\n"), pty.Seen);
        Assert.That(pull.Wait().ExitCode, Is.EqualTo(130));
        int from = Fake.Requests.Count;
        Vessel("pull", "-q", $"{Fake.Address}/cut:v1").Succeeded();
        Assert.That(Fake.Requests.Skip(from).Single(r => r.IsFor(image.Layers[0].Digest.ToString())).From, Is.Positive);
    }

    private void WriteCredential()
    {
        Directory.CreateDirectory(Box.Folder + "/docker");
        File.WriteAllText(Box.Folder + "/docker/config.json", $$$$"""{"auths":{"{{{{Fake.Address}}}}":{"auth":"{{{{FakeRegistry.BasicHeader["Basic ".Length..]}}}}"}}}""");
    }
}
