using System.Formats.Tar;
using System.Text.Json;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>Bundles that <c>vessel bundle</c> makes, lists and removes; <c>vrun</c> runs them.</summary>
public sealed class BundleTests : ImageTest
{
    [SetUp]
    public void ImportBusybox() => Import();

    [TearDown]
    public void UnmountBundles()
    {
        foreach (string bundle in Vessel("bundle", "ls", "-q").Lines.Where(l => l.Length > 0))
            Mounts.TryUnmount(bundle + "/rootfs", isLazy: true);
    }

    // A backslash is in the names that systemd gives to mounts; paths above 255 bytes are too long for an option of a
    // mount.
    [TestCase(@"dev-disk\x2dby", false)]
    [TestCase("a:b,c d'e", false)]
    [TestCase("long", true)]
    public void DirectoryOfAnyName_BecomesABundle_ThatTheNextStepRuns(string name, bool isLong)
    {
        string bundle = $"{Box.Folder}/{name}{(isLong ? $"{new string('x', 200)}/{new string('y', 100)}" : "")}";
        Outcome made = Vessel("bundle", "busy", bundle, "echo", "it runs").Succeeded();
        Assert.That(made.Error, Is.Empty);
        Assert.That(made.Lines[0], Does.StartWith("run it by:     vrun run --bundle "));
        Assert.That(made.Lines[1], Does.StartWith("remove it by:  vessel bundle rm "));
        string[] next = made.Lines[0]["run it by:     ".Length..].Split(' ', 2);
        string runtime = $"{Host.ProjectFolder}/out/bin/vrun --root {Box.Folder}/state";
        Assert.That(new Launch("/bin/sh", "-c", $"{runtime} {next[1]}").Start().Wait().Succeeded().Output, Is.EqualTo("it runs\n"));
        Assert.That(Directory.Exists(bundle + "/changes/upper"), "it is an overlay");
        Vessel("bundle", "rm", bundle).Succeeded();
    }

    [Test]
    public void DataRootThatIsLong_TakesImagesOfErofs()
    {
        DataRoot = $"{Box.Folder}/{new string('x', 200)}/{new string('y', 100)}";
        Import("--storage-driver", "erofs");
        Vessel("bundle", "busy", Box.Folder + "/b", "echo", "it runs").Succeeded();
        Assert.That(Stored("layers").Select(Path.GetFileName), Does.Contain("layer.erofs"));
        Assert.That(Call("run", "-b", Box.Folder + "/b", Box.Name + "l").Succeeded().Output, Is.EqualTo("it runs\n"));
        Vessel("bundle", "rm", Box.Folder + "/b").Succeeded();
    }

