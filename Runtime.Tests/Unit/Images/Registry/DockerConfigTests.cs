using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Images.Registry;

public sealed class DockerConfigTests
{
    private readonly string folder = Directory.CreateDirectory($"{TestRun.Folder}/u{TestRun.NextBox()}").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestCase("registry.example", "registry.example")]
    [TestCase("registry.example:5000", "registry.example:5000")]
    [TestCase("https://registry.example/v1/", "registry.example")]
    [TestCase("http://registry.example:5000/v2/", "registry.example:5000")]
    [TestCase("https://index.docker.io/v1/", "docker.io")]
    public async Task Auths_ByHost_HoweverItIsWritten(string key, string registry)
    {
        Credential? credential = await Config($$$$"""{"auths":{"other.example":{"auth":"{{{{Base64("x:y")}}}}"},"{{{{key}}}}":{"auth":"{{{{Base64("me:pass:word")}}}}"}}}""").FindAsync(registry, default);
        Assert.That(credential, Is.EqualTo(new Credential("me", "pass:word")));
    }

    [TestCase("registry.example:5000")]
    [TestCase("example")]
    [TestCase("sub.registry.example")]
    [TestCase("docker.io")]
    public async Task Auths_OfAnotherHost_AreNotForThis(string registry) =>
        Assert.That(await Config($$$$"""{"auths":{"registry.example":{"auth":"{{{{Base64("me:word")}}}}"}}}""").FindAsync(registry, default), Is.Null);

    [Test]
    public async Task Auths_TheSameName_ComesBeforeAnOldAddress() =>
        Assert.That((await Config($$$$"""{"auths":{"https://r.example/v1/":{"auth":"{{{{Base64("old:x")}}}}"},"r.example":{"auth":"{{{{Base64("new:x")}}}}"}}}""").FindAsync("r.example", default))!.Username, Is.EqualTo("new"));

    [TestCase("{\"identitytoken\":\"t\"}", "", "", "t")]
    [TestCase("{\"auth\":\"bWU6\",\"identitytoken\":\"t\"}", "me", "", "t")]
    [TestCase("{\"username\":\"me\",\"password\":\"word\"}", "me", "word", null)]
    [TestCase("{\"auth\":\"bWU6d29yZAAA\"}", "me", "word", null)]
    public async Task Auths_Forms(string entry, string user, string secret, string? token) =>
        Assert.That(await Config($$$$"""{"auths":{"r.example":{{{{entry}}}}}}""").FindAsync("r.example", default), Is.EqualTo(new Credential(user, secret, token)));

    [TestCase("{}")]
    [TestCase("{\"auths\":{}}")]
    [TestCase("{\"auths\":null}")]
    [TestCase("{\"auths\":{\"r.example\":{}}}")]
    [TestCase("")]
    public async Task NothingInIt_IsNobody(string text) => Assert.That(await Config(text).FindAsync("r.example", default), Is.Null);

    [Test]
    public async Task NoFile_IsNobody() => Assert.That(await new DockerConfig(folder + "/none.json").FindAsync("r.example", default), Is.Null);

    [TestCase("{\"auths\":{\"r.example\":{\"auth\":\"%\"}}}", "vessel login r.example")]
    [TestCase("{\"auths\":{\"r.example\":{\"auth\":\"bWU=\"}}}", "no user and password")]
    [TestCase("{\"auths\":", "config.json")]
    [TestCase("[]", "config.json")]
    public void Damaged_IsAnErrorThatNamesIt(string text, string words)
    {
        ImageException e = Assert.ThrowsAsync<ImageException>(() => Config(text).FindAsync("r.example", default))!;
        Assert.That(e.Kind, Is.EqualTo(ImageErrorKind.Invalid));
        Assert.That(e.Message, Does.Contain(words).And.Contain(folder));
    }

    [Test]
    public async Task Helper_IsAskedForTheRegistry()
    {
        Helper("mine", "read key; [ \"$1 $key\" = 'get r.example:5000' ] && printf '{\"ServerURL\":\"x\",\"Username\":\"me\",\"Secret\":\"word\"}'");
        DockerConfig config = Config("""{"credHelpers":{"r.example:5000":"mine"},"credsStore":"missing","auths":{"r.example:5000":{"auth":"eDp5"}}}""");
        Assert.That(await config.FindAsync("r.example:5000", default), Is.EqualTo(new Credential("me", "word")));
    }

    [Test]
    public async Task Store_IsAskedForAll_AndMayGiveATokenForOne()
    {
        Helper("store", "read key; [ \"$key\" = https://index.docker.io/v1/ ] && printf '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'");
        Assert.That(await Config("""{"credsStore":"store"}""").FindAsync("docker.io", default), Is.EqualTo(new Credential("", "", "refresh")));
    }

    [TestCase("echo 'credentials not found in native keychain'; exit 1")]
    [TestCase("exec <&-; echo 'credentials not found in native keychain'; exit 1")]
    public async Task Helper_ThatKnowsNothing_IsNobody(string script)
    {
        Helper("none", script);
        for (int i = 0; i < 5; i++)
            Assert.That(await Config("""{"credsStore":"none"}""").FindAsync("r.example", default), Is.Null);
    }

    [TestCase("echo locked; exit 3", "exit code 3: locked")]
    [TestCase("echo gone >&2; exit 1", "exit code 1: gone")]
    [TestCase("echo '{'", "docker-credential-bad")]
    [TestCase("kill -9 $$", "exit code")]
    public void Helper_ThatFails_IsAnError(string script, string words)
    {
        Helper("bad", script);
        ImageException e = Assert.ThrowsAsync<ImageException>(() => Config("""{"credsStore":"bad"}""").FindAsync("r.example", default))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Unauthorized, e.Message)));
        Assert.That(e.Message, Does.Contain(words));
    }

    [Test]
    public void Helper_ThatDoesNotEnd_IsEnded()
    {
        Helper("slow", $"echo $$ > {folder}/pid; exec sleep 1000");
        ImageException e = Assert.ThrowsAsync<ImageException>(() => Config("""{"credsStore":"slow"}""", TimeSpan.FromMilliseconds(500)).FindAsync("r.example", default))!;
        Assert.That(e.Message, Does.Contain("no answer"));
        Assert.That(Host.Eventually(() => !Host.IsAlive(int.Parse(File.ReadAllText(folder + "/pid")))));
    }

    [Test]
    public void Helper_ThatIsMissing_IsAnError_AndTheFilesOwnCredentialIsNotTaken()
    {
        ImageException e = Assert.ThrowsAsync<ImageException>(() => Config("""{"credHelpers":{"r.example":"missing"},"auths":{"r.example":{"auth":"eDp5"}}}""").FindAsync("r.example", default))!;
        Assert.That((e.Kind, e.Message), Is.EqualTo((ImageErrorKind.Unauthorized, "docker-credential-missing, which config.json names for r.example, is in no folder of PATH")));
    }

    [Test]
    public void Helper_InTheWorkingFolder_IsNoneOfOurs()
    {
        // Not a place that anything is run from: a build's folder may be anybody's.
        string name = $"t{Guid.NewGuid():N}", planted = Path.Combine(Environment.CurrentDirectory, $"docker-credential-{name}");
        File.WriteAllText(planted, "#!/bin/sh\necho '{\"Username\":\"planted\",\"Secret\":\"x\"}'\n");
        File.SetUnixFileMode(planted, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.ThrowsAsync<ImageException>(() => Config($$"""{"credsStore":"{{name}}"}""").FindAsync("r.example", default));
            Assert.ThrowsAsync<ImageException>(() => new DockerConfig(folder + "/config.json") { SearchPath = ":.:" }.FindAsync("r.example", default));
        }
        finally
        {
            File.Delete(planted);
        }
    }

    [TestCase("../evil")]
    [TestCase("/bin/evil")]
    [TestCase("a\\u0000b")]
    public void Helper_ThatIsAPath_IsRefused(string name) =>
        Assert.That(Assert.ThrowsAsync<ImageException>(() => Config($$"""{"credsStore":"{{name}}"}""").FindAsync("r.example", default))!.Kind, Is.EqualTo(ImageErrorKind.Invalid));

    [Test]
    public void Credential_NeverSaysItsSecret() => Assert.That($"{new Credential("me", "word", "token")} {new Credential("", "", "token")}", Is.EqualTo("me (token)"));

    [Test]
    public async Task ConfigThatIsALink_StaysOne()
    {
        string real = folder + "/dotfiles.json", link = folder + "/config.json";
        File.WriteAllText(real, "{}");
        File.CreateSymbolicLink(link, real);
        DockerConfig config = new(link);
        await config.SaveAsync("r.example", new Credential("me", "word"), default);
        Assert.That(new FileInfo(link).LinkTarget, Is.EqualTo(real));
        Assert.That(File.ReadAllText(real), Does.Contain("r.example"));
        Assert.That(await config.FindAsync("r.example", default), Is.EqualTo(new Credential("me", "word")));
    }

    [Test]
    public async Task HelperThatIsMissing_HasNothingToForget()
    {
        DockerConfig config = Config($$$$"""{"credsStore":"missing","auths":{"r.example":{"auth":"{{{{Base64("x:y")}}}}"}}}""");
        Assert.That(await config.EraseAsync("r.example", default), Is.True);
        Assert.That(await config.EraseAsync("r.example", default), Is.False);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private DockerConfig Config(string text, TimeSpan? timeout = null)
    {
        File.WriteAllText(folder + "/config.json", text);
        return new DockerConfig(folder + "/config.json") { SearchPath = $"/nowhere:{folder}", HelperTimeout = timeout ?? TimeSpan.FromSeconds(30) };
    }

    // By another program: a descriptor of ours for writing, in whatever another test starts just now, would keep it from being executed.
    private void Helper(string name, string script)
    {
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat > \"$0\"; chmod 755 \"$0\"", $"{folder}/docker-credential-{name}"]) { RedirectStandardInput = true })!;
        shell.StandardInput.Write($"#!/bin/sh\n{script}\n");
        shell.StandardInput.Close();
        shell.WaitForExit();
    }
}
