using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>The process as the document wants it.</summary>
public sealed class ProcessTests : KernelTest
{
    // A user namespace's root may raise no limit; the caller, outside, may.
    [Test, Category("Vm")]
    public void Rlimits_AboveTheCallersOwn_InAUserNamespace_ForRunAndExec()
    {
        TestBundle bundle = Shell("ulimit -Hn; ulimit -Sn; ulimit -Hl; while :; do sleep 1; done").WithUserNamespace().Set("process.rlimits", JsonNode.Parse("""
            [{"type": "RLIMIT_NOFILE", "hard": 5000, "soft": 4000}, {"type": "RLIMIT_MEMLOCK", "hard": 8388608, "soft": 65536}]
            """));
        Launch Limited(params string[] arguments)
        {
            Launch launch = Box.Command(arguments);
            return new Launch(Require.Program("prlimit", "util-linux"), ["--nofile=600:600", "--memlock=65536:65536", launch.Path, .. launch.Arguments]) { Filter = launch.Filter };
        }

        using RunningProgram run = Limited("run", "-b", bundle.Save().Folder, bundle.Id).Start();
        Assert.That(Host.Eventually(() => run.Output.Split('\n').Length > 3), run.Error);
        Assert.That(run.Output, Is.EqualTo("5000\n4000\n8192\n"));
        Assert.That(Limited("exec", bundle.Id, "sh", "-c", "ulimit -Hn; ulimit -Sn").Start().Wait().Succeeded().Output, Is.EqualTo("5000\n4000\n"));
        Delete(bundle.Id);
    }

