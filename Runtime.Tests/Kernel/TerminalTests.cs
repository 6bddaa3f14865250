using NUnit.Framework;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>Containers with a terminal: in the foreground, and handed over by a console socket.</summary>
public sealed class TerminalTests : KernelTest
{
    private RunningProgram OnTerminal(Pty pty, params string[] arguments)
    {
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, arguments);
        return new Launch(launch.Path, [.. launch.Arguments]) { Terminal = pty.Slave, Filter = launch.Filter }.Start();
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void ConsoleSocket_ReceivesAMasterWhoseSizeWorks()
    {
        TestBundle bundle = Shell("while read line; do stty size; echo got $line; done").Set("process.terminal", true);
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram create = RuntimeUnderTest.Command(Box.StateRoot, "create", "--console-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? master) = socket.Receive();
        create.Wait().Succeeded();
        Assert.That(master, Is.Not.Null);
        using Pty pty = new(master!);
        pty.Resize(33, 101);
        Call("start", bundle.Id).Succeeded();
        pty.Type("hello\n");
        Assert.That(pty.WaitFor("got hello"), pty.Seen);
        Assert.That(pty.Seen, Does.Contain("33 101"));
        Delete(bundle.Id);
    }

    [Test, Category("Fallback")]
    public void Foreground_RawMode_Sizes_ExitCode()
    {
        TestBundle bundle = Shell("stty size; tty; read x; echo \"<$x>\"; exit 23").Set("process.terminal", true);
        using Pty pty = new(rows: 40, columns: 111);
        Assert.That(pty.IsCooked);
        using RunningProgram run = OnTerminal(pty, "run", "-b", bundle.Save().Folder, bundle.Id);
        Assert.That(pty.WaitFor("40 111"), pty.Seen);
        Assert.That(pty.WaitFor("/dev/pts/0"), pty.Seen);
        Assert.That(pty.IsCooked, Is.False, "the caller's terminal is not raw");
        pty.Type("typed\r");
        Assert.That(pty.WaitFor("<typed>"), pty.Seen);
        Assert.That(run.Wait(10_000).ExitCode, Is.EqualTo(23));
        Assert.That(pty.IsCooked, "the caller's terminal is not put back");
    }

    [Test]
    public void Foreground_ResizeIsPassedOn()
    {
        TestBundle bundle = Shell("trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.05; done").Set("process.terminal", true);
        using Pty pty = new(24, 80);
        using RunningProgram run = OnTerminal(pty, "run", "-b", bundle.Save().Folder, bundle.Id);
        Assert.That(pty.WaitFor("ready"), pty.Seen);
        pty.Resize(50, 132);
        Assert.That(pty.WaitFor("50 132"), pty.Seen);
        Assert.That(run.Wait(10_000).ExitCode, Is.EqualTo(3));
    }

    [Test]
    public void Foreground_CtrlC_ReachesTheShellAndNotTheRuntime()
    {
        TestBundle bundle = Shell("trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done").Set("process.terminal", true);
        using Pty pty = new();
        using RunningProgram run = OnTerminal(pty, "run", "-b", bundle.Save().Folder, bundle.Id);
        Assert.That(pty.WaitFor("ready"), pty.Seen);
        pty.Type("\u0003");
        Assert.That(pty.WaitFor("interrupted"), pty.Seen);
        Assert.That(run.Wait(10_000).ExitCode, Is.EqualTo(5));
    }

    [Test]
    public void Foreground_WithPipes_RelaysInputAndOutput()
    {
        TestBundle bundle = Shell("stty -echo; read x; echo \"<$x>\"; test -t 0 && echo tty").Set("process.terminal", true);
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        Outcome run = new Launch(launch.Path, [.. launch.Arguments]) { Input = "line\n"u8.ToArray(), Filter = launch.Filter }.Start().Wait().Succeeded();
        Assert.That(run.Output, Does.Contain("<line>").And.Contain("tty"));
    }

    [Test]
    public void Foreground_AllOutputArrivesBeforeTheEnd()
    {
        TestBundle bundle = Shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done").Set("process.terminal", true);
        Launch launch = RuntimeUnderTest.Command(Box.StateRoot, "run", "-b", bundle.Save().Folder, bundle.Id);
        Outcome run = launch.Start().Wait().Succeeded();
        Assert.That(run.Output.Split("\n", StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(Enumerable.Range(0, 20000).Select(i => $"line {i}")));
    }

    [Test, Category("Standard"), Category("Fallback")]
    public void Console_IsTheSameTerminal()
    {
        TestBundle bundle = Shell("echo via console > /dev/console; stat -c %t:%T /dev/console; stat -L -c %t:%T /proc/self/fd/0").Set("process.terminal", true);
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-d", "--console-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? master) = socket.Receive();
        run.Wait().Succeeded();
        using Pty pty = new(master!);
        Assert.That(pty.WaitFor("via console"), pty.Seen);
        Assert.That(pty.WaitFor("88:0\r\n88:0"), pty.Seen);
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Terminal_BelongsToTheUser()
    {
        TestBundle bundle = Shell("stat -c %u:%g /dev/pts/0; echo ok > /dev/pts/0").Set("process.terminal", true).WithUser(1000, 1000);
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-d", "--console-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? master) = socket.Receive();
        run.Wait().Succeeded();
        using Pty pty = new(master!);
        Assert.That(pty.WaitFor("ok"), pty.Seen);
        Assert.That(pty.Seen, Does.Contain("1000:5"));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void ConsoleSize_OfTheDocument_IsSet()
    {
        TestBundle bundle = Shell("sleep 0.2; stty size").Set("process.terminal", true).Set("process.consoleSize", new System.Text.Json.Nodes.JsonObject { ["height"] = 17, ["width"] = 71 });
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-d", "--console-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? master) = socket.Receive();
        run.Wait().Succeeded();
        using Pty pty = new(master!);
        Assert.That(pty.WaitFor("17 71"), pty.Seen);
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Terminal_Detached_NeedsAConsoleSocket()
    {
        TestBundle bundle = Shell("true").Set("process.terminal", true);
        Create(bundle).Failed("cannot allocate tty if ", "will detach without setting console socket");
        Run(bundle, "-d").Failed("cannot allocate tty if ", "will detach without setting console socket");
        TestBundle plain = Shell("true");
        Create(plain, "--console-socket", Box.Folder + "/none").Failed("cannot use console socket if ", "will not detach or allocate tty");
        AssertNothingLeft();
    }

    [Test]
    public void ConsoleSocket_ThatNobodyListensOn_UndoesTheContainer()
    {
        TestBundle bundle = Shell("true").Set("process.terminal", true);
        Create(bundle, "--console-socket", Box.Folder + "/none").FailedInOneLine("none");
        AssertNothingLeft();
    }

    [Test, Category("Fallback")]
    public void Exec_Tty_InTheForeground()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        using Pty pty = new(30, 90);
        using RunningProgram exec = OnTerminal(pty, "exec", "-t", bundle.Id, "sh", "-c", "tty; stty size; read x; echo \"<$x>\"; exit 6");
        Assert.That(pty.WaitFor("/dev/pts/"), pty.Seen);
        Assert.That(pty.WaitFor("30 90"), pty.Seen);
        pty.Type("abc\r");
        Assert.That(pty.WaitFor("<abc>"), pty.Seen);
        Assert.That(exec.Wait(10_000).ExitCode, Is.EqualTo(6));
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Exec_Tty_ByConsoleSocket()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram exec = RuntimeUnderTest.Command(Box.StateRoot, "exec", "-t", "-d", "--console-socket", socket.Path, bundle.Id, "sh", "-c", "read x; echo \"<$x>\"").Start();
        (_, FileDescriptor? master) = socket.Receive();
        exec.Wait().Succeeded();
        using Pty pty = new(master!);
        pty.Type("there\n");
        Assert.That(pty.WaitFor("<there>"), pty.Seen);
        Delete(bundle.Id);
    }

    [Test, Category("Standard")]
    public void Terminal_IsTheControllingOneOfANewSession()
    {
        TestBundle bundle = Shell("cut -d' ' -f6,7 /proc/self/stat; sleep 1000").Set("process.terminal", true);
        using DescriptorSocket socket = new(Box.Folder + "/console");
        using RunningProgram run = RuntimeUnderTest.Command(Box.StateRoot, "run", "-d", "--console-socket", socket.Path, "-b", bundle.Save().Folder, bundle.Id).Start();
        (_, FileDescriptor? master) = socket.Receive();
        run.Wait().Succeeded();
        using Pty pty = new(master!);
        // The session is the first process's; the terminal is 136:0.
        Assert.That(pty.WaitFor("1 34816"), pty.Seen);
        Delete(bundle.Id);
    }
}
