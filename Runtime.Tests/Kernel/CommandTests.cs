using System.Text.Json;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The commands that show: list, ps, events, features, spec, explain, version, help, and what engines read of errors and logs.</summary>
public sealed class CommandTests : KernelTest
{
    [Test, Category("Standard")]
    public void List_TableJsonQuiet_ShowAllContainers()
    {
        TestBundle first = Sleeper(), second = Sleeper();
        Create(first).Succeeded();
        Start(second);
        string[] table = Call("list").Succeeded().Lines;
        Assert.That(table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" }));
        Assert.That(table, Has.Length.EqualTo(3));
        Assert.That(table.Single(l => l.StartsWith(first.Id)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], Is.EqualTo("created"));
        Assert.That(table.Single(l => l.StartsWith(second.Id)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], Is.EqualTo("running"));

        using JsonDocument json = JsonDocument.Parse(Call("list", "--format", "json").Succeeded().Output);
        Assert.That(json.RootElement.EnumerateArray().Select(c => c.GetProperty("id").GetString()), Is.EquivalentTo(new[] { first.Id, second.Id }));
        Assert.That(json.RootElement.EnumerateArray().Select(c => c.GetProperty("bundle").GetString()), Is.EquivalentTo(new[] { first.Folder, second.Folder }));
        Assert.That(Call("list", "-q").Succeeded().Lines, Is.EquivalentTo(new[] { first.Id, second.Id }));
        Delete(first.Id);
        Delete(second.Id);
    }

    [Test, Category("Standard")]
    public void List_Empty_IsAHeaderOrNull()
    {
        Assert.That(Call("list").Succeeded().Lines, Has.Length.EqualTo(1));
        Assert.That(Call("list", "-f", "json").Succeeded().Text, Is.EqualTo("null"));
        Assert.That(Call("list", "-q").Succeeded().Text, Is.Empty);
    }

    [Test]
    public void List_UnknownFormat_IsRefused() => Call("list", "--format", "xml").FailedInOneLine("invalid format option");

    [Test, Category("Standard")]
    public void Ps_TableAndJson_ShowTheContainersProcesses()
    {
        Require.Program("ps", "procps");
        TestBundle bundle = Shell("sleep 1000 & sleep 1000 & echo; wait");
        int pid = Start(bundle);
        Assert.That(Host.Eventually(() => JsonPids(bundle.Id).Count == 3));
        Assert.That(JsonPids(bundle.Id), Does.Contain(pid));
        string[] table = Call("ps", bundle.Id).Succeeded().Lines;
        Assert.That(table[0], Does.Contain("PID"));
        Assert.That(table, Has.Length.EqualTo(4));
        string[] own = Call("ps", bundle.Id, "-o", "pid,comm").Succeeded().Lines;
        Assert.That(own.Count(l => l.EndsWith("sleep")), Is.EqualTo(2));
        Delete(bundle.Id);

        List<int> JsonPids(string id)
        {
            using JsonDocument json = JsonDocument.Parse(Call("ps", "--format", "json", id).Succeeded().Output);
            return [.. json.RootElement.EnumerateArray().Select(p => p.GetInt32())];
        }
    }

    [Test, Category("Standard")]
    public void Pause_Resume_StopAndContinueAllProcesses()
    {
        TestBundle bundle = Shell("i=0; while :; do i=$((i+1)); echo $i > /out/n; sleep 0.01; done").WithMount("/out", "bind", Box.Folder, "bind");
        Start(bundle);
        string file = Box.Folder + "/n";
        Assert.That(Host.Eventually(() => File.Exists(file) && File.ReadAllText(file).Length > 0));
        Call("pause", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("paused"));
        string before = File.ReadAllText(file);
        Thread.Sleep(200);
        Assert.That(File.ReadAllText(file), Is.EqualTo(before), "it went on while it was paused");
        Call("pause", bundle.Id).Failed();
        Call("resume", bundle.Id).Succeeded();
        Assert.That(Status(bundle.Id), Is.EqualTo("running"));
        Assert.That(Host.Eventually(() => File.ReadAllText(file) != before), "it does not go on");
        Call("resume", bundle.Id).Failed("not paused");
        Delete(bundle.Id);
    }

    [Test]
    public void Paused_KilledOrDeleted_Ends()
    {
        TestBundle killed = Sleeper(), deleted = Sleeper();
        int first = Start(killed), second = Start(deleted);
        Call("pause", killed.Id).Succeeded();
        Call("pause", deleted.Id).Succeeded();
        Call("kill", killed.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(first)), "a paused container survives SIGKILL");
        Delete(deleted.Id);
        Assert.That(Host.IsAlive(second), Is.False);
        Delete(killed.Id);
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Events_Stats_IsALineOfJsonWithTheCgroupsNumbers()
    {
        TestBundle bundle = Sleeper().Set("linux.resources.memory", new System.Text.Json.Nodes.JsonObject { ["limit"] = 64 << 20 }).Set("linux.resources.pids", new System.Text.Json.Nodes.JsonObject { ["limit"] = 77 });
        Start(bundle);
        Outcome events = Call("events", "--stats", bundle.Id).Succeeded();
        Assert.That(events.Lines, Has.Length.EqualTo(1));
        using JsonDocument json = JsonDocument.Parse(events.Output);
        JsonElement data = json.RootElement.GetProperty("data");
        Assert.Multiple(() =>
        {
            Assert.That(json.RootElement.GetProperty("type").GetString(), Is.EqualTo("stats"));
            Assert.That(json.RootElement.GetProperty("id").GetString(), Is.EqualTo(bundle.Id));
            Assert.That(data.GetProperty("memory").GetProperty("usage").GetProperty("limit").GetUInt64(), Is.EqualTo(64UL << 20));
            Assert.That(data.GetProperty("memory").GetProperty("usage").GetProperty("usage").GetUInt64(), Is.GreaterThan(0));
            Assert.That(data.GetProperty("pids").GetProperty("limit").GetUInt64(), Is.EqualTo(77));
            Assert.That(data.GetProperty("pids").GetProperty("current").GetUInt64(), Is.GreaterThanOrEqualTo(1));
            Assert.That(data.GetProperty("cpu").GetProperty("usage").GetProperty("total").GetUInt64(), Is.GreaterThan(0));
        });
        Delete(bundle.Id);
    }

    [Test]
    public void Events_Interval_GoesOnUntilTheContainerEnds()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        using RunningProgram events = RuntimeUnderTest.Command(Box.StateRoot, "events", "--interval", "50ms", bundle.Id).Start();
        Assert.That(Host.Eventually(() => events.Output.Split('\n').Length > 3));
        Call("kill", bundle.Id, "KILL").Succeeded();
        Outcome outcome = events.Wait(10_000).Succeeded();
        Assert.That(outcome.Lines, Has.All.StartWith("{\"type\":\"stats\""));
        Delete(bundle.Id);
    }