    // With CAP_DAC_OVERRIDE the kernel executes what the file's mode alone would not let the user execute.
    [Test, Category("Fallback")]
    [TestCase("/opt/private/program")]
    [TestCase("program")]
    public void Program_ThatOnlyACapabilityMayExecute_IsFound(string name)
    {
        TestBundle bundle = Bundle().WithOwnRootfs().WithUser(1000, 1000).WithArgs(name, "echo", "executed");
        string folder = Directory.CreateDirectory(bundle.Rootfs + "/opt/private").FullName;
        File.WriteAllText(folder + "/program", "#!/bin/sh\necho executed\n");
        File.SetUnixFileMode(folder + "/program", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        bundle.Set("process.env", new JsonArray("PATH=/bin:/opt/private"));
        JsonArray Capability() => new("CAP_DAC_OVERRIDE");
        Run(bundle).FailedInOneLine(name);
        bundle.Set("process.capabilities", new JsonObject
        {
            ["bounding"] = Capability(),
            ["effective"] = Capability(),
            ["permitted"] = Capability(),
            ["inheritable"] = Capability(),
            ["ambient"] = Capability(),
        });
        Outcome run = Run(bundle);
        if (OldKernelFilter.Wanted is null)
            Assert.That(run.Succeeded().Text, Is.EqualTo("executed"));
        else
            // What the capability would allow is not asked for: the older call cannot.
            run.FailedInOneLine(name);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Args_AreGivenExactly()
    {
        Outcome run = Run(Bundle().WithArgs("/bin/sh", "-c", "for a in \"$@\"; do echo \"<$a>\"; done", "zero", "", "a b", "*", "ü€", "--", "-x")).Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "<>", "<a b>", "<*>", "<ü€>", "<-->", "<-x>" }));
    }

    [Test, Category("Standard")]
    public void Env_IsTheDocumentsAlone()
    {
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", Shell("env").WithEnv("A=1", "EMPTY=", "SPACES=a b").Save().Folder, Box.Name + "a");
        launch.Environment.Add("HOST_SECRET=1");
        string[] env = launch.Start().Wait().Succeeded().Lines;
        Assert.That(env, Does.Contain("A=1").And.Contain("EMPTY=").And.Contain("SPACES=a b"));
        Assert.That(env, Has.None.StartWith("HOST_SECRET"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(0U, "/root")]
    [TestCase(1000U, "/home/user")]
    [TestCase(4711U, "/")]
    public void Home_IsThatOfTheImagesPasswd(uint uid, string home)
    {
        TestBundle bundle = Shell("echo $HOME").WithOwnRootfs().WithUser(uid, 0);
        File.WriteAllText(bundle.Rootfs + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n");
        Assert.That(Run(bundle).Succeeded().Text, Is.EqualTo(home));
    }

    [Test, Category("Standard")]
    public void Home_OfTheDocument_Wins() => Assert.That(RunShell("echo $HOME", b => b.WithEnv("HOME=/elsewhere")).Text, Is.EqualTo("/elsewhere"));

    [Test, Category("Standard"), Category("Fallback")]
    public void Cwd_IsEnteredAndMadeWhereMissing()
    {
        Assert.That(RunShell("pwd", b => b.Set("process.cwd", "/tmp")).Text, Is.EqualTo("/tmp"));
        TestBundle bundle = Shell("pwd; ls /new").WithOwnRootfs().Set("process.cwd", "/new/folder");
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "/new/folder", "folder" }));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void User_GroupsAreExactlyThoseOfTheDocument()
    {
        Outcome run = RunShell("grep -E '^(Uid|Gid|Groups):' /proc/self/status", b => b.WithUser(1000, 1001, 5, 20, 70000));
        Assert.That(Host.StatusField(run.Output, "Uid"), Is.EqualTo("1000\t1000\t1000\t1000"));
        Assert.That(Host.StatusField(run.Output, "Gid"), Is.EqualTo("1001\t1001\t1001\t1001"));
        Assert.That(Host.StatusField(run.Output, "Groups").Split(' '), Is.EquivalentTo(new[] { "5", "20", "70000" }));
    }

    [Test, Category("Standard")]
    public void Groups_OfTheCaller_AreGone() => Assert.That(Host.StatusField(RunShell("cat /proc/self/status").Output, "Groups"), Is.Empty);

    [Test, Category("Standard")]
    [TestCase(null, "0022")]
    [TestCase(63U, "0077")]
    [TestCase(0U, "0000")]
    public void Umask_IsTheDocumentsOr022(uint? umask, string shown) =>
        Assert.That(RunShell("umask", b => { if (umask is { } u) b.Set("process.user.umask", u); }).Text, Is.EqualTo(shown));

    [Test, Category("Standard"), Category("Fallback")]
    public void Capabilities_FiveSetsExactly()
    {
        string status = RunShell("cat /proc/self/status", b => b.Set("process.capabilities", new JsonObject
        {
            ["bounding"] = TestBundle.Texts("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_CHROOT"),
            ["permitted"] = TestBundle.Texts("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"),
            ["effective"] = TestBundle.Texts("CAP_CHOWN", "CAP_KILL"),
            ["inheritable"] = TestBundle.Texts("CAP_NET_RAW"),
            ["ambient"] = TestBundle.Texts("CAP_NET_RAW"),
        }).WithUser(1000, 1000)).Output;
        // An execve of an ordinary user's program: what is ambient stays, and no more.
        const string netRaw = "0000000000002000";
        Assert.Multiple(() =>
        {
            Assert.That(Host.StatusField(status, "CapBnd"), Is.EqualTo("0000000000042021"));
            Assert.That(Host.StatusField(status, "CapInh"), Is.EqualTo(netRaw));
            Assert.That(Host.StatusField(status, "CapAmb"), Is.EqualTo(netRaw));
            Assert.That(Host.StatusField(status, "CapPrm"), Is.EqualTo(netRaw));
            Assert.That(Host.StatusField(status, "CapEff"), Is.EqualTo(netRaw));
        });
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Capabilities_OfRoot_AreLimitedByTheBoundingSet()
    {
        string status = RunShell("cat /proc/self/status", b => b.WithCapabilities("CAP_CHOWN", "CAP_SYS_ADMIN")).Output;
        foreach (string set in new[] { "CapBnd", "CapPrm", "CapEff" })
            Assert.That(Host.StatusField(status, set), Is.EqualTo("0000000000200001"), set);
        foreach (string set in new[] { "CapInh", "CapAmb" })
            Assert.That(Host.StatusField(status, set), Is.EqualTo("0000000000000000"), set);
    }

    [Test, Category("Standard")]
    public void Capabilities_None_AreNone()
    {
        string status = RunShell("cat /proc/self/status", b => b.WithCapabilities()).Output;
        foreach (string set in new[] { "CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb" })
            Assert.That(Host.StatusField(status, set), Is.EqualTo("0000000000000000"), set);
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Rlimits_AreThoseOfTheDocument()
    {
        JsonArray limits = new(Limit("RLIMIT_NOFILE", 1000, 2000), Limit("RLIMIT_CORE", 0, 0), Limit("RLIMIT_NPROC", 1500, 1600), Limit("RLIMIT_FSIZE", 12345678, ulong.MaxValue));
        string shown = RunShell("cat /proc/self/limits", b => b.Set("process.rlimits", limits)).Output;
        Assert.That(shown, Does.Match(@"Max open files\s+1000\s+2000"));
        Assert.That(shown, Does.Match(@"Max core file size\s+0\s+0"));
        Assert.That(shown, Does.Match(@"Max processes\s+1500\s+1600"));
        Assert.That(shown, Does.Match(@"Max file size\s+12345678\s+unlimited"));
        static JsonObject Limit(string type, ulong soft, ulong hard) => new() { ["type"] = type, ["soft"] = soft, ["hard"] = hard };
    }

    [Test, Category("Standard")]
    [TestCase(true, "1")]
    [TestCase(false, "0")]
    public void NoNewPrivileges_IsSetOrNot(bool wanted, string shown) =>
        Assert.That(Host.StatusField(RunShell("cat /proc/self/status", b => b.Set("process.noNewPrivileges", wanted)).Output, "NoNewPrivs"), Is.EqualTo(shown));

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(0)]
    [TestCase(500)]
    [TestCase(-300)]
    public void OomScoreAdj_IsThatOfTheDocument(int score)
    {
        const ulong CAP_SYS_RESOURCE = 1UL << 24;
        Outcome run = Run(Shell("cat /proc/self/oom_score_adj").Set("process.oomScoreAdj", score));
        bool isAllowed = score >= 0 || (Convert.ToUInt64(Host.Status(Environment.ProcessId, "CapEff"), 16) & CAP_SYS_RESOURCE) != 0;
        if (isAllowed)
            Assert.That(run.Succeeded().Text, Is.EqualTo(score.ToString()));
        else
            Assert.That(run.Failed("oom_score_adj").Complaint, Does.Contain("ermission denied"));
    }

    [Test]
    public void Personality_Linux32_IsSet()
    {
        Assert.That(RunShell("uname -m", b => b.Set("linux.personality", new JsonObject { ["domain"] = "LINUX32" })).Text, Is.EqualTo("i686").Or.EqualTo("armv8l"));
        Assert.That(RunShell("uname -m", b => b.Set("linux.personality", new JsonObject { ["domain"] = "LINUX" })).Text, Is.EqualTo("x86_64").Or.EqualTo("aarch64"));
    }

    [Test]
    public void MemoryPolicy_IsSetOrRefused()
    {
        Outcome run = Run(Shell("grep . /proc/self/numa_maps | head -1").Set("linux.memoryPolicy", new JsonObject { ["mode"] = "MPOL_BIND", ["nodes"] = "0" }));
        if (run.ExitCode == 0)
            Assert.That(run.Output, Does.Contain("bind:0"), "a memory policy is ignored in silence");
        else
            run.FailedInOneLine("memory policy");
    }

    [Test]
    public void IoPriority_IsThatOfTheDocument() =>
        Assert.That(RunShell("ionice -p 1 || ionice", b => b.Set("process.ioPriority", new JsonObject { ["class"] = "IOPRIO_CLASS_BE", ["priority"] = 6 })).Text, Does.Contain("best-effort: prio 6"));

    [Test]
    public void Scheduler_IsThatOfTheDocument()
    {
        string sched = RunShell("grep ^policy /proc/self/sched; cut -d' ' -f19 /proc/self/stat", b => b.Set("process.scheduler", new JsonObject { ["policy"] = "SCHED_BATCH", ["nice"] = 5 })).Output;
        Assert.That(sched, Does.Match(@"policy\s*:\s*3").And.Contain("\n5\n"));
    }

    [Test, Category("Standard")]
    public void PreservedDescriptors_AreThere_OthersAreNot()
    {
        using FileDescriptor one = Memory("one\n"), two = Memory("two\n"), three = Memory("three\n");
        TestBundle bundle = Shell("cat <&3; cat <&4; cat <&5 || echo closed");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "--preserve-fds", "2", "-b", bundle.Save().Folder, bundle.Id);
        (launch.Descriptors[3], launch.Descriptors[4], launch.Descriptors[5]) = (one, two, three);
        Assert.That(launch.Start().Wait().Succeeded().Lines, Is.EqualTo(new[] { "one", "two", "closed" }));
        static FileDescriptor Memory(string text)
        {
            FileDescriptor memory = Files.CreateMemory("memory");
            Files.Write(memory, Encoding.UTF8.GetBytes(text), "memory");
            Files.Rewind(memory);
            return memory;
        }
    }

    [Test]
    public void PreservedDescriptors_ThatAreNotOpen_AreRefused() => Run(Shell("true"), "--preserve-fds", "1").FailedInOneLine("descriptor 3 is not open");

    // systemd's protocol (man 3 sd_listen_fds): the descriptors are the process's that LISTEN_PID names.
    [Test, Category("Standard")]
    public void ListenFds_ArePassedWithTheirVariables()
    {
        Assert.That(ListenFds("LISTEN_PID=$$", "echo $LISTEN_FDS; echo $LISTEN_PID; cat <&3").Succeeded().Lines, Is.EqualTo(new[] { "1", "1", "socket" }));
    }

    [Test, Category("Standard")]
    public void ListenFds_OfAnotherProcess_AreNotPassed()
    {
        Assert.That(ListenFds("LISTEN_PID=1", "echo ${LISTEN_FDS:-none}; ls /proc/self/fd | wc -l").Succeeded().Lines, Is.EqualTo(new[] { "none", "4" }));
    }

    private Outcome ListenFds(string listenPid, string script)
    {
        using FileDescriptor memory = Files.CreateMemory("memory");
        Files.Write(memory, "socket\n"u8, "memory");
        Files.Rewind(memory);
        TestBundle bundle = Shell(script);
        Launch runtime = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        Launch launch = new("/bin/sh", "-c", $"export {listenPid} LISTEN_FDS=1; exec {runtime.Path} {string.Join(' ', runtime.Arguments)}") { Filter = runtime.Filter };
        launch.Descriptors[3] = memory;
        return launch.Start().Wait();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Descriptors_OnlyTheStandardStreamsAreOpen() =>
        // The listing's own is 3.
        Assert.That(RunShell("ls -l /proc/self/fd | wc -l; ls /proc/self/fd").Lines[1..], Is.EqualTo(new[] { "0", "1", "2", "3" }));

    [Test, Category("Standard")]
    public void Stdio_TenMegabytesComeBackIdentical()
    {
        byte[] bytes = new byte[10 << 20];
        new Random(1).NextBytes(bytes);
        TestBundle bundle = Bundle().WithArgs("cat");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        Outcome run = new Launch(launch.Path, [.. launch.Arguments]) { Input = bytes }.Start().Wait().Succeeded();
        Assert.That(run.OutputBytes.AsSpan().SequenceEqual(bytes));
    }

    [Test, Category("Standard")]
    public void Stdin_ClosedByTheCaller_IsSeenInside_AndOutputGoesOn()
    {
        (FileDescriptor read, FileDescriptor write) = Pipe();
        TestBundle bundle = Shell("cat; echo after the end; sleep 0.2; echo still");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        using RunningProgram run = new Launch(launch.Path, [.. launch.Arguments]) { Stdin = read }.Start();
        read.Dispose();
        Files.Write(write, "through the pipe\n"u8, "pipe");
        write.Dispose();
        Assert.That(run.Wait().Succeeded().Lines, Is.EqualTo(new[] { "through the pipe", "after the end", "still" }));
    }

    [Test]
    public void Stdio_ClosedStreams_AreNoOtherFiles()
    {
        TestBundle bundle = Shell("echo to stdout; ls -l /proc/self/fd/2 | sed 's/.*-> //'");
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        launch.ClosedStreams.AddRange([0, 2]);
        Assert.That(launch.Start().Wait().Succeeded().Lines, Is.EqualTo(new[] { "to stdout", "/dev/null" }));
    }

    [Test, Category("Standard")]
    public void Stdout_OfAnOrdinaryUser_CanBeOpenedAgain() =>
        Assert.That(RunShell("echo first; echo second >> /dev/stdout", b => b.WithUser(1000, 1000)).Output, Does.Contain("second"));

    // What the container is given to use it does not own: a host's device, with another owner, would be another's everywhere.
    [Test]
    [TestCase("a device", "mknod $D/x c 1 5", false)]
    [TestCase("a device", "mknod $D/x c 1 5", true)]
    [TestCase("a disk", "mknod $D/x b 7 0", false)]
    [TestCase("a directory", "mkdir $D/x", false)]
    [TestCase("a directory", "mkdir $D/x", true)]
    public void Stdin_ThatIsNoStreamOfOurs_KeepsItsOwner(string what, string make, bool inUserNamespace)
    {
        TestBundle bundle = Shell("id -u").WithUser(1000, 1000);
        bundle = (inUserNamespace ? bundle.WithUserNamespace() : bundle).Save();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id);
        string script = $"D={Box.Folder}; {make}; \"$@\" < $D/x; stat -c %u $D/x";
        Outcome run = new Launch("/bin/sh", ["-c", script, "sh", launch.Path, .. launch.Arguments]) { Filter = launch.Filter }.Start().Wait();
        Assert.That(run.Lines, Is.EqualTo(new[] { "1000", "0" }), $"{what}: {run}");
    }

    [Test]
    public void Stdin_OfAUserNamespace_ThatIsATerminal_StaysItsUsers()
    {
        TestBundle bundle = Shell("id -u").WithUserNamespace().WithUser(1000, 1000).Save();
        using Pty pty = new();
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Folder, bundle.Id);
        Outcome run = new Launch("/bin/sh", ["-c", "\"$@\" && stat -L -c %u /proc/self/fd/0", "sh", launch.Path, .. launch.Arguments]) { Stdin = pty.Slave, Filter = launch.Filter }.Start().Wait();
        Assert.That(run.Lines, Is.EqualTo(new[] { "1000", "0" }), run.ToString());
    }

    [Test, Category("Standard")]
    public void Signals_AreDefaultsAndNoneBlocked()
    {
        string status = Run(Bundle().WithArgs("cat", "/proc/self/status")).Succeeded().Output;
        Assert.That(Host.StatusField(status, "SigBlk"), Is.EqualTo("0000000000000000"));
        string ignored = Host.StatusField(status, "SigIgn");
        // runc resets the signals that its language knows; 32, which the C library keeps to itself and a caller may have ignored, stays so.
        if (!RuntimeUnderTest.IsVrun && ignored == "0000000080000000")
            return;
        Assert.That(ignored, Is.EqualTo("0000000000000000"));
    }

    [Test]
    [TestCase("HUP", 1)]
    [TestCase("INT", 2)]
    [TestCase("TERM", 15)]
    [TestCase("USR1", 10)]
    [TestCase("USR2", 12)]
    [TestCase("QUIT", 3)]
    public void Run_ForwardsSignals(string name, int signal)
    {
        using RunningProgram run = Begin(Shell($"trap 'echo got {name}; exit 7' {name}; echo ready; while :; do sleep 0.02; done"));
        Assert.That(Host.Eventually(() => run.Output.Contains("ready")));
        run.Signal(signal);
        Outcome outcome = run.Wait(10_000);
        Assert.That(outcome.ExitCode, Is.EqualTo(7), outcome.ToString());
        Assert.That(outcome.Output, Does.Contain("got " + name));
    }

    [Test]
    public void Run_IsASubreaper_AndLeavesNoZombies()
    {
        using RunningProgram run = Begin(Shell("(sleep 0.1 &); (sleep 0.1 &); sleep 0.4; echo done").WithoutNamespace("pid"));
        Assert.That(run.Wait().Succeeded().Text, Is.EqualTo("done"));
        AssertNothingLeft();
    }

    [Test]
    public void UnknownCapability_IsAWarningAndNoError()
    {
        Outcome run = Run(Shell("echo ok").WithMoreCapabilities("CAP_NO_SUCH")).Succeeded();
        Assert.That(run.Text, Is.EqualTo("ok"));
        Assert.That(run.Error, Does.Contain("CAP_NO_SUCH"));
    }

    internal static unsafe (FileDescriptor Read, FileDescriptor Write) Pipe()
    {
        int* pair = stackalloc int[2];
        Check.Ok(Native.Raw.Kernel.Call(Native.Raw.SYS.pipe2, (nint)pair, Native.Raw.Open.O_CLOEXEC), "pipe");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    [Test, Category("Standard")]
    public void Home_Empty_IsReplacedByThatOfThePasswd()
    {
        Assert.That(RunShell("echo $HOME", b => b.WithEnv("HOME=")).Text, Is.EqualTo(RunShell("echo $HOME").Text).And.Not.Empty);
        Assert.That(RunShell("echo $HOME", b => b.WithEnv("HOME=/given", "HOME=")).Text, Is.EqualTo(RunShell("echo $HOME").Text));
        Assert.That(RunShell("echo $HOME", b => b.WithEnv("HOME=", "HOME=/given")).Text, Is.EqualTo("/given"));
    }

    [Test]
    public void UnknownMembers_AreWarningsWithTheirPaths()
    {
        TestBundle bundle = Shell("true").Set("root.readonli", true).Set("process.argz", "x").Set("linux.resources.memory", JsonNode.Parse("""{"limitt": 1}"""))
            .Set("annotations", JsonNode.Parse("""{"anything": "goes"}"""));
        ((JsonObject)bundle.Array("mounts")[0]!)["optionz"] = "ro";
        string said = Run(bundle).Succeeded().Error;
        Assert.That(Call("explain", bundle.Folder).Succeeded().Error, Is.EqualTo(said));
        foreach (string path in new[] { "root.readonli", "process.argz", "linux.resources.memory.limitt", "mounts[0].optionz" })
            Assert.That(said, Does.Contain($"{path}: ignored"));
        Assert.That(said, Does.Not.Contain("annotations"));
    }

    [Test]
    public void UnknownMembers_OfOtherDocuments_AreWarningsToo()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        File.WriteAllText(Box.Folder + "/process.json", """{"args": ["/bin/true"], "cwd": "/", "user": {"uid": 0, "gid": 0, "uids": 1}}""");
        Assert.That(Call("exec", "-p", Box.Folder + "/process.json", bundle.Id).Succeeded().Error, Does.Contain("user.uids: ignored"));
        File.WriteAllText(Box.Folder + "/resources.json", """{"pids": {"limit": 50, "limits": 50}}""");
        Assert.That(Call("update", "-r", Box.Folder + "/resources.json", bundle.Id).Succeeded().Error, Does.Contain("pids.limits: ignored"));
        Delete(bundle.Id);
    }
}
