using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.Clients;

/// <summary>The command line as docker's: options, messages, exit codes, filters, formats.</summary>
public sealed class CommandLineTests : ImageTest
{
    [TestCase("images --foo", 125, "vessel: unknown flag: --foo\n\nUsage:  vessel images [OPTIONS] [REPOSITORY[:TAG]]\n\nRun 'vessel images --help' for more information\n")]
    [TestCase("images -aqz", 125, "unknown shorthand flag: 'z' in -aqz")]
    [TestCase("images --format", 125, "flag needs an argument: --format")]
    [TestCase("save -o", 125, "flag needs an argument: 'o' in -o")]
    [TestCase("images --quiet=maybe", 125, "invalid argument \"maybe\" for \"--quiet\" flag: expected true or false")]
    [TestCase("pull", 1, "vessel: 'vessel pull' requires 1 argument\n\nUsage:  vessel pull [OPTIONS] NAME[:TAG|@DIGEST]")]
    [TestCase("rmi", 1, "vessel: 'vessel rmi' requires at least 1 argument")]
    [TestCase("tag one", 1, "requires 2 arguments")]
    [TestCase("nope", 1, "vessel: unknown command: vessel nope\n\nUsage:  vessel [OPTIONS] COMMAND [ARG...]\n\nRun 'vessel --help' for more information\n")]
    [TestCase("image nope", 1, "vessel: unknown command: vessel image nope\n\nUsage:  vessel image COMMAND\n\nRun 'vessel image --help' for more information\n")]
    [TestCase("pul", 1, "vessel: unknown command: vessel pul (did you mean \"pull\"?)\n\nUsage:  vessel [OPTIONS] COMMAND [ARG...]\n")]
    [TestCase("image sl", 1, "vessel: unknown command: vessel image sl\n\nUsage:  vessel image COMMAND\n")]
    [TestCase("image hsitory", 1, "vessel: unknown command: vessel image hsitory (did you mean \"history\"?)\n")]
    [TestCase("help imags", 1, "vessel: unknown help topic: imags (did you mean \"images\"?)\n\nUsage:  vessel [OPTIONS] COMMAND [ARG...]\n")]
    [TestCase("images --quite", 125, "vessel: unknown flag: --quite (did you mean \"quiet\"?)\n\nUsage:  vessel images")]
    [TestCase("--log-level loud images", 125, "vessel: invalid log level \"loud\": it is debug, info, warn, error or fatal\n")]
    [TestCase("bundle -e =x i d", 125, "vessel: invalid environment variable: =x\n")]
    [TestCase("bundle rm /no/where", 1, "vessel: /no/where is not a bundle of ")]
    [TestCase("pull UPPER", 1, "vessel: invalid reference format: repository name (library/UPPER) must be lowercase\n")]
    [TestCase("pull -a x:y", 1, "tag can't be used with --all-tags/-a\n")]
    [TestCase("pull --disable-content-trust=false x", 1, "signatures of images are not looked at")]
    [TestCase("load -i /no/where", 1, "vessel: open /no/where: no such file or directory (ENOENT)\n")]
    [TestCase("--data-root= images", 125, "vessel: --data-root is empty\n")]
    [TestCase("rmi nope", 1, "vessel: No such image: nope:latest\n")]
    [TestCase("images --filter nope=1", 1, "invalid filter 'nope'")]
    [TestCase("images --filter nope", 125, "invalid argument \"nope\" for \"--filter\" flag: expected name=value\n\nUsage:  vessel images")]
    [TestCase("images [", 1, "syntax error in pattern")]
    [TestCase("images --filter dangling=maybe", 1, "invalid filter 'dangling=[maybe]'")]
    [TestCase("image prune --filter before=x", 1, "invalid filter 'before'")]
    [TestCase("images --format {{.Nope", 1, "template parsing error: template: :1: unclosed action\n")]
    public void Mistake_IsToldAsDockerTellsIt(string arguments, int code, string error)
    {
        Outcome outcome = Vessel(arguments.Split(' '));
        Assert.Multiple(() =>
        {
            Assert.That(outcome.ExitCode, Is.EqualTo(code));
            Assert.That(outcome.Error, Does.Contain(error));
            Assert.That(outcome.Output, Is.Empty);
        });
    }

