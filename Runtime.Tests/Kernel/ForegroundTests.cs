using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.KernelSuite;

/// <summary>A foreground run or exec stays with its process to the end, whatever signal it gets and whatever becomes of
/// its output.</summary>
public sealed class ForegroundTests : KernelTest
{
    // The C library keeps 32 and 33 to itself; KILL and STOP cannot be caught, and CHLD is about the runtime's own
    // children.
    private static readonly int[] Catchable = [.. Enumerable.Range(1, Signal.Max).Except([Signal.SIGKILL, Signal.SIGSTOP, Signal.SIGCHLD, 32, 33])];

    private static string EchoSignals => $"for s in {string.Join(' ', Catchable)}; do trap \"echo got $s\" $s; done; echo ready; while :; do sleep 0.05; done";

    private static unsafe (FileDescriptor Read, FileDescriptor Write) Pipe(int flags = 0)
    {
        int* pair = stackalloc int[2];
        Check.Ok(Kernel.Call(SYS.pipe2, (nint)pair, Open.O_CLOEXEC | flags), "pipe");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    private Launch OnTerminal(TestBundle bundle, FileDescriptor output)
    {
        Launch launch = Box.Command("run", "-b", bundle.Set("process.terminal", true).Save().Folder, bundle.Id);
        return new Launch(launch.Path, [.. launch.Arguments]) { Stdout = output, Filter = launch.Filter };
    }

    private static void SendAll(RunningProgram program)
    {
        Assert.That(Host.Eventually(() => program.Output.Contains("ready")), program.Error);
        foreach (int signal in Catchable)
        {
            program.Signal(signal);
            Assert.That(Host.Eventually(() => program.Output.Contains($"got {signal}\n")), $"signal {signal} was not passed on: {program.Output}");
        }
        Assert.That(program.HasEnded, Is.False);
    }

    [Test]
    public void Run_PassesOnEverySignalThatCanBeCaught()
    {
        TestBundle bundle = Shell(EchoSignals);
        using RunningProgram run = Begin(bundle);
        SendAll(run);
        Delete(bundle.Id);
        Assert.That(run.Wait().ExitCode, Is.EqualTo(128 + Signal.SIGKILL));
    }

    [Test]
    public void Exec_PassesOnEverySignalThatCanBeCaught()
    {
        TestBundle bundle = Sleeper();
        Start(bundle);
        using RunningProgram exec = Box.Command("exec", bundle.Id, "sh", "-c", EchoSignals).Start();
        SendAll(exec);
        Delete(bundle.Id);
        Assert.That(exec.Wait().ExitCode, Is.EqualTo(128 + Signal.SIGKILL));
    }

    [Test]
    public void Terminal_OutputToAFullDisk_TheContainerRunsToItsEnd_AndIsRemoved()
    {
        using FileDescriptor full = Files.Open(null, "/dev/full", Open.O_WRONLY);
        TestBundle bundle = Shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 23");
        Outcome run = OnTerminal(bundle, full).Start().Wait();
        Assert.That(run.ExitCode, Is.EqualTo(23), run.ToString());
        AssertNothingLeft();
    }

    [Test]
    public void Terminal_ReaderThatLeft_TheContainerRunsToItsEnd_AndIsRemoved()
    {
        (FileDescriptor read, FileDescriptor write) = Pipe();
        read.Dispose();
        using (write)
        {
            Outcome run = OnTerminal(Shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 23"), write).Start().Wait();
            Assert.That(run.ExitCode, Is.EqualTo(23), run.ToString());
        }
        AssertNothingLeft();
    }

    // Engines pass pipes that do not block; what does not fit at once comes later, and nothing is lost.
    [Test]
    public void Terminal_NonBlockingPipeThatIsFull_GetsEverythingInTime()
    {
        const int lines = 30_000;
        (FileDescriptor read, FileDescriptor write) = Pipe(Open.O_NONBLOCK);
        using FileDescriptor closed = read;
        RunningProgram run;
        using (write)
            run = OnTerminal(Shell($"i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); done; exit 23"), write).Start();
        using (run)
        {
            List<byte> all = [];
            byte[] buffer = new byte[512];
            while (Polling.WaitReadable(read, 30_000) && Files.TryRead(read, buffer) is > 0 and { } length)
                all.AddRange(buffer[..(int)length]);
            string[] seen = System.Text.Encoding.UTF8.GetString([.. all]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.That(seen, Is.EqualTo(Enumerable.Range(0, lines).Select(i => $"line {i}")));
            Assert.That(run.Wait().ExitCode, Is.EqualTo(23));
        }
    }

    // Passing signals on does not wait for the reader.
    [Test]
    public void Terminal_NobodyReads_SignalsAreStillPassedOn()
    {
        (FileDescriptor read, FileDescriptor write) = Pipe();
        using FileDescriptor closed = read;
        RunningProgram run;
        string flag = Box.Folder + "/terminated";
        using (write)
            run = OnTerminal(Shell("trap 'echo > /out/terminated; exit 3' TERM; (while :; do echo lines and lines and lines; done) & echo > /out/ready; while :; do sleep 0.05; done").WithMount("/out", "bind", Box.Folder, "bind"), write).Start();
        using (run)
        {
            Assert.That(Host.Eventually(() => File.Exists(Box.Folder + "/ready")));
            run.Signal(Signal.SIGTERM);
            Assert.That(Host.Eventually(() => File.Exists(flag)));
            // The program has ended; what it printed still waits for a reader. A further signal gives that up.
            Assert.That(Host.Eventually(() =>
            {
                run.Signal(Signal.SIGTERM);
                return run.HasEnded;
            }));
            Assert.That(run.Wait().ExitCode, Is.EqualTo(3));
        }
        AssertNothingLeft();
    }

    [Test, Category("Standard")]
    public void Terminal_OutputIntoAFile_HasNoCarriageReturns()
    {
        TestBundle bundle = Shell("echo one; echo two").Set("process.terminal", true);
        Assert.That(Run(bundle).Succeeded().Output, Is.EqualTo("one\ntwo\n"));
        TestBundle sleeper = Sleeper();
        Start(sleeper);
        Assert.That(Call("exec", "-t", sleeper.Id, "echo", "three").Succeeded().Output, Is.EqualTo("three\n"));
        Delete(sleeper.Id);
    }
}
