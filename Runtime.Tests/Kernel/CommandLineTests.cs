using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The command line's forms: what engines and people type, and what a mistake is answered with. Where a container isn't there, the answer tells how it was read.</summary>
public sealed class CommandLineTests : KernelTest
{
    private const string Missing = "container does not exist";

    private static readonly string[] OfBundles = ["bundle", "console-socket", "pidfd-socket", "pid-file", "no-pivot", "no-new-keyring", "preserve-fds"];

    // Every command with all its options.
    private static readonly Dictionary<string, string[]> Commands = new()
    {
        ["create"] = OfBundles,
        ["delete"] = ["force"],
        ["events"] = ["interval", "stats"],
        ["exec"] =
        [
            "console-socket", "pidfd-socket", "cwd", "env", "tty", "user", "additional-gids", "process", "detach", "pid-file", "process-label", "apparmor",
            "no-new-privs", "cap", "preserve-fds", "cgroup", "ignore-paused",
        ],
        ["explain"] = ["bundle"],
        ["features"] = [],
        ["kill"] = ["all"],
        ["list"] = ["format", "quiet"],
        ["pause"] = [],
        ["ps"] = ["format"],
        ["resume"] = [],
        ["run"] = ["detach", "keep", "no-subreaper", .. OfBundles],
        ["spec"] = ["bundle", "rootless"],
        ["start"] = [],
        ["state"] = [],
        ["update"] =
        [
            "resources", "blkio-weight", "cpu-period", "cpu-quota", "cpu-burst", "cpu-share", "cpu-rt-period", "cpu-rt-runtime", "cpu-idle", "cpuset-cpus",
            "cpuset-mems", "memory", "memory-reservation", "memory-swap", "pids-limit",
        ],
    };

    private static IEnumerable<string> Names => Commands.Keys;

    private Outcome Usage(params string[] arguments)
    {
        // What is wrong with the form of the command line has a second line: how the command is called.
        Outcome call = Call(arguments).Failed();
        if (call.Error.Contains("\nusage: ", StringComparison.Ordinal))
            call.FailedWithUsage();
        else
            call.FailedInOneLine();
        Assert.That(call.ExitCode, Is.EqualTo(1), call.ToString());
        Assert.That(call.Output, Is.Empty, call.ToString());
        Assert.That(Directory.Exists(Box.StateRoot), Is.False, "it made its state root for a mistake");
        return call;
    }

    [Test, Category("Standard")]
    [TestCase("-b", "{0}")]
    [TestCase("-b={0}")]
    [TestCase("-bundle", "{0}")]
    [TestCase("--b={0}")]
    [TestCase("--bundle={0}")]
    [TestCase("--bundle", "{0}")]
    public void ValueOfAnOption_IsReadInEveryForm(params string[] form)
    {
        // The folder has no config.json: the answer names it, so the folder was understood.
        string folder = Directory.CreateDirectory(Box.Folder + "/empty").FullName;
        Call(["create", .. form.Select(f => string.Format(f, folder)), Box.Name + "a"]).Failed("config.json");
        AssertNothingLeft();
    }

    [Test]
    public void Options_AfterTheId_AreOptions()
    {
        string folder = Directory.CreateDirectory(Box.Folder + "/empty").FullName;
        Call("create", Box.Name + "a", "-b", folder).FailedInOneLine($"{folder}/config.json");
        Call("run", Box.Name + "a", "--bundle=" + folder, "--keep").FailedInOneLine($"{folder}/config.json");
        Call("delete", Box.Name + "a", "--force").Succeeded();
        Call("kill", Box.Name + "a", "KILL", "--all").FailedInOneLine(Missing);
        AssertNothingLeft();
    }

    [Test]
    public void Options_OfTheProgramOfExec_AreTheProgramsOwn()
    {
        Call("exec", Box.Name + "a", "ls", "--frobnicate", "-t").Failed(Missing);
        Call("exec", "-t", Box.Name + "a", "--", "ls", "-l").Failed(Missing);
    }

    [Test]
    public void TwoDashes_EndTheOptions()
    {
        Call("state", "--", Box.Name + "a").FailedInOneLine(Missing);
        Usage("list", "--", "-q");
    }