    [TestCase("--help", "Usage:  vessel [OPTIONS] COMMAND")]
    [TestCase("image", "Usage:  vessel image COMMAND")]
    [TestCase("pull --help", "Usage:  vessel pull [OPTIONS] NAME[:TAG|@DIGEST]\n\nDownload an image from a registry\n\nAliases:\n  vessel image pull, vessel pull\n")]
    [TestCase("images -h", "-q, --quiet")]
    public void Help_IsOnStandardOutput(string arguments, string text)
    {
        Outcome help = Vessel(arguments.Split(' '));
        Assert.That(help.ExitCode, Is.Zero);
        Assert.That(help.Output, Does.Contain(text));
    }

    [Test]
    public void Info_SaysWhatIsThere()
    {
        Load("mine:v1");
        string info = Vessel("info").Succeeded().Output;
        Assert.That(info, Does.Contain("\n Images: 1\n").And.Contain($"\n Docker Root Dir: {DataRoot}\n").And.Contain($"\n Kernel Version: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}\n"));
        Assert.That(info, Does.Match(@"\n Storage Driver: (erofs|overlay2)\n  Backing Filesystem: [a-z0-9]+\n Cgroup Driver: [a-z]+\n Cgroup Version: [012]\n Runtimes: vrun\n").And.Contain("\n  127.0.0.0/8\n"));
        Assert.That(Vessel("--storage-driver", "overlay2", "system", "info", "-f", "{{.Driver}} {{.NCPU}} {{.OSType}}").Text, Is.EqualTo($"overlay2 {Environment.ProcessorCount} linux"));
        Assert.That(Vessel("info", "--format", "json").Output, Does.StartWith("{\"Images\":1,\"Driver\":"));
    }

    [TestCase("{{.Repository}}:{{.Tag}} {{.Size}}", "mine:v1 5B")]
    [TestCase("{{json .Tag}} {{upper .Repository}} {{len .Tag}}", "\"v1\" MINE 2")]
    [TestCase("{{if eq .Tag \"v1\"}}yes{{else}}no{{end}}{{/* nothing */}}", "yes")]
    [TestCase("{{.Repository | printf \"%-8s|\"}}", "mine    |")]
    [TestCase("{{- .Tag -}} ", "v1")]
    [TestCase("table {{.Repository}}\\t{{.Tag}}", "REPOSITORY   TAG\nmine         v1")]
    public void Images_Format_IsGosTemplate(string format, string expected)
    {
        Load("mine:v1");
        Assert.That(Vessel("images", "--format", format).Text, Is.EqualTo(expected));
    }

    [TestCase("{{.Config.WorkingDir}} {{index .Config.Env 1}}", "/srv B=2")]
    [TestCase("{{range $i, $e := .Config.Env}}{{$i}}={{$e}};{{end}}", "0=A=1;1=B=2;")]
    [TestCase("{{join .Config.Cmd \" \"}} {{.Config.Labels.colour}}", "sh -c true blue")]
    [TestCase("{{json .Config.ExposedPorts}} {{.Config.Cmd}}", "{\"80/tcp\":{}} [sh -c true]")]
    [TestCase("{{with .Config.StopSignal}}{{.}}{{end}} {{index (split .Os \"i\") 0}}", "SIGINT l")]
    [TestCase("{{with $c := .Config}}{{$c.WorkingDir}}{{end}} {{if $t := .RepoTags}}{{len $t}}{{end}}", "/srv 1")]
    [TestCase("{{$n := 0}}{{range .RepoTags}}{{$n = len .}}{{end}}{{$n}}", "7")]
    [TestCase("{{or .Os .Nope}} {{if and false .Nope}}{{end}}{{and true (or false 3)}} {{not (and 1 0)}}", "linux 3 true")]
    [TestCase("{{json 1.0}} {{printf \"%6.2f|%#x|% d|%U\" 3.14159 255 6 233}} {{0x10}} {{'x'}} {{1e21}} {{-2.5}}", "1   3.14|0xff| 6|U+00E9 16 120 1e+21 -2.5")]
    [TestCase("{{index \"abc\" 1}} {{with .Config.User}}x{{else with .Os}}{{.}}{{else}}y{{end}} {{.GraphDriver.Data.Nope}}|{{.OsVersion}}|{{.VirtualSize}}", "98 linux <no value>||0")]
    [TestCase("{{eq .Os 1}}", "")]
    public void Inspect_Format_ReachesEverything(string format, string expected)
    {
        Load("mine:v1");
        Outcome inspect = Vessel("image", "inspect", "--format", format, "mine:v1");
        Assert.That(inspect.Text, Is.EqualTo(expected));
        // Nothing is printed of what fails, and it is said where.
        Assert.That(inspect.ExitCode, Is.EqualTo(expected.Length > 0 ? 0 : 1));
        Assert.That(inspect.Error, expected.Length > 0 ? Is.Empty : Does.StartWith("vessel: template parsing error: template: :1:"));
    }

