using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>An attacker: exchanges two names of a folder with each other, as fast as the kernel can, until it is disposed (renameat2, RENAME_EXCHANGE).</summary>
/// <remarks>It is a child program of our own walker: a loop of one system call, faster than any other program.</remarks>
internal sealed class Exchanger : IDisposable
{
    private const int RENAME_EXCHANGE = 2;

    private readonly ProcessHandle process;

    public Exchanger(string first, string second)
    {
        ChildProgram loop = Core.Process.BootProgram.New();
        loop.Begin(new Step());
        Label again = loop.MarkHere();
        loop.Call(SYS.renameat2, Open.AT_FDCWD, loop.Text(first), Open.AT_FDCWD, loop.Text(second), RENAME_EXCHANGE);
        loop.Jump(again);
        using FileDescriptor image = ProgramImage.ToExecutable(loop);
        process = Spawner.Start(Core.Process.BootProgram.Into(image, KernelFeatures.Probe(), [], 0), 0, KernelFeatures.Probe());
    }

    /// <summary>Whether it still works.</summary>
    public bool IsRunning => !process.WaitForEnd(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        process.TryKill(Signal.SIGKILL);
        process.Wait();
        process.Dispose();
    }

    private sealed class Step : IPlanStep
    {
        public string Describe() => "exchange";

        public string DescribeFailure(int errno) => $"exchange: {SyscallException.Describe(errno)}";
    }
}