    [Test]
    public void Options_AreWhatTheContainerHas()
    {
        string bundle = Box.Folder + "/b";
        Vessel("bundle", "-e", "A=1", "busy", bundle, "-t", "--env=B=2 3", "-e", "NOT_SET_HERE", "-e", "PATH", "sh", "-c", "echo $A $B $TERM").Succeeded();
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(bundle + "/config.json"));
        JsonElement process = config.RootElement.GetProperty("process");
        Assert.That(process.GetProperty("terminal").GetBoolean());
        Assert.That(process.GetProperty("args").EnumerateArray().Select(a => a.GetString()), Is.EqualTo(new[] { "sh", "-c", "echo $A $B $TERM" }));
        string?[] variables = [.. process.GetProperty("env").EnumerateArray().Select(v => v.GetString())];
        Assert.That(variables, Does.Contain("A=1").And.Contain("B=2 3").And.Contain("TERM=xterm").And.Contain($"PATH={Box.Folder}/bin:/usr/bin:/bin"));
        Assert.That(variables, Has.None.StartWith("NOT_SET_HERE"));
        using Pty pty = new();
        Launch run = new($"{Host.ProjectFolder}/out/bin/vrun", "--root", Box.Folder + "/state", "run", "-b", bundle, Box.Name + "t") { Terminal = pty.Slave };
        using RunningProgram running = run.Start();
        Assert.That(pty.WaitFor("1 2 3 xterm"), pty.Seen);
        running.Wait();
    }

    [Test]
    public void Bundles_AreListedAndRemoved_AndCounted()
    {
        string overlay = Box.Folder + "/overlay", copy = Box.Folder + "/copy";
        Vessel("bundle", "busy", overlay, "sh", "-c", "dd if=/dev/zero of=/big bs=1000 count=3 2>/dev/null").Succeeded();
        Vessel("bundle", "--copy", "busy", copy).Succeeded();
        Call("run", "-b", overlay, Box.Name + "d").Succeeded();
        Assert.That(Vessel("bundle", "ls", "-q").Lines, Is.EqualTo(new[] { copy, overlay }));
        Assert.That(Vessel("bundle", "list", "--format", "{{.Directory}} {{.Image}} {{.Status}} {{.Size}}").Lines[1], Is.EqualTo($"{overlay} busy:latest mounted 3kB"));
        Assert.That(Vessel("bundle", "ls").Output, Does.StartWith("DIRECTORY ").And.Contain($"{copy} "));
        string layers = Vessel("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}} {{.Reclaimable}}").Output;
        Assert.That(layers, Is.EqualTo("Images 1 1 0B\nBundles 2 2 0B\n"));
        Assert.That(Vessel("system", "df", "-v").Output, Does.Contain("\nBundles space usage:\n\nDIRECTORY ").And.Contain(overlay));
        // What only the bundle holds now is counted with it.
        Vessel("rmi", "busy").Succeeded();
        Assert.That(Vessel("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Size}}").Lines[0], Is.EqualTo("Images 0 0B"));
        Assert.That(Vessel("bundle", "rm", overlay, copy + "/").Succeeded().Lines, Is.EqualTo(new[] { overlay, copy + "/" }));
        Assert.That(Directory.Exists(overlay) || Directory.Exists(copy), Is.False);
        Assert.That(Host.MountsOf("self").Select(m => m.Point), Has.None.StartWith(overlay));
        Assert.That(Vessel("bundle", "ls", "-q").Output, Is.Empty);
        Vessel("image", "prune", "-f").Succeeded();
        Assert.That(Stored("layers").Concat(Stored("bundles")), Is.Empty);
    }

    [TestCase(true), TestCase(false)]
    public void BundleOfARunningContainer_IsRemovedByForceOnly(bool isCopy)
    {
        string bundle = Box.Folder + "/b", id = Box.Name + "r";
        Vessel([.. "bundle".Split(' '), .. isCopy ? (string[])["--copy"] : [], "busy", bundle, "sleep", "100"]).Succeeded();
        Call("run", "-d", "-b", bundle, id).Succeeded();
        Outcome refused = Vessel("bundle", "rm", bundle);
        Assert.That(refused.ExitCode, Is.EqualTo(1));
        Assert.That(refused.Error, Does.StartWith($"vessel: bundle {bundle} is in use by a container (process "));
        Assert.That(File.Exists(bundle + "/config.json"));
        Call("delete", "-f", id).Succeeded();
        Vessel("bundle", "rm", bundle).Succeeded();
    }

    [Test]
    public void DirectoryThatIsNoBundle_IsNotRemoved()
    {
        string mine = Directory.CreateDirectory(Box.Folder + "/mine/rootfs").Parent!.FullName;
        Assert.That(Vessel("bundle", "rm", "").Error, Is.EqualTo("vessel: a bundle is a folder, and its path is empty\n"));
        Assert.That(Vessel("bundle", "rm", "-f", mine).Error, Is.EqualTo($"vessel: {mine} is not a bundle of {DataRoot}; `vessel bundle ls` lists them\n"));
        Assert.That(Directory.Exists(mine + "/rootfs"));
        Assert.That(Vessel("bundle", "--help").Output, Does.Contain("\nCommands:\n  ls ").And.Contain("\n  rm "));
    }

    private void Import(params string[] options)
    {
        using MemoryStream tar = new();
        TarFile.CreateFromDirectory(Path.Combine(Host.ProjectFolder, "out/fixtures/busybox/rootfs"), tar, includeBaseDirectory: false);
        VesselWith(tar.ToArray(), [.. options, "import", "-", "busy"]).Succeeded();
    }
}