    [Test]
    public void Inspect_OfSeveral_ShowsThoseThatAreThere()
    {
        Load("mine:v1");
        Outcome inspect = Vessel("image", "inspect", "nope", "mine:v1");
        Assert.That(inspect.ExitCode, Is.EqualTo(1));
        Assert.That(inspect.Error, Is.EqualTo("vessel: No such image: nope:latest\n"));
        Assert.That(inspect.Output, Does.StartWith("[\n    {\n        \"Id\": \"sha256:").And.EndWith("    }\n]\n"));
    }

    [TestCase("label=colour", "mine")]
    [TestCase("label=colour=red", "")]
    [TestCase("dangling=true", "")]
    [TestCase("dangling=false", "mine")]
    [TestCase("reference=m*:v1", "mine")]
    [TestCase("reference=[l-n]in?:v[0-9]", "mine")]
    [TestCase("reference=m[^i]ne", "")]
    [TestCase("reference=m\\ine", "mine")]
    [TestCase("reference=m*/x", "")]
    [TestCase("until=1h", "mine")]
    [TestCase("until=2020-01-01", "")]
    [TestCase("", "mine")]
    public void Images_Filter(string filter, string expected)
    {
        Load("mine:v1");
        Assert.That(Vessel("images", "--filter", filter, "--format", "{{.Repository}}").Text, Is.EqualTo(expected));
    }

    [Test]
    public void Image_WithoutAName_IsShownAndPruned()
    {
        Load("mine:v1");
        string id = Vessel("images", "-q").Text;
        Assert.That(Vessel("tag", id, "other:v2").ExitCode, Is.Zero);
        Outcome refused = Vessel("rmi", id);
        Assert.That(refused.Error, Is.EqualTo($"vessel: conflict: unable to delete {id} (must be forced) - image is referenced in multiple repositories\n"));
        Load("mine:v1", "sh -c false");
        Vessel("tag", "mine:v1", "other:v2").Succeeded();
        Assert.That(Vessel("images", "--filter", "dangling=true", "--format", "{{.Repository}} {{.ID}}").Text, Is.EqualTo($"<none> {id}"));
        Assert.That(Vessel("image", "prune", "-f").Output, Does.Contain($"deleted: sha256:{id}"));
        Assert.That(Vessel("images", "--format", "{{.Repository}}").Lines, Is.EquivalentTo(new[] { "mine", "other" }));
    }

    [Test]
    public void Images_ByIdAlone_OrWithDigests_InTables()
    {
        Load("mine:v1");
        string id = Vessel("images", "-q").Text;
        Assert.That(Vessel("images", "-q", "--format", "table").Text, Is.EqualTo(id));
        Assert.That(Vessel("images", "-q", "--format", "{{.Tag}}").Text, Is.EqualTo("v1"));
        Assert.That(Vessel("images", "--digests", "--format", "table {{.Tag}}").Text, Is.EqualTo("TAG       DIGEST\nv1        <none>"));
    }

    [Test]
    public void Remove_ById_OfSeveralTags_NeedsForce()
    {
        Load("mine:v1");
        Vessel("tag", "mine:v1", "mine:v2").Succeeded();
        string id = Vessel("images", "-q", "mine:v1").Text;
        Assert.That(Vessel("rmi", id).Error, Does.Contain($"unable to delete {id} (must be forced)"));
        Assert.That(Vessel("rmi", "-f", id).Succeeded().Output, Does.StartWith("Untagged: mine:v1\nUntagged: mine:v2\nDeleted: "));
    }