    [Test, Category("Standard")]
    public void ShortFlags_AreTakenInEveryForm()
    {
        foreach (string form in new[] { "-q", "--q", "-quiet", "--quiet", "-q=true", "--quiet=true", "--quiet=1" })
            Assert.That(Call("list", form).Succeeded().Output, Is.Empty, form);
        foreach (string form in new[] { "-q=false", "--quiet=false", "--quiet=0" })
            Assert.That(Call("list", form).Succeeded().Output, Does.StartWith("ID"), form);
    }

    [Test]
    public void ShortFlags_Together_OnlyWhereAllAreFlags()
    {
        Call("exec", "-td", Box.Name + "a", "true").Failed(Missing);
        Call("exec", "-dt", Box.Name + "a", "true").Failed(Missing);
        Assert.That(Call("list", "-qh").Succeeded().Output, Does.Contain("USAGE:"));
        Usage("list", "-qf", "json");
        Usage("list", "-fq", "json");
        Usage("exec", "-tx", Box.Name + "a", "true");
        Usage("list", "--qh");
    }

    // runc refuses two forms of one option.
    [Test]
    public void TheLastOfAnOptionGivenTwice_Counts()
    {
        Assert.That(Call("list", "-f", "table", "--format", "json").Succeeded().Text, Is.EqualTo("null"));
        Assert.That(Call("list", "-f", "json", "--format=table").Succeeded().Text, Does.StartWith("ID"));
    }

    [Test, TestCaseSource(nameof(Names))]
    public void UnknownOption_IsAnErrorOfEveryCommand(string command)
    {
        foreach (string option in new[] { "--frobnicate", "-frobnicate", "--frobnicate=1", "-Z" })
            Assert.That(Usage(command, option, "x").Error, Does.Contain(option.TrimStart('-').Split('=')[0]));
    }

    [Test]
    public void UnknownGlobalOption_IsAnError()
    {
        Assert.That(Usage("--frobnicate", "list").Error, Does.Contain("frobnicate"));
        Assert.That(Usage("-x").Error, Does.Contain("-x"));
    }

    private static IEnumerable<TestCaseData> OptionsWithAValue() =>
        from option in new[] { ("create", "bundle"), ("create", "-b"), ("run", "pid-file"), ("run", "console-socket"), ("exec", "cwd"), ("exec", "-e"), ("exec", "-u"), ("list", "format"), ("list", "-f"), ("events", "interval"), ("update", "memory"), ("update", "-r"), ("spec", "bundle") }
        select new TestCaseData(option.Item1, option.Item2.StartsWith('-') ? option.Item2 : "--" + option.Item2);

    [Test, TestCaseSource(nameof(OptionsWithAValue))]
    public void MissingValue_IsAnError(string command, string option) =>
        Assert.That(Usage(command, option).Error, Does.Contain("flag needs an argument: -" + option.TrimStart('-')));

    [Test]
    [TestCase("list", "--quiet=maybe")]
    [TestCase("list", "-q=2")]
    [TestCase("delete", "--force=yes!")]
    [TestCase("create", "--no-pivot=x")]
    public void BadBoolean_IsAnError(string command, string option) =>
        Assert.That(Usage(command, option, "x").Error, Does.Contain("invalid boolean value"));

    // What Go's parser takes for a boolean, engines may write.
    [Test, Category("Standard")]
    [TestCase("t", true)]
    [TestCase("T", true)]
    [TestCase("TRUE", true)]
    [TestCase("True", true)]
    [TestCase("f", false)]
    [TestCase("FALSE", false)]
    [TestCase("False", false)]
    public void Boolean_IsReadAsGoReadsIt(string value, bool quiet) =>
        Assert.That(Call("list", "--quiet=" + value).Succeeded().Output, quiet ? Is.Empty : Is.Not.Empty);