    [Test]
    public void Features_IsATrueDocument()
    {
        using JsonDocument json = JsonDocument.Parse(Call("features").Succeeded().Output);
        JsonElement root = json.RootElement, linux = root.GetProperty("linux");
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("ociVersionMin").GetString(), Is.EqualTo("1.0.0"));
            Assert.That(root.GetProperty("ociVersionMax").GetString(), Does.StartWith("1.3"));
            Assert.That(Texts(root, "hooks"), Is.EquivalentTo(new[] { "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop" }));
            Assert.That(Texts(linux, "namespaces"), Is.EquivalentTo(new[] { "cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts" }));
            Assert.That(Texts(linux, "capabilities"), Does.Contain("CAP_CHOWN").And.Contain("CAP_CHECKPOINT_RESTORE"));
            Assert.That(linux.GetProperty("cgroup").GetProperty("v1").GetBoolean());
            Assert.That(linux.GetProperty("cgroup").GetProperty("systemd").GetBoolean(), Is.True);
            Assert.That(linux.GetProperty("seccomp").GetProperty("enabled").GetBoolean());
            Assert.That(Texts(linux.GetProperty("seccomp"), "actions"), Does.Contain("SCMP_ACT_NOTIFY"));
            Assert.That(linux.GetProperty("intelRdt").GetProperty("enabled").GetBoolean(), Is.False);
        });
    }

    [Test]
    public void Features_EveryMountOptionIsTaken()
    {
        using JsonDocument json = JsonDocument.Parse(Call("features").Succeeded().Output);
        List<string> refused = [];
        KernelFeatures features = KernelFeatures.Probe();
        foreach (string? option in Texts(json.RootElement, "mountOptions"))
        {
            if (option is "remount" or "idmap" or "ridmap" or "mand" or "iversion" or "tmpcopyup" or "bind" or "rbind")
                continue; // of another kind of mount, or not of a tmpfs
            Outcome run = Run(Bundle().WithMount("/tmp", "tmpfs", "tmpfs", option!));
            // Older kernels have no recursive attributes and no nosymfollow, and the error says so.
            bool isNewer = option is "nosymfollow" or "symfollow" || option!.StartsWith('r') && run.Error.Contains("Linux 5.12");
            if (run.ExitCode != 0 && (features.MountSetAttr || !isNewer))
                refused.Add($"{option}: {run.Error.Trim()}");
        }
        Assert.That(refused, Is.Empty);
    }

    [Test]
    public void Doctor_TellsOfTheHost_AsATableAndAsJson()
    {
        string table = Call("doctor").Succeeded().Output;
        Assert.That(table, Does.Contain("cgroups\n").And.Contain("namespaces\n").And.Contain("seccomp").And.Contain("overlay").And.Contain("Containers can"));
        using JsonDocument json = JsonDocument.Parse(Call("doctor", "--format", "json").Succeeded().Output);
        Assert.That(json.RootElement.GetProperty("canRun").GetBoolean());
        string? version = json.RootElement.GetProperty("findings").EnumerateArray().First(f => f.GetProperty("topic").GetString() == "cgroups" && f.GetProperty("name").GetString() == "version").GetProperty("value").GetString();
        Assert.That(version, Does.StartWith(Host.IsUnified ? "2" : "1"));
        Call("doctor", "--format", "xml").FailedInOneLine("format");
    }

    // An ordinary user without ids of its own, whom user namespaces are forbidden to, learns what to do.
    [Test]
    public void Doctor_AnOrdinaryUser_LearnsWhatIsMissing()
    {
        string program = Require.Program("setpriv", "util-linux");
        Outcome doctor = new Launch(program, "--reuid", "54321", "--regid", "54321", "--clear-groups", RuntimeUnderTest.Path, "doctor").Start().Wait();
        Assert.That(doctor.Output, Does.Contain("54321").And.Contain("usermod --add-subuids").And.Contain("loginctl enable-linger"));
    }

    [Test]
    public void Spec_ThenRun_Runs()
    {
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        Call("spec", "--bundle", folder).Succeeded();
        Call("spec", "--bundle", folder).FailedInOneLine("File config.json exists");
        Directory.CreateSymbolicLink(folder + "/rootfs", Fixtures.Busybox);
        Assert.That(SpecReader.Read(File.ReadAllBytes(folder + "/config.json")).Process!.Args, Is.EqualTo(new[] { "sh" }));
        using Pty pty = new();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "--bundle", folder, Box.Name + "spec");
        using RunningProgram run = new Launch(launch.Path, [.. launch.Arguments]) { Terminal = pty.Slave, Filter = launch.Filter }.Start();
        pty.Type("hostname; exit 9\n");
        Assert.That(run.Wait().ExitCode, Is.EqualTo(9));
        Assert.That(pty.WaitFor("vrun"), pty.Seen);
    }

    [Test, Category("Standard")]
    public void Spec_OfRunc_RunsUnchanged()
    {
        string runc = Require.Program("runc", "runc");
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        new Launch(runc, "spec", "--bundle", folder).Start().Wait().Succeeded();
        Fixtures.CopyBusybox(folder + "/rootfs");
        using Pty pty = new();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "--bundle", folder, Box.Name + "spec");
        using RunningProgram run = new Launch(launch.Path, [.. launch.Arguments]) { Terminal = pty.Slave, Filter = launch.Filter }.Start();
        pty.Type("id -u; exit 7\n");
        Assert.That(run.Wait().ExitCode, Is.EqualTo(7), pty.Seen);
    }

    [Test]
    public void Spec_HasNoNewerVersionThanItNeeds_AndNoCgroupNamespaceOnV1([Values] bool rootless)
    {
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        Call(["spec", .. rootless ? new[] { "--rootless" } : [], "--bundle", folder]).Succeeded();
        Spec spec = SpecReader.Read(File.ReadAllBytes(folder + "/config.json"));
        Assert.That(spec.OciVersion, Does.StartWith("1.0."));
        Assert.That(spec.Linux!.Namespaces.Any(n => n.Type == "cgroup") == Host.IsUnified);
        Fixtures.CopyBusybox(folder + "/rootfs");
        File.WriteAllText(folder + "/config.json", File.ReadAllText(folder + "/config.json").Replace("\"terminal\": true", "\"terminal\": false").Replace("\"sh\"", "\"true\""));
        Call("run", "--bundle", folder, Box.Name + "spec").Succeeded();
    }

    // Other runtimes reject versions that they do not know.
    [Test]
    public void Spec_RunsWithCrun()
    {
        string crun = Require.Program("crun", "crun");
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        Call("spec", "--bundle", folder).Succeeded();
        Fixtures.CopyBusybox(folder + "/rootfs");
        File.WriteAllText(folder + "/config.json", File.ReadAllText(folder + "/config.json").Replace("\"terminal\": true", "\"terminal\": false").Replace("\"sh\"", "\"true\""));
        new Launch(crun, "--root", Box.StateRoot, "run", "--bundle", folder, Box.Name + "spec").Start().Wait().Succeeded();
    }

    [Test, Category("Standard")]
    public void Kill_SignalZero_AsksWhetherItRuns()
    {
        TestBundle bundle = Sleeper();
        int pid = Start(bundle);
        Call("kill", bundle.Id, "0").Succeeded();
        Assert.That(Host.IsAlive(pid));
        Call("kill", bundle.Id, "KILL").Succeeded();
        Assert.That(Host.Eventually(() => !Host.IsAlive(pid)));
        Call("kill", bundle.Id, "0").Failed("not running");
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    [TestCase("run")]
    [TestCase("state")]
    public void Log_ThatCannotBeOpened_FailsAtOnce(string command)
    {
        TestBundle bundle = Shell("echo ran").Save();
        string[] rest = command == "run" ? ["run", "-b", bundle.Folder, bundle.Id] : ["state", bundle.Id];
        Outcome call = Call(["--log", Box.Folder + "/none/log", .. rest]);
        Assert.That(call.Output, Is.Empty);
        call.Failed("/none/log", "o such file or directory");
        AssertNothingLeft();
    }

    [Test]
    public void Debug_OfExec_TellsWhatIsDone_InSentences()
    {
        TestBundle bundle = Sleeper();
        Outcome create = Call("--debug", "create", "-b", bundle.Save().Folder, bundle.Id).Succeeded();
        Outcome exec = Call("--debug", "exec", bundle.Id, "echo", "done").Succeeded();
        Assert.That(exec.Output, Is.EqualTo("done\n"));
        Assert.That(exec.Error, Does.Contain("join the cgroups").And.Contain("exec echo").And.Contain(bundle.Id));
        foreach (string text in new[] { create.Error, exec.Error })
            Assert.That(text, Does.Contain("kernel: has ").And.Not.Contain(" { ").And.Not.Contain("System."));
        Delete(bundle.Id);
    }

    [Test]
    public void Exec_ArgumentsAndVariablesThatAreNotUtf8_ArriveAsTheyAre()
    {
        // A lone surrogate stands for the byte 0xff, or 0xc3 which begins a character and does not end it.
        TestBundle bundle = Sleeper();
        Start(bundle);
        Outcome exec = Call("exec", "-e", "V=\udcff", bundle.Id, "sh", "-c", "printf '%s' \"$1$V\" | od -An -tx1", "sh", "ä\udcff\udcc3x");
        Assert.That(exec.Succeeded().Text, Is.EqualTo("c3 a4 ff c3 78 ff"));
        Delete(bundle.Id);
    }

    [Test, Category("CgroupV1")]
    public void Exec_InACgroupOfAControllerThatIsNotThere_IsRefused()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("exec", "--cgroup", "whaaat:/x", bundle.Id, "true").FailedInOneLine("--cgroup: \"whaaat\"");
        Call("exec", "--cgroup", "memory:/none", bundle.Id, "true").FailedInOneLine("/none");
        Delete(bundle.Id);
    }

    [Test]
    public void EnvironmentWithoutAnEqualsSign_IsRefused_AlsoByExec()
    {
        Run(Bundle().WithArgs("true").WithEnv("NAME")).FailedInOneLine("process.env[1]: \"NAME\"");
        TestBundle bundle = Sleeper();
        Start(bundle);
        Call("exec", "-e", "NAME", bundle.Id, "true").FailedInOneLine("\"NAME\" has no `=`");
        Delete(bundle.Id);
    }

    [Test]
    public void Spec_Rootless_ValidatesAndMapsTheCaller()
    {
        string folder = Directory.CreateDirectory(Box.Folder + "/fresh").FullName;
        Call("spec", "--rootless", "--bundle", folder).Succeeded();
        Spec spec = SpecReader.Read(File.ReadAllBytes(folder + "/config.json"));
        Assert.That(spec.Linux!.Namespaces.Select(n => n.Type), Does.Contain("user").And.Not.Contain("network"));
        Assert.That(spec.Linux.UidMappings, Has.Count.EqualTo(1));
    }

    [Test]
    public void Explain_PrintsThePlanAndChangesNothing()
    {
        TestBundle bundle = Bundle().WithOwnRootfs().WithMount("/new/folder", "tmpfs", "tmpfs", "size=1m").Set("linux.resources.memory", new System.Text.Json.Nodes.JsonObject { ["limit"] = 64 << 20 });
        bundle.Save();
        string[] before = Tree(bundle.Folder);
        Outcome explain = Call("explain", bundle.Folder).Succeeded();
        Assert.Multiple(() =>
        {
            Assert.That(explain.Output, Does.Contain("67108864").And.Contain(Host.IsUnified ? "memory.max" : "memory.limit_in_bytes"));
            Assert.That(explain.Output, Does.Contain("mount tmpfs on /new/folder"));
            Assert.That(explain.Output, Does.Contain("CLONE_NEWNET"));
            Assert.That(explain.Output, Does.Contain("pivot_root"));
            Assert.That(explain.Output, Does.Contain("CAP_CHOWN"));
            Assert.That(explain.Output, Does.Contain("exec true"));
            Assert.That(Tree(bundle.Folder), Is.EqualTo(before), "files changed");
            Assert.That(Directory.Exists(Box.StateRoot), Is.False, "state was made");
            Assert.That(Leftovers.Cgroups(Leftovers.NameOf(bundle.Id)), Is.Empty, "cgroups were made");
            Assert.That(Host.MountsOf("self").Where(m => m.Point.StartsWith(bundle.Folder, StringComparison.Ordinal) || m.Point == "/new/folder"), Is.Empty, "mounts were made");
        });
        static string[] Tree(string folder) => [.. Directory.GetFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Order()];
    }

    [Test]
    public void Explain_BadBundle_Fails() => Call("explain", Box.Folder).FailedInOneLine("config.json");

    [Test]
    public void Version_HasTheLinesThatToolsRead()
    {
        string[] lines = Call("--version").Succeeded().Lines;
        Assert.That(lines[0], Does.Match(@"^vrun version \d+\.\d+\.\d+"));
        Assert.That(lines[^1], Does.Match(@"^spec: 1\.3\.\d+"));
        Assert.That(Call("-v").Succeeded().Lines, Is.EqualTo(lines));
    }

    [Test]
    [TestCase("create")]
    [TestCase("delete")]
    [TestCase("events")]
    [TestCase("exec")]
    [TestCase("explain")]
    [TestCase("features")]
    [TestCase("kill")]
    [TestCase("list")]
    [TestCase("pause")]
    [TestCase("ps")]
    [TestCase("resume")]
    [TestCase("run")]
    [TestCase("spec")]
    [TestCase("start")]
    [TestCase("state")]
    [TestCase("update")]
    public void Help_EveryCommandHasAPage(string command)
    {
        foreach (string[] form in new[] { new[] { "help", command }, [command, "--help"], [command, "-h"] })
            Assert.That(Call(form).Succeeded().Output, Does.Contain($"vrun {command} - ").And.Contain("USAGE:"));
        Assert.That(Call("--help").Succeeded().Output, Does.Contain($"   {command}"));
    }

    [Test]
    public void UnknownCommandOptionOrCount_IsAUsageErrorOfOneLine()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Call("frobnicate").FailedWithUsage("unknown command \"frobnicate\"").ExitCode, Is.EqualTo(1));
            Assert.That(Call("strat", "x").FailedWithUsage("unknown command \"strat\" (did you mean \"start\"?)", "usage: vrun [global options] command").ExitCode, Is.EqualTo(1));
            Assert.That(Call("run", "--budnle", "b", "x").FailedWithUsage("-budnle (did you mean \"bundle\"?)", "usage: vrun run [command options] <container-id>").ExitCode, Is.EqualTo(1));
            Assert.That(Call("run", "--frobnicate", "x").FailedWithUsage("frobnicate").ExitCode, Is.EqualTo(1));
            Assert.That(Call("run").FailedWithUsage("argument").ExitCode, Is.EqualTo(1));
            Assert.That(Call("run", "a", "b").FailedWithUsage("argument").ExitCode, Is.EqualTo(1));
            Assert.That(Call("state").FailedWithUsage("argument").ExitCode, Is.EqualTo(1));
            Assert.That(Call("create", "-b").FailedWithUsage("argument").ExitCode, Is.EqualTo(1));
        });
    }

    [Test]
    public void Log_Json_IsALineThatEnginesParse()
    {
        string log = Box.Folder + "/log.json";
        TestBundle bundle = Bundle().WithArgs("/no/such/program");
        Outcome run = RuntimeUnderTest.Command(Box.StateRoot, "--log", log, "--log-format", "json", "run", "-b", bundle.Save().Folder, bundle.Id).Start().Wait();
        run.FailedInOneLine();
        string[] lines = File.ReadAllLines(log);
        Assert.That(lines, Has.Length.EqualTo(1));
        using JsonDocument json = JsonDocument.Parse(lines[0]);
        Assert.That(json.RootElement.GetProperty("level").GetString(), Is.EqualTo("error"));
        Assert.That(json.RootElement.GetProperty("msg").GetString(), Does.Contain("exec: \"/no/such/program\": stat /no/such/program: no such file or directory"));
        Assert.That(DateTimeOffset.TryParse(json.RootElement.GetProperty("time").GetString(), out _));
        AssertNothingLeft();
    }

    [Test]
    public void Log_Text_IsALineOfKeysAndValues()
    {
        string log = Box.Folder + "/log";
        RuntimeUnderTest.Command(Box.StateRoot, "--log", log, "state", Box.Name).Start().Wait().Failed();
        Assert.That(File.ReadAllText(log), Does.Match("^time=\"[^\"]+\" level=error msg=\"[^\n]+\"\n$"));
    }

    // dockerd takes its exit codes 127 and 126 from these words.
    [Test, Category("Standard")]
    [TestCase("nosuchprogram", "executable file not found in $PATH")]
    [TestCase("/no/such/program", "no such file or directory")]
    [TestCase("/etc/passwd", "permission denied")]
    public void ErrorWords_AreThoseThatEnginesLookFor(string program, string words)
    {
        Outcome run = Run(Bundle().WithArgs(program));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Complaint, Does.Contain(words).And.Contain($"exec: \"{program}\": "), run.ToString());
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void ErrorWords_AFolderIsNoProgram()
    {
        Outcome run = Run(Bundle().WithArgs("/bin"));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("is a directory").Or.Contain("permission denied"), run.ToString());
        AssertNothingLeft();
    }

    // What no command of other runtimes has to say: each takes options before and after the id, with one dash or two.
    [Test, Category("Standard")]
    public void Options_AreTakenInAllFormsThatEnginesUse()
    {
        TestBundle bundle = Shell("echo ok");
        bundle.Save();
        foreach (string[] form in new[]
        {
            new[] { "run", "-b", bundle.Folder, bundle.Id }, ["run", "-b=" + bundle.Folder, bundle.Id], ["run", "--bundle", bundle.Folder, bundle.Id],
            ["run", "--bundle=" + bundle.Folder, bundle.Id], ["run", "-bundle", bundle.Folder, bundle.Id],
        })
            Assert.That(Call(form).Succeeded().Text, Is.EqualTo("ok"), string.Join(' ', form));
    }

    private static IEnumerable<string?> Texts(JsonElement element, string name) => element.GetProperty(name).EnumerateArray().Select(e => e.GetString());
}
