using System.Diagnostics;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>What people and their scripts are used to from docker, and what must not happen to their files.</summary>
public sealed class HabitTests : ImageTest
{
    [SetUp]
    public void PullTour()
    {
        Registry.Make("library/tour:v1");
        Vessel("pull", "-q", "tour:v1").Succeeded();
    }

    [Test]
    public void Save_ReplacesNoDevice_NoLink_NoPipe_AndNobodyElseReadsIt()
    {
        string device = Box.Folder + "/null", link = Box.Folder + "/link", pipe = Box.Folder + "/pipe", file = Box.Folder + "/file";
        Check.Ok(Files.TryMakeNode(null, device, 0x2000 | 0x1b6, 0x103), "mknod", device);
        File.CreateSymbolicLink(link, file);
        new Launch("/usr/bin/mkfifo", pipe).Start().Wait().Succeeded();
        foreach ((string path, string what) in new[] { (device, "character device file"), (link, "symbolic link"), (pipe, "named pipe file"), (Box.Folder, "directory") })
            Assert.That(Vessel("save", "-o", path, "tour:v1").Error, Does.Contain($"failed to save image: cannot write to a {what}"), path);
        Assert.That(Tree.Line(Box.Folder, "null"), Does.StartWith("null character 1:3"));
        Assert.That(Tree.Line(Box.Folder, "link") + Tree.Line(Box.Folder, "pipe"), Does.StartWith("link link→").And.Contain("pipe fifo"));
        Assert.That(Vessel("save", "-o", "/nodir/x", "tour:v1").Error, Does.Contain("directory \"/nodir\" does not exist"));
        Vessel("save", "-o", file, "tour:v1").Succeeded();
        Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void Save_OfARepository_IsAllItsTags_OfADigestNone()
    {
        Vessel("tag", "tour:v1", "mine:a").Succeeded();
        Vessel("tag", "tour:v1", "mine:b").Succeeded();
        string digest = Vessel("image", "inspect", "-f", "{{index .RepoDigests 0}}", "tour:v1").Text, file = Box.Folder + "/saved.tar";
        Vessel("save", "-o", file, "mine").Succeeded();
        Assert.That(Vessel("load", "-q", "-i", file).Output, Is.EqualTo("Loaded image: mine:a\nLoaded image: mine:b\n"));
        Vessel("save", "-o", file, digest).Succeeded();
        Assert.That(Vessel("load", "-i", file).Output, Does.StartWith("Loaded image ID: sha256:"));
    }

    [TestCase("xz", "xz-utils"), TestCase("bzip2", "bzip2")]
    public void Load_TakesWhatPeoplePack(string program, string package)
    {
        string file = Box.Folder + "/saved.tar";
        Vessel("save", "-o", file, "tour:v1").Succeeded();
        new Launch(Require.Program(program, package), file).Start().Wait().Succeeded();
        Assert.That(Vessel("load", "-i", file + (program == "xz" ? ".xz" : ".bz2")).Output, Is.EqualTo("Loaded image: tour:v1\n"));
    }

    [Test]
    public void ProgramsOfTheWorkingFolder_AreNotRun()
    {
        string trap = Box.Folder + "/trap";
        Directory.CreateDirectory(trap);
        foreach (string program in new[] { "xz", "bzip2" })
            new Launch("/bin/sh", "-c", $"printf '#!/bin/sh\\ntouch {trap}/sprung\\ncat\\n' > {trap}/{program}; chmod 755 {trap}/{program}; printf 'x' | /usr/bin/{program} > {trap}/{program}.packed").Start().Wait().Succeeded();
        foreach (string program in new[] { "xz", "bzip2" })
            new Launch("/bin/sh", "-c", $"cd {trap} && {Host.ProjectFolder}/out/bin/vessel --data-root {DataRoot} import {program}.packed").Start().Wait();
        Assert.That(File.Exists(trap + "/sprung"), Is.False);
    }

    [Test]
    public void MembersThatSayNothing_AreThereForTemplates()
    {
        const string Format = "{{.Config.ExposedPorts}}|{{if .Config.Healthcheck}}x{{end}}|{{.Config.StopSignal}}|{{json .Config.Shell}}|{{.Config.OnBuild}}|{{.Config.Volumes}}|{{.Config.Labels.none}}|{{.Variant}}";
        Assert.That(Vessel("inspect", "-f", Format, "tour:v1").Output, Is.EqualTo("map[]|||null|[]|map[]|<no value>|\n"));
        Assert.That(Vessel("image", "inspect", "-f", "{{printf \"%.12s|%-4d|%04d|%x\" .Id 5 7 \"ab\"}}|{{slice .Os 0 3}}|{{print 1 2}}", "tour:v1").Text, Does.Match("^sha256:[0-9a-f]{5}\\|5   \\|0007\\|6162\\|lin\\|1 2$"));
        Assert.That(Vessel("image", "inspect", "-f", "{{.Config.Nonsense}}", "tour:v1").ExitCode, Is.EqualTo(1));
        Assert.That(Vessel("inspect", "nobody").Error, Is.EqualTo("vessel: No such object: nobody\n"));
        Assert.That(Vessel("version", "--format", "{{.Server.Version}}").Text, Is.Not.Empty.And.EqualTo(Vessel("version", "-f", "{{.Client.Version}}").Text));
    }

    [Test]
    public void Import_TakesLinesOfADockerfile()
    {
        string tar = Box.Folder + "/root.tar";
        File.WriteAllBytes(tar, new TarBuilder().File("f").End());
        string id = Vessel("import", "--platform", "", "-c", "# of mine\nENV A=1\nENV B=2\\\n3", "-c", "EXPOSE 8000-8002 53/udp", tar).Text;
        Assert.That(Vessel("inspect", "-f", "{{json .Config.Env}} {{range $p, $x := .Config.ExposedPorts}}{{$p}} {{end}}", id).Text, Is.EqualTo("[\"A=1\",\"B=23\"] 53/udp 8000/tcp 8001/tcp 8002/tcp"));
        Assert.That(Vessel("import", "-c", "EXPOSE 9-3", tar).Error, Does.Contain("invalid containerPort: 9-3"));
    }

    [Test]
    public void Names_MayBePatterns_AndNeverDigestsAlgorithms()
    {
        Vessel("tag", "tour:v1", "mine/tour:v2").Succeeded();
        Assert.That(Vessel("images", "--format", "{{.Repository}}", "t*").Text, Is.EqualTo("tour"));
        Assert.That(Vessel("images", "--format", "{{.Repository}}", "*/*").Text, Is.EqualTo("mine/tour"));
        Assert.That(Vessel("tag", "tour:v1", "sha256:1").Error, Does.Contain("ambiguous tag using digest algorithm as name"));
    }

    [Test]
    public void FullOutput_AndFoldersForFiles_AreToldInALine()
    {
        foreach (string command in new[] { "images", "version", "save tour:v1", "--help" })
        {
            Outcome outcome = new Launch("/bin/sh", "-c", $"{Host.ProjectFolder}/out/bin/vessel --data-root {DataRoot} {command} > /dev/full").Start().Wait();
            Assert.That(outcome.ExitCode, Is.EqualTo(1), command);
            Assert.That(outcome.Error, Does.Contain("no space left on device (ENOSPC)").And.Not.Contain("internal error"), command);
        }
        Assert.That(new Launch("/bin/sh", "-c", $"{Host.ProjectFolder}/out/bin/vessel nonsense 2> /dev/full").Start().Wait().ExitCode, Is.EqualTo(1));
        Assert.That(Vessel("load", "-i", Box.Folder).Error, Does.Contain("is a directory"));
        Assert.That(Vessel("import", "").Error, Does.Contain("no such file or directory"));
        Assert.That(Vessel("help", "pull").Output, Is.EqualTo(Vessel("pull", "--help").Output));
        Assert.That(Vessel("help", "nonsense").ExitCode, Is.EqualTo(1));
    }

    // On a terminal, where .NET's console would put it into a mode of its own.
    [Test]
    public void Terminal_IsLeftAsItWas()
    {
        foreach (string command in new[] { "images -q", "--version", "nonsense", "images -q 2>/dev/null", "images -q > /dev/null" })
        {
            // Without a terminal's name nobody would write codes.
            string seen = new Launch("/usr/bin/env", "TERM=xterm", Require.Program("script", "bsdutils"), "-qec", $"{Host.ProjectFolder}/out/bin/vessel --data-root {DataRoot} {command}", "/dev/null").Start().Wait().Output;
            Assert.That(seen, Does.Not.Contain("\u001b"), command);
            Assert.That(seen.Length > 0, Is.EqualTo(!command.Contains("> /dev/null")), command);
        }
    }

    [Test]
    public void OutputThatNobodyReads_EndsTheCommand_AsItEndsOthers()
    {
        foreach (string command in new[] { "save tour:v1 | head -c 100 > /dev/null", "image inspect tour:v1 | true", "--help | true" })
        {
            Outcome outcome = new Launch("/bin/bash", "-c", $"(sleep 0.3; {Host.ProjectFolder}/out/bin/vessel --data-root {DataRoot} {command.Replace("|", "; echo $? >&2) |", StringComparison.Ordinal)}").Start().Wait();
            Assert.That(outcome.Error, Is.EqualTo("141\n"), command);
        }
    }

    [TestCase("image prune"), TestCase("load"), TestCase("import -"), TestCase("login -u me --password-stdin 127.0.0.1:1")]
    public void Signals_EndWhoWaitsForInput(string command)
    {
        // Not an interrupt, which is treated alike: whoever runs tests in the background may ignore it for all of them.
        // The input stays open and empty.
        using Process waiting = Process.Start(new ProcessStartInfo(Host.ProjectFolder + "/out/bin/vessel", ["--data-root", DataRoot, .. command.Split(' ')]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Assert.That(Host.Eventually(() => Waits(waiting).Any(w => w.Contains("pipe", StringComparison.Ordinal))));
        new Launch("/bin/kill", "-TERM", $"{waiting.Id}").Start().Wait().Succeeded();
        Assert.That(waiting.WaitForExit(10_000));
        Assert.That(waiting.ExitCode, Is.EqualTo(143));
    }

    // Where in the kernel its threads are.
    private static IEnumerable<string> Waits(Process process) => Directory.GetDirectories($"/proc/{process.Id}/task").Select(t => File.ReadAllText(t + "/wchan"));
}
