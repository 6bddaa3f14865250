using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>linux.seccomp: every action as the kernel does it, rules by argument, docker's default profile, and the listener of a notifying filter.</summary>
public sealed class SeccompTests : KernelTest
{
    private static readonly string[] MakeFolder = ["mkdir", "mkdirat"];

    private static JsonObject AllBut(params JsonObject[] rules) => new()
    {
        ["defaultAction"] = "SCMP_ACT_ALLOW",
        ["syscalls"] = new JsonArray([.. rules]),
    };

    private static JsonObject Rule(string action, string[] names, int? errno = null, params JsonObject[] arguments)
    {
        JsonObject rule = new() { ["names"] = TestBundle.Texts(names), ["action"] = action };
        if (errno is not null)
            rule["errnoRet"] = errno;
        if (arguments.Length > 0)
            rule["args"] = new JsonArray([.. arguments]);
        return rule;
    }

    private static JsonObject Argument(int index, ulong value, string op, ulong? second = null)
    {
        JsonObject argument = new() { ["index"] = index, ["value"] = value, ["op"] = op };
        if (second is not null)
            argument["valueTwo"] = second;
        return argument;
    }

    private static JsonObject DockerDefault() =>
        (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Host.ProjectFolder, "rootfs-fixtures/bench/seccomp.json")))!;

    private TestBundle Filtered(JsonObject filter, params string[] args) => Bundle().WithArgs(args).Set("linux.seccomp", filter);

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(null, "Operation not permitted")]
    [TestCase(38, "Function not implemented")]
    [TestCase(18, "Invalid cross-device link")]
    [TestCase(28, "No space left on device")]
    public void Errno_IsWhatTheCallAnswers(int? errno, string words) =>
        Run(Filtered(AllBut(Rule("SCMP_ACT_ERRNO", MakeFolder, errno)), "mkdir", "/dev/x")).Failed(words);

    [Test, Category("Standard")]
    public void DefaultErrno_IsForCallsWithoutARule()
    {
        JsonObject filter = DockerDefault();
        filter["defaultErrnoRet"] = 28;
        Run(Filtered(filter, "mount", "-t", "tmpfs", "x", "/tmp").WithMoreCapabilities("CAP_SYS_ADMIN")).Failed("No space left on device");
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase("SCMP_ACT_KILL_PROCESS")]
    [TestCase("SCMP_ACT_KILL_THREAD")]
    [TestCase("SCMP_ACT_KILL")]
    [TestCase("SCMP_ACT_TRAP")]
    public void Kill_EndsTheProcessWithSigsys(string action)
    {
        Assert.That(Run(Filtered(AllBut(Rule(action, MakeFolder)), "mkdir", "/dev/x")).ExitCode, Is.EqualTo(128 + 31));
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Log_LetsTheCallThrough() =>
        Run(Filtered(AllBut(Rule("SCMP_ACT_LOG", MakeFolder)), "mkdir", "/dev/x")).Succeeded();

    [Test, Category("Standard")]
    public void Trace_WithoutATracer_IsNoSuchCall() =>
        Run(Filtered(AllBut(Rule("SCMP_ACT_TRACE", MakeFolder)), "mkdir", "/dev/x")).Failed("Function not implemented");

    // kill(2)'s second argument is the signal: 0 asks only whether the process is there.
    [Test, Category("Standard")]
    [TestCase("SCMP_CMP_EQ", 0UL, null, "0 denied, 18 allowed")]
    [TestCase("SCMP_CMP_NE", 0UL, null, "0 allowed, 18 denied")]
    [TestCase("SCMP_CMP_LT", 18UL, null, "0 denied, 18 allowed")]
    [TestCase("SCMP_CMP_LE", 18UL, null, "0 denied, 18 denied")]
    [TestCase("SCMP_CMP_GE", 18UL, null, "0 allowed, 18 denied")]
    [TestCase("SCMP_CMP_GT", 18UL, null, "0 allowed, 18 allowed")]
    [TestCase("SCMP_CMP_MASKED_EQ", 16UL, 16UL, "0 allowed, 18 denied")]
    public void Argument_DecidesWhetherTheRuleApplies(string op, ulong value, ulong? second, string expected)
    {
        JsonObject filter = AllBut(Rule("SCMP_ACT_ERRNO", ["kill"], null, Argument(1, value, op, second)));
        const string script = "for s in 0 18; do if kill -$s $$ 2>/dev/null; then echo -n \"$s allowed, \"; else echo -n \"$s denied, \"; fi; done";
        Assert.That(Run(Filtered(filter, "/bin/sh", "-c", script)).Succeeded().Text.TrimEnd(','), Is.EqualTo(expected));
    }

    [Test, Category("Standard")]
    public void Allow_ByArgument_LetsThatCallThroughAlone()
    {
        JsonObject filter = DockerDefault();
        foreach (JsonNode? rule in filter["syscalls"]!.AsArray())
        {
            JsonArray names = rule!["names"]!.AsArray();
            if (names.FirstOrDefault(n => (string?)n == "kill") is { } found)
                names.Remove(found);
        }
        filter["syscalls"]!.AsArray().Add(Rule("SCMP_ACT_ALLOW", ["kill"], null, Argument(1, 18, "SCMP_CMP_EQ")));
        Outcome run = Run(Filtered(filter, "/bin/sh", "-c", "kill -18 $$ && echo continued; kill -0 $$ || echo denied")).Succeeded();
        Assert.That(run.Lines, Is.EqualTo(new[] { "continued", "denied" }));
    }

    [Test, Category("Standard")]
    public void UnknownNames_AreIgnored()
    {
        JsonObject filter = AllBut(Rule("SCMP_ACT_ERRNO", ["no_such_call", .. MakeFolder]), Rule("SCMP_ACT_KILL_PROCESS", ["another_one"]));
        Run(Filtered(filter, "mkdir", "/dev/x")).Failed("Operation not permitted");
    }

    [Test]
    public void UnknownAction_IsRefusedByItsName()
    {
        Run(Filtered(AllBut(Rule("SCMP_ACT_SHRUG", MakeFolder)), "true")).FailedInOneLine("SCMP_ACT_SHRUG");
        AssertNothingLeft();
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(true)]
    [TestCase(false)]
    public void DockerDefault_LetsProgramsRun(bool noNewPrivileges)
    {
        TestBundle bundle = Filtered(DockerDefault(), "/bin/sh", "-c", "ls / >/dev/null && sleep 0.01 && id -u && grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status")
            .Set("process.noNewPrivileges", noNewPrivileges);
        string flag = noNewPrivileges ? "1" : "0";
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "0", $"NoNewPrivs:\t{flag}", "Seccomp:\t2" }));
    }

    [Test, Category("Standard")]
    [TestCase(true)]
    [TestCase(false)]
    public void DockerDefault_IsAnOrdinaryUsersFilterToo(bool noNewPrivileges)
    {
        TestBundle bundle = Filtered(DockerDefault(), "/bin/sh", "-c", "id -u && grep -E '^(Seccomp|CapEff):' /proc/self/status")
            .WithUser(1000, 1000).WithCapabilities().Set("process.noNewPrivileges", noNewPrivileges);
        Assert.That(Run(bundle).Succeeded().Lines, Is.EqualTo(new[] { "1000", "CapEff:\t0000000000000000", "Seccomp:\t2" }));
    }

    // With CAP_SYS_ADMIN, so that it is the filter that denies.
    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(true)]
    [TestCase(false)]
    public void DockerDefault_DeniesMountAndUnshare(bool noNewPrivileges)
    {
        const string script = "mount -t tmpfs x /tmp 2>&1; unshare -U true 2>&1; unshare -m true 2>&1; exit 0";
        TestBundle free = Shell(script).WithMoreCapabilities("CAP_SYS_ADMIN").Set("process.noNewPrivileges", noNewPrivileges);
        Assert.That(Run(free).Succeeded().Text, Is.Empty, "without a filter all of it works");
        TestBundle bundle = Filtered(DockerDefault(), "/bin/sh", "-c", script).WithMoreCapabilities("CAP_SYS_ADMIN").Set("process.noNewPrivileges", noNewPrivileges);
        Outcome run = Run(bundle).Succeeded();
        Assert.That(run.Lines, Has.Length.EqualTo(3).And.All.Match("peration not permitted|ermission denied"), run.ToString());
    }

    [Test, Category("Standard"), Category("Compiled")]
    public void DockerDefault_DeniesKeyringsBpfAndTheLike()
    {
        // Arguments that the kernel itself answers with another error, or takes.
        const string source = """
            #include <errno.h>
            #include <stdio.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            #define TRY(name, ...) do { errno = 0; long r = syscall(SYS_##name, __VA_ARGS__); printf("%s %d\n", #name, r < 0 ? errno : 0); } while (0)
            int main(void)
            {
                TRY(keyctl, 0, -4, 0, 0, 0);
                TRY(add_key, 0, 0, 0, 0, 0);
                TRY(request_key, 0, 0, 0, 0);
                TRY(bpf, 0, 0, 0);
                TRY(perf_event_open, 0, 0, 0, 0, 0);
                TRY(setns, -1, 0);
                TRY(pivot_root, 0, 0);
                TRY(userfaultfd, 0x7fffffff);
                TRY(open_by_handle_at, -1, 0, 0);
                TRY(fsopen, 0, 0);
                TRY(clone, 0x10000000, 0, 0, 0, 0);
                TRY(personality, 0xfffff);
                TRY(getpid, 0);
                return 0;
            }
            """;
        string program = Box.Folder + "/calls";
        CCompiler.Compile(source, program);
        TestBundle bundle = Filtered(DockerDefault(), "/etc/calls").WithOwnRootfs().WithMoreCapabilities("CAP_SYS_ADMIN");
        Fixtures.CopyProgram(program, bundle.Rootfs + "/etc/calls");
        string[] lines = Run(bundle).Succeeded().Lines;
        Assert.That(lines[..^1], Has.All.EndsWith(" 1"));
        Assert.That(lines[^1], Is.EqualTo("getpid 0"));
    }

    [Test, Category("Standard"), Category("Fallback")]
    [TestCase(true)]
    [TestCase(false)]
    public void Exec_HasTheFilterToo(bool noNewPrivileges)
    {
        TestBundle bundle = Sleeper().Set("linux.seccomp", AllBut(Rule("SCMP_ACT_ERRNO", MakeFolder, 38))).Set("process.noNewPrivileges", noNewPrivileges);
        int pid = Start(bundle);
        Assert.That(Host.Status(pid, "Seccomp"), Is.EqualTo("2"));
        Assert.That(Exec(bundle.Id, "grep", "^Seccomp:", "/proc/self/status").Succeeded().Text, Is.EqualTo("Seccomp:\t2"));
        Exec(bundle.Id, "mkdir", "/dev/x").Failed("Function not implemented");
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void NoSeccomp_NoFilter() =>
        Assert.That(RunShell("grep ^Seccomp: /proc/self/status").Text, Is.EqualTo("Seccomp:\t0"));

    [Test, Category("Standard")]
    public void Notify_TheListenerGetsOneDescriptorWithTheState_AndAnswers()
    {
        using DescriptorSocket socket = new(Box.Folder + "/listener");
        JsonObject filter = AllBut(Rule("SCMP_ACT_NOTIFY", MakeFolder));
        filter["listenerPath"] = socket.Path;
        filter["listenerMetadata"] = "words of the engine";
        TestBundle bundle = Filtered(filter, "mkdir", "/dev/x").Set("annotations", new JsonObject { ["org.example"] = "note" });
        using RunningProgram run = Begin(bundle);
        (string message, FileDescriptor? descriptor) = socket.Receive();
        using FileDescriptor listener = descriptor ?? throw new AssertionException("no descriptor came with the message");
        using JsonDocument json = JsonDocument.Parse(message);
        JsonElement root = json.RootElement, state = root.GetProperty("state");
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("ociVersion").GetString(), Is.Not.Empty);
            Assert.That(root.GetProperty("fds").EnumerateArray().Select(e => e.GetString()), Is.EqualTo(new[] { "seccompFd" }));
            Assert.That(root.GetProperty("metadata").GetString(), Is.EqualTo("words of the engine"));
            Assert.That(Host.CgroupOf(root.GetProperty("pid").GetInt32(), "memory"), Is.EqualTo("/" + bundle.Id), "pid is not the container's process");
            Assert.That(state.GetProperty("id").GetString(), Is.EqualTo(bundle.Id));
            Assert.That(state.GetProperty("status").GetString(), Is.EqualTo("creating"));
            Assert.That(state.GetProperty("pid").GetInt32(), Is.EqualTo(root.GetProperty("pid").GetInt32()));
            Assert.That(state.GetProperty("bundle").GetString(), Is.EqualTo(bundle.Folder));
            Assert.That(state.GetProperty("annotations").GetProperty("org.example").GetString(), Is.EqualTo("note"));
        });
        Answer(listener, Errno.EXDEV);
        run.Wait().Failed("Invalid cross-device link");
    }

    [Test, Category("Standard")]
    public void Notify_OfAnExec_TheListenerGetsTheNewProcess()
    {
        using DescriptorSocket socket = new(Box.Folder + "/listener");
        JsonObject filter = AllBut(Rule("SCMP_ACT_NOTIFY", MakeFolder));
        filter["listenerPath"] = socket.Path;
        TestBundle bundle = Sleeper().Set("linux.seccomp", filter);
        // Created, and then started: as engines do it.
        using RunningProgram create = Box.Command("create", "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? first) = socket.Receive();
        using FileDescriptor? closed = first;
        create.Wait().Succeeded();
        Call("start", bundle.Id).Succeeded();
        int init = Pid(bundle.Id);
        string file = Box.Folder + "/pid";
        using RunningProgram exec = Box.Command("exec", "--pid-file", file, bundle.Id, "mkdir", "/dev/x").Start();
        (string message, FileDescriptor? descriptor) = socket.Receive();
        using FileDescriptor listener = descriptor ?? throw new AssertionException("no descriptor came with the message");
        using JsonDocument json = JsonDocument.Parse(message);
        JsonElement root = json.RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("pid").GetInt32(), Is.EqualTo(int.Parse(File.ReadAllText(file))).And.Not.EqualTo(init));
            Assert.That(root.GetProperty("state").GetProperty("pid").GetInt32(), Is.EqualTo(init));
            Assert.That(root.GetProperty("state").GetProperty("status").GetString(), Is.EqualTo("running"));
        });
        Answer(listener, Errno.EXDEV);
        exec.Wait().Failed("Invalid cross-device link");
        Delete(bundle.Id);
    }

    [Test]
    public void Notify_NobodyListens_IsRefusedAndLeavesNothing()
    {
        JsonObject filter = AllBut(Rule("SCMP_ACT_NOTIFY", MakeFolder));
        filter["listenerPath"] = Box.Folder + "/nobody";
        Run(Filtered(filter, "true")).FailedInOneLine("nobody");
        AssertNothingLeft();
        filter = AllBut(Rule("SCMP_ACT_NOTIFY", MakeFolder));
        Run(Filtered(filter, "true")).FailedInOneLine("listenerPath");
        AssertNothingLeft();
    }

    // Takes one call and answers it with an error (seccomp_unotify(2)).
    private static unsafe void Answer(FileDescriptor listener, int errno)
    {
        int receive = unchecked((int)0xc0502100), send = unchecked((int)0xc0182101);
        Assert.That(Polling.WaitReadable(listener, 15_000), "no call came");
        Notification call = default;
        Check.Ok(Kernel.Call(SYS.ioctl, listener.Number, receive, (nint)(&call)), "receive", "notification");
        Response response = new() { Id = call.Id, Error = -errno };
        Check.Ok(Kernel.Call(SYS.ioctl, listener.Number, send, (nint)(&response)), "answer", "notification");
    }

    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct Notification
    {
        [FieldOffset(0)] public ulong Id;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    private struct Response
    {
        [FieldOffset(0)] public ulong Id;
        [FieldOffset(16)] public int Error;
    }
}