    [Test]
    public void Prune_ByLabel_AndOfAll()
    {
        Load("mine:v1");
        Assert.That(Vessel("image", "prune", "-af", "--filter", "label!=colour").Output, Is.EqualTo("Total reclaimed space: 0B\n"));
        Assert.That(Vessel("image", "prune", "-f", "--filter", "dangling=false", "--filter", "label!=shape").Output, Does.StartWith("Deleted Images:\nuntagged: mine:v1\ndeleted: sha256:"));
        Assert.That(Vessel("images", "-q").Output, Is.Empty);
    }

    [Test]
    public void DiskUsage_SaysWhatImagesShare()
    {
        Load("mine:v1");
        Load("yours:v1", "sh -c false");
        string table = Vessel("system", "df", "-v").Output;
        Assert.That(table, Does.StartWith("Images space usage:\n\nREPOSITORY   TAG       IMAGE ID       CREATED       SIZE      SHARED SIZE   UNIQUE SIZE   CONTAINERS\n"));
        Assert.That(Vessel("system", "df", "-v", "--format", "{{range .Images}}{{.Repository}} {{.Size}} {{.SharedSize}} {{.UniqueSize}} {{.Containers}};{{end}}").Text.Split(';'), Is.EquivalentTo(new[] { "mine 5B 5B 0B 0", "yours 5B 5B 0B 0", "" }));
        Vessel("rmi", "--no-prune", "yours:v1").Succeeded();
        Assert.That(Vessel("system", "df", "-v", "--format", "{{range .Images}}{{.SharedSize}} {{.UniqueSize}}{{end}}").Text, Is.EqualTo("0B 5B"));
    }

    [Test]
    public void History_HasTimesAsDockerWritesThem()
    {
        Load("mine:v1");
        Assert.That(Vessel("history", "--format", "{{.CreatedAt}}", "mine:v1").Text, Is.EqualTo("2021-02-03T04:05:06Z"));
        Assert.That(Vessel("history", "-H=false", "-q", "--format", "{{.CreatedSince}} {{.Size}}", "mine:v1").Text, Is.EqualTo("2021-02-03T04:05:06Z 5"));
        Assert.That(Vessel("history", "--human=false", "mine:v1").Output, Does.StartWith("IMAGE          CREATED AT "));
    }

    // An archive as docker writes it, of one layer with one file.
    private void Load(string name, string command = "sh -c true")
    {
        byte[] layer = Tar(("five", "bytes"u8.ToArray()));
        string config = $$$"""
            {"architecture": "amd64", "os": "linux", "created": "2021-02-03T04:05:06Z",
             "config": {"Env": ["A=1", "B=2"], "Cmd": ["{{{string.Join("\", \"", command.Split(' '))}}}"], "WorkingDir": "/srv", "StopSignal": "SIGINT",
                        "Labels": {"colour": "blue"}, "ExposedPorts": {"80/tcp": {}} },
             "history": [{"created": "2021-02-03T04:05:06Z", "created_by": "COPY five /"}],
             "rootfs": {"type": "layers", "diff_ids": ["sha256:{{{Convert.ToHexStringLower(SHA256.HashData(layer))}}}"]}}
            """;
        string manifest = $$"""[{"Config": "config.json", "RepoTags": ["{{name}}"], "Layers": ["layer.tar"]}]""";
        VesselWith(Tar(("config.json", Encoding.UTF8.GetBytes(config)), ("layer.tar", layer), ("manifest.json", Encoding.UTF8.GetBytes(manifest))), "load", "-q").Succeeded();
    }

    private static byte[] Tar(params (string Name, byte[] Data)[] files)
    {
        using MemoryStream stream = new();
        using (TarWriter tar = new(stream, TarEntryFormat.Pax, leaveOpen: true))
            foreach ((string name, byte[] data) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data), ModificationTime = DateTimeOffset.UnixEpoch });
        return stream.ToArray();
    }
}
