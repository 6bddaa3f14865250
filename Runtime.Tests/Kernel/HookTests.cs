using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Hooks of all six kinds (runtime-spec, config.md, "POSIX-platform Hooks").</summary>
public sealed class HookTests : KernelTest
{
    private static readonly string[] Kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    // Each hook adds its name, its namespaces and the state to a file; the container's program adds its own.
    private TestBundle Recording()
    {
        TestBundle bundle = Shell("echo program >> /out/order").WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind");
        foreach (string kind in Kinds)
        {
            string folder = kind == "startContainer" ? "/out" : Box.Folder;
            bundle.WithShellHook(kind, $"cat > {folder}/{kind}.state; echo {kind} >> {folder}/order; for k in mnt pid net uts ipc; do readlink /proc/self/ns/$k; done > {folder}/{kind}.ns; pwd > {folder}/{kind}.cwd");
        }
        return bundle;
    }

    private string[] Order() => File.Exists(Box.Folder + "/order") ? File.ReadAllLines(Box.Folder + "/order") : [];

    private JsonElement StateOf(string kind)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText($"{Box.Folder}/{kind}.state"));
        return json.RootElement.Clone();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Run_AllKindsInOrder()
    {
        Run(Recording()).Succeeded();
        Assert.That(Order().Where(l => l is not ("program" or "poststart")), Is.EqualTo(new[] { "prestart", "createRuntime", "createContainer", "startContainer", "poststop" }));
        Assert.That(Order(), Does.Contain("program").And.Contain("poststart"));
        Assert.That(Array.IndexOf(Order(), "startContainer"), Is.LessThan(Array.IndexOf(Order(), "program")));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void CreateStartDelete_AllKindsInOrder()
    {
        TestBundle bundle = Recording().WithShell("echo program >> /out/order; sleep 1000");
        Create(bundle).Succeeded();
        // runc 1.1 runs poststart hooks at the end of create already.
        Assert.That(Order().Where(kind => RuntimeUnderTest.IsVrun || kind != "poststart"), Is.EqualTo(new[] { "prestart", "createRuntime", "createContainer" }));
        Call("start", bundle.Id).Succeeded();
        Assert.That(Host.Eventually(() => Order().Length == 6));
        Assert.That(Order().Where(kind => kind is not ("poststart" or "program")), Is.EqualTo(new[] { "prestart", "createRuntime", "createContainer", "startContainer" }));
        Delete(bundle.Id);
        Assert.That(Order()[^1], Is.EqualTo("poststop"));
    }

    [Test, Category("Standard")]
    public void Namespaces_AreTheHostsOrTheContainers()
    {
        TestBundle bundle = Recording().WithShell("sleep 1000");
        int pid = Start(bundle);
        string[] names = ["mnt", "pid", "net", "uts", "ipc"];
        string[] host = [.. names.Select(k => Host.Namespace("self", k))], inside = [.. names.Select(k => Host.Namespace(pid.ToString(), k))];
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/poststart.ns") && File.ReadAllLines(Box.Folder + "/poststart.ns").Length == 5));
        Delete(bundle.Id);
        Assert.Multiple(() =>
        {
            foreach (string kind in new[] { "prestart", "createRuntime", "poststart", "poststop" })
                Assert.That(File.ReadAllLines($"{Box.Folder}/{kind}.ns"), Is.EqualTo(host), kind);
            foreach (string kind in new[] { "createContainer", "startContainer" })
                Assert.That(File.ReadAllLines($"{Box.Folder}/{kind}.ns"), Is.EqualTo(inside), kind);
        });
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void State_IsOnStandardInput_WithStatusAndPid()
    {
        TestBundle bundle = Recording().WithShell("sleep 1000");
        int pid = Start(bundle);
        Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/poststart.cwd")));
        Delete(bundle.Id);
        Assert.Multiple(() =>
        {
            // The specification: creating until the container's process waits, then created; running; stopped.
            foreach ((string kind, string status) in new[] { ("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"), ("startContainer", "created"), ("poststart", "running"), ("poststop", "stopped") })
            {
                JsonElement state = StateOf(kind);
                Assert.That(state.GetProperty("id").GetString(), Is.EqualTo(bundle.Id), kind);
                Assert.That(state.GetProperty("bundle").GetString(), Is.EqualTo(bundle.Folder), kind);
                Assert.That(state.GetProperty("ociVersion").GetString(), Does.StartWith("1."), kind);
                Assert.That(state.GetProperty("status").GetString(), RuntimeUnderTest.IsRunc && kind == "poststart" ? Is.EqualTo("created") : Is.EqualTo(status), kind);
                // runc 1.1 tells the hooks of the container's side the pid that it has itself: 1.
                int told = state.TryGetProperty("pid", out JsonElement value) ? value.GetInt32() : 0;
                if (kind == "poststop")
                    Assert.That(told, Is.Zero.Or.EqualTo(pid), kind);
                else
                    Assert.That(told, RuntimeUnderTest.IsRunc ? Is.EqualTo(pid).Or.EqualTo(1) : Is.EqualTo(pid), kind);
            }
        });
    }

    [Test]
    public void WorkingFolder_OfTheHostsHooks_IsTheBundle()
    {
        TestBundle bundle = Recording();
        Run(bundle).Succeeded();
        foreach (string kind in new[] { "prestart", "createRuntime", "poststart", "poststop" })
            Assert.That(File.ReadAllText($"{Box.Folder}/{kind}.cwd").Trim(), Is.EqualTo(bundle.Folder), kind);
    }

    [Test, Category("Standard")]
    public void CreateContainer_SeesTheRootBeforePivot()
    {
        // Its path is the runtime's own mount namespace's: the host's files are still there.
        TestBundle bundle = Shell("true").WithShellHook("createContainer", $"ls -d {Box.Folder} > {Box.Folder}/seen");
        Run(bundle).Succeeded();
        Assert.That(File.ReadAllText(Box.Folder + "/seen").Trim(), Is.EqualTo(Box.Folder));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void CreateRuntime_CanEnterTheContainersNetwork()
    {
        string nsenter = Require.Program("nsenter", "util-linux");
        TestBundle bundle = Shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start")
            .WithShellHook("createRuntime", $"pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/'); {nsenter} --net=/proc/$pid/ns/net sh -c 'echo 99 > /proc/sys/net/ipv4/ip_unprivileged_port_start'");
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("99"));
    }

    [Test, Category("Standard")]
    [TestCase("prestart")]
    [TestCase("createRuntime")]
    [TestCase("createContainer")]
    public void FailingCreateHook_UndoesTheContainer_AndRunsPoststop(string kind)
    {
        TestBundle bundle = Shell("echo program").WithShellHook(kind, "echo to output; echo to error >&2; exit 3").WithShellHook("poststop", $"echo poststop >> {Box.Folder}/order");
        Outcome run = Run(bundle);
        run.Failed("hook");
        Assert.That(run.Output, Does.Not.Contain("program"));
        Assert.That(run.Complaint, Does.Contain("to error"));
        if (RuntimeUnderTest.IsVrun)
            Assert.That(Order(), Is.EqualTo(new[] { "poststop" }));
        Assert.That(Create(bundle).ExitCode, Is.Not.Zero);
        AssertNothingLeft();
    }

    [Test]
    [TestCase("run")]
    [TestCase("create")]
    public void FailingStartContainer_StopsTheContainer(string command)
    {
        TestBundle bundle = Shell("echo program >> /out/order").WithOwnRootfs().WithMount("/out", "bind", Box.Folder, "bind")
            .WithShellHook("startContainer", "exit 3").WithShellHook("poststop", $"echo poststop >> {Box.Folder}/order");
        if (command == "run")
        {
            Run(bundle).FailedInOneLine("startContainer");
        }
        else
        {
            Create(bundle).Succeeded();
            Call("start", bundle.Id).FailedInOneLine("startContainer");
            Assert.That(Status(bundle.Id), Is.EqualTo("stopped"));
            Call("delete", bundle.Id).Succeeded();
        }
        Assert.That(Order(), Is.EqualTo(new[] { "poststop" }));
        AssertNothingLeft();
    }

    [Test]
    public void FailingPoststart_IsToldAndStopsTheContainer()
    {
        TestBundle bundle = Sleeper().WithShellHook("poststart", "exit 3").WithShellHook("poststop", $"echo poststop >> {Box.Folder}/order");
        Run(bundle, "-d").FailedInOneLine("poststart");
        Assert.That(Order(), Is.EqualTo(new[] { "poststop" }));
        AssertNothingLeft();
    }

    [Test]
    public void FailingPoststop_IsAWarning_AndTheOthersStillRun()
    {
        TestBundle bundle = Shell("exit 4").WithShellHook("poststop", "exit 3").WithShellHook("poststop", $"echo second >> {Box.Folder}/order");
        Outcome run = Run(bundle);
        Assert.That(run.ExitCode, Is.EqualTo(4));
        Assert.That(run.Error, Does.Contain("poststop"));
        Assert.That(Order(), Is.EqualTo(new[] { "second" }));
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void SecondHookOfAKind_IsNotRunAfterAFailure()
    {
        TestBundle bundle = Shell("true").WithShellHook("createRuntime", $"echo one >> {Box.Folder}/order; exit 1").WithShellHook("createRuntime", $"echo two >> {Box.Folder}/order");
        Run(bundle).Failed();
        Assert.That(Order(), Is.EqualTo(new[] { "one" }));
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Timeout_EndsTheHookAndFails()
    {
        TestBundle bundle = Shell("true").WithShellHook("createRuntime", "exec sleep 1000", timeout: 1);
        long start = Environment.TickCount64;
        Run(bundle).Failed("hook");
        Assert.That(Environment.TickCount64 - start, Is.InRange(900, 8000));
        AssertNothingLeft();
    }

    [Test]
    public void MissingHook_IsNamed()
    {
        Run(Shell("true").WithHook("createRuntime", "/no/such/hook", ["hook"])).FailedInOneLine("createRuntime", "/no/such/hook", "no such file or directory");
        Run(Shell("true").WithHook("createRuntime", "relative", ["hook"])).FailedInOneLine("hooks.createRuntime[0].path");
        AssertNothingLeft();
    }

    [Test]
    public void HookKilledByASignal_IsTold()
    {
        Run(Shell("true").WithShellHook("createRuntime", "kill -SEGV $$")).FailedInOneLine("SIGSEGV");
        AssertNothingLeft();
    }

    // What a process is allowed, in one line a property.
    private const string Confinement =
        "id -u; id -g; id -G; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cut -d: -f2- /proc/self/cgroup; ulimit -n; cat /proc/self/oom_score_adj; umask; pwd; echo $GIVEN";

    private static JsonNode Filter(string syscall, string action) =>
        JsonNode.Parse($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["{{syscall}}", "{{syscall}}at"], "action": "{{action}}"}]}""")!;

    [Test, Category("Fallback")]
    [TestCase("run")]
    [TestCase("start")]
    public void StartContainer_IsConfinedAsTheProgram(string command)
    {
        TestBundle bundle = Shell($"({Confinement}) > /out/program").WithMount("/out", "bind", Box.Folder, "bind").WithEnv("GIVEN=environment")
            .WithUser(1000, 1001, 1002).WithCapabilities("CAP_CHOWN").Set("process.user.umask", 7).Set("process.cwd", "/tmp").Set("process.oomScoreAdj", 700)
            .Set("process.rlimits", JsonNode.Parse("""[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}]""")).Set("linux.seccomp", Filter("mkdir", "SCMP_ACT_ERRNO"))
            .WithHook("startContainer", "/bin/sh", ["sh", "-c", $"({Confinement}) > /out/hook"]);
        File.SetUnixFileMode(Box.Folder, (UnixFileMode)0x1ff);
        if (command == "run")
        {
            Run(bundle).Succeeded();
        }
        else
        {
            Start(bundle);
            Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
            Call("delete", bundle.Id).Succeeded();
        }
        string program = File.ReadAllText(Box.Folder + "/program");
        Assert.That(program, Does.StartWith("1000\n1001\n1001 1002\n").And.Contain("Seccomp:\t2").And.Contain("NoNewPrivs:\t1").And.EndWith("77\n700\n0007\n/tmp\nenvironment\n"));
        Assert.That(File.ReadAllText(Box.Folder + "/hook"), Is.EqualTo(program));
    }

    [Test]
    [TestCase("run", true)]
    [TestCase("run", false)]
    [TestCase("start", true)]
    public void StartContainer_UnderAFilterThatKills_FailsTheStart(string command, bool noNewPrivileges)
    {
        TestBundle bundle = Shell("echo program").WithOwnRootfs().Set("process.noNewPrivileges", noNewPrivileges).WithMoreCapabilities("CAP_SYS_ADMIN")
            .Set("linux.seccomp", Filter("mkdir", "SCMP_ACT_KILL_PROCESS")).WithHook("startContainer", "/bin/busybox", ["mkdir", "/made"]);
        if (command == "start")
            Create(bundle).Succeeded();
        Outcome failed = command == "run" ? Run(bundle) : Call("start", bundle.Id);
        failed.FailedInOneLine("startContainer", "SIGSYS");
        Assert.That(failed.Output, Is.Empty);
        Assert.That(Directory.Exists(bundle.Rootfs + "/made"), Is.False);
        Call("delete", "-f", bundle.Id);
    }

    [Test]
    public void StartContainer_WithoutAMountNamespace_RunsInTheContainersRoot()
    {
        TestBundle bundle = Shell("true").WithOwnRootfs().WithoutNamespace("mount").Set("mounts", new JsonArray()).Set("linux.maskedPaths", new JsonArray())
            .Set("linux.readonlyPaths", new JsonArray()).WithHook("startContainer", "/bin/busybox", ["touch", "/inside"]);
        Run(bundle).Succeeded();
        Assert.That(File.Exists(bundle.Rootfs + "/inside"));
        Assert.That(File.Exists("/inside"), Is.False);
    }

    [Test]
    public void StartContainer_InAUserNamespace_AndWithJoinedNamespaces()
    {
        TestBundle bundle = Shell("true").WithUserNamespace().WithMount("/out", "bind", Directory.CreateDirectory(Box.Folder + "/out").FullName, "bind")
            .WithHook("startContainer", "/bin/sh", ["sh", "-c", "cat /proc/self/uid_map > /out/map"]);
        File.SetUnixFileMode(Box.Folder + "/out", (UnixFileMode)0x1ff);
        Run(bundle).Succeeded();
        Assert.That(File.ReadAllText(Box.Folder + "/out/map"), Does.Match(@"0\s+100000\s+65536"));
    }

    [Test]
    public void CreateContainer_BeginsInTheRootFilesystem()
    {
        foreach (bool hasUser in new[] { false, true })
        {
            TestBundle bundle = Shell("true").WithOwnRootfs().WithShellHook("createContainer", "pwd -P; ls; exit 1");
            if (hasUser)
                bundle.WithUserNamespace();
            File.WriteAllText(bundle.Rootfs + "/mark", "");
            Assert.That(Run(bundle).Failed().Complaint, Does.Contain(bundle.Rootfs).And.Contain("mark"));
        }
    }

    [Test]
    public void WithoutEnv_HooksHaveTheRuntimesEnvironment_AndStartContainerTheProgramsOwn()
    {
        TestBundle bundle = Shell("true").WithEnv("OF=container").WithMount("/out", "bind", Box.Folder, "bind");
        foreach (string kind in Kinds)
            bundle.WithHook(kind, "/bin/sh", ["sh", "-c", $"echo $OF > {(kind == "startContainer" ? "/out" : Box.Folder)}/{kind}.of"]);
        Launch launch = Box.Command("run", "-b", bundle.Save().Folder, bundle.Id);
        launch.Environment.Add("OF=runtime");
        launch.Start().Wait().Succeeded();
        foreach (string kind in Kinds)
            Assert.That(File.ReadAllText($"{Box.Folder}/{kind}.of").Trim(), Is.EqualTo(kind == "startContainer" ? "container" : "runtime"), kind);
    }

    [Test]
    public void WithAnEmptyEnv_HooksHaveNone()
    {
        TestBundle bundle = Shell("true").WithHook("createRuntime", "/bin/sh", ["sh", "-c", $"echo ${{OF:-none}} > {Box.Folder}/of"], []);
        Launch launch = Box.Command("run", "-b", bundle.Save().Folder, bundle.Id);
        launch.Environment.Add("OF=runtime");
        launch.Start().Wait().Succeeded();
        Assert.That(File.ReadAllText(Box.Folder + "/of").Trim(), Is.EqualTo("none"));
    }

    [Test]
    [TestCase("createRuntime")]
    [TestCase("createContainer")]
    [TestCase("startContainer")]
    public void Timeout_EndsTheHooksChildrenToo(string kind)
    {
        string mark = $"{Box.Folder}/children";
        string folder = kind == "startContainer" ? "/out" : Box.Folder;
        // Lengths of sleep that no other test has.
        int first = 91000 + 10 * Array.IndexOf(Kinds, kind);
        string[] sleeps = [.. Enumerable.Range(first, 4).Select(seconds => $"sleep {seconds}")];
        TestBundle bundle = Shell("true").WithMount("/out", "bind", Box.Folder, "bind")
            .WithShellHook(kind, $"{sleeps[0]} & setsid {sleeps[1]} & ({sleeps[2]} & wait) & sh -c 'echo begun >> {folder}/children; {sleeps[3]}; :'; wait", timeout: 1);
        Run(bundle).FailedInOneLine(kind, "timed out after 1 s");
        Assert.That(File.ReadAllText(mark), Is.EqualTo("begun\n"));
        AssertNothingLeft();
        Assert.That(Host.Eventually(() => !Host.Processes().Any(pid => sleeps.Contains(Leftovers.CommandLine(pid).Trim()))));
    }

    [Test]
    public void Poststop_RunsWithoutItsBundle()
    {
        TestBundle bundle = Shell("true").WithShellHook("poststop", $"pwd > {Box.Folder}/order");
        Start(bundle);
        Assert.That(Host.Eventually(() => Status(bundle.Id) == "stopped"));
        Directory.Delete(bundle.Folder, recursive: true);
        Call("delete", bundle.Id).Succeeded();
        Assert.That(Order(), Is.EqualTo(new[] { "/" }));
    }

    [Test]
    public void Sysctls_AreSetAfterTheHooksThatMakeTheirInterface()
    {
        string nsenter = Require.Program("nsenter", "util-linux"), ip = Require.Program("ip", "iproute2");
        foreach (string kind in new[] { "prestart", "createRuntime" })
        {
            TestBundle bundle = Shell("cat /proc/sys/net/ipv4/conf/dum9/log_martians").Set("linux.sysctl", new JsonObject { ["net.ipv4.conf.dum9.log_martians"] = "1" })
                .WithShellHook(kind, $"pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/'); {nsenter} --net=/proc/$pid/ns/net {ip} link add dum9 type bridge");
            Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo("1"), kind);
        }
    }

    [Test]
    public void WhatHooksMount_IsTheWorkingDirectory_AndMaskedAndReadonly()
    {
        // A hook in the container's mount namespace covers these directories; the program must stand on the cover, not below.
        TestBundle bundle = Shell("pwd; cat here; cat /masked/secret; touch /readonly/x").WithOwnRootfs().Set("process.cwd", "/work")
            .Set("linux.maskedPaths", TestBundle.Texts("/masked")).Set("linux.readonlyPaths", TestBundle.Texts("/readonly"));
        foreach (string name in new[] { "work", "masked", "readonly" })
            Directory.CreateDirectory($"{bundle.Rootfs}/{name}");
        bundle.WithShellHook("createContainer",
            "for d in work masked readonly; do mount -t tmpfs x $d || exit 1; done; echo mounted > work/here; echo secret > masked/secret");
        Outcome run = Run(bundle);
        Assert.That(run.Output, Is.EqualTo("/work\nmounted\n"), run.ToString());
        Assert.That(run.Error, Does.Contain("masked/secret").And.Contain("Read-only"));
    }
}