    [Test]
    [TestCase("update", "--cpu-share", "many")]
    [TestCase("update", "--cpu-share", "-5")]
    [TestCase("update", "--memory", "12x")]
    [TestCase("update", "--memory", "-2")]
    [TestCase("update", "--pids-limit", "1.5")]
    [TestCase("update", "--cpu-quota", "99999999999999999999")]
    [TestCase("create", "--preserve-fds", "x")]
    [TestCase("create", "--preserve-fds", "-1")]
    [TestCase("events", "--interval", "soon")]
    [TestCase("events", "--interval", "-1s")]
    [TestCase("exec", "--user", "nobody")]
    public void BadNumber_IsAnError(string command, string option, string value)
    {
        TestBundle bundle = Sleeper();
        if (command != "create")
            Start(bundle);
        else
            bundle.Save();
        string[] rest = command switch { "create" => ["-b", bundle.Folder, bundle.Id], "exec" => [bundle.Id, "true"], _ => [bundle.Id] };
        Outcome call = Call([command, option, value, .. rest]);
        call.FailedInOneLine();
        Assert.That(call.Error, Does.Contain(value).Or.Contain(option.TrimStart('-')), call.ToString());
        if (command != "create")
            Delete(bundle.Id);
        AssertNothingLeft();
    }

    [Test, TestCaseSource(nameof(Names))]
    public void Help_NamesEveryOption(string command)
    {
        foreach (string[] form in new[] { new[] { "help", command }, [command, "--help"], [command, "-h"] })
        {
            Outcome help = Call(form).Succeeded();
            Assert.That(help.Error, Is.Empty);
            Assert.That(help.Output, Does.StartWith("NAME:").And.Contain($"vrun {command} - ").And.EndWith("\n"));
            foreach (string option in Commands[command])
                Assert.That(help.Output, Does.Contain($"   --{option}"), string.Join(' ', form));
            IEnumerable<string> shown = help.Lines.Where(l => l.StartsWith("   --", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ', ',')[0][2..]);
            Assert.That(shown.Except(Commands[command]), Is.Empty, "an option that this test does not know");
        }
    }

    [Test, TestCaseSource(nameof(Names))]
    public void Help_ALineHasNoMoreThan(string command) =>
        Assert.That(Call("help", command).Succeeded().Lines.Where(l => l.Length > 240), Is.Empty);

    [Test]
    public void NoArguments_PrintHelp()
    {
        string overview = Call("--help").Succeeded().Output;
        Assert.That(new Launch(RuntimeUnderTest.Path) { Filter = OldKernelFilter.Wanted }.Start().Wait().Succeeded().Output, Is.EqualTo(overview));
        Assert.That(Call("help").Succeeded().Output, Is.EqualTo(overview));
        foreach (string command in Names)
            Assert.That(overview, Does.Contain($"\n   {command} "));
        foreach (string option in new[] { "root", "log", "log-format", "debug", "help", "version" })
            Assert.That(overview, Does.Contain($"\n   --{option}"));
    }

    [Test]
    public void Help_OfNoCommand_IsAnError() => Assert.That(Usage("help", "frobnicate").Error, Does.Contain("frobnicate"));

    [Test]
    public void Version_FirstLine() =>
        Assert.That(Call("--version").Succeeded().Lines[0], Does.Match(@"^vrun version \d+\.\d+\.\d+(-[a-z0-9.]+)?(\+\S+)?$"));

    [Test]
    public void WrongCount_IsAnErrorThatSaysWhatBelongsThere()
    {
        foreach (string command in Names.Except(["list", "features", "spec", "explain"]))
            Assert.That(Usage(command).Error, Does.Contain("argument"), command);
        foreach (string command in Names.Except(["exec", "ps"]))
            Assert.That(Usage(command, "a", "b", "c").Error, Does.Contain("argument"), command);
    }

    [Test]
    [TestCase("log-format", "xml")]
    public void BadGlobalValue_IsAnError(string option, string value) =>
        Assert.That(Usage($"--{option}", value, "list").Error, Does.Contain(value));

    [Test]
    public void UnknownSignalOrFormat_IsNamed()
    {
        Assert.That(Usage("kill", Box.Name + "a", "SIGFROB").Error, Does.Contain("SIGFROB"));
        Assert.That(Usage("kill", Box.Name + "a", "65").Error, Does.Contain("65"));
        Assert.That(Usage("list", "-f", "yaml").Error, Does.Contain("yaml"));
    }
}
