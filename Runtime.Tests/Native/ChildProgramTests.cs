using NUnit.Framework;
using Vessel.Core.Process;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.NativeSuite;

/// <summary>A child program does what it says: calls, kept results, branches, handlers of errors, and the report of what failed.</summary>
public sealed class ChildProgramTests
{
    [Test]
    public void ExitCode_IsTheProgramsOwn()
    {
        ChildProgram child = BootProgram.New();
        child.Call(SYS.exit_group, 42);
        Assert.That(RunToEnd(child), Is.EqualTo(42));
    }

    [Test]
    public void ResultOfACall_IsKeptAndUsed()
    {
        ChildProgram child = BootProgram.New();
        Slot first = child.CallInto(SYS.umask, 0x1f);
        Slot second = child.CallInto(SYS.umask, first);
        child.Call(SYS.exit_group, second);
        Assert.That(RunToEnd(child), Is.EqualTo(0x1f));
    }

    [Test]
    public void Error_GoesToTheHandlerThatNamesIt()
    {
        ChildProgram child = BootProgram.New();
        Label wrong = child.NewLabel(), right = child.NewLabel();
        child.Call(SYS.openat, Open.AT_FDCWD, child.Text("/no/such/file"), 0).On(Errno.EACCES, wrong).On(Errno.ENOENT, right).On(Instruction.AnyError, wrong);
        child.Call(SYS.exit_group, 1);
        child.Mark(wrong);
        child.Call(SYS.exit_group, 2);
        child.Mark(right);
        child.Call(SYS.exit_group, Slot.Errno);
        Assert.That(RunToEnd(child), Is.EqualTo(Errno.ENOENT));
    }

    [Test]
    public void Success_GoesOnWhereItIsTold()
    {
        ChildProgram child = BootProgram.New();
        Label end = child.NewLabel();
        child.Call(SYS.getpid).Then(end);
        child.Call(SYS.exit_group, 1);
        child.Mark(end);
        child.Call(SYS.exit_group, 7);
        Assert.That(RunToEnd(child), Is.EqualTo(7));
    }

    [Test]
    public void LoadStoreAndBranch_WorkOnTheProgramsOwnData()
    {
        ChildProgram child = BootProgram.New();
        Data word = child.Reserve(8);
        child.Store(word, 0x12345678);
        Slot low = child.Load(word, 0xff);
        Label same = child.NewLabel();
        child.BranchIfEqual(low, 0x78, same);
        child.Call(SYS.exit_group, 1);
        child.Mark(same);
        child.Set(low, 9);
        child.Call(SYS.exit_group, low);
        Assert.That(RunToEnd(child), Is.EqualTo(9));
    }

    [Test]
    public void ErrorWithoutAHandler_IsTheParentsException()
    {
        ChildProgram child = BootProgram.New();
        child.Call(SYS.chdir, child.Text("/no/such/folder"));
        SyscallException error = Assert.Throws<SyscallException>(() => Spawner.Start(child, 0, KernelFeatures.All))!;
        Assert.That(error.Message, Is.EqualTo("chdir: no such file or directory (ENOENT)"));
        Assert.That(error.Errno, Is.EqualTo(Errno.ENOENT));
    }

    [Test]
    public void FirstInstructionThatFails_IsToldToo()
    {
        ChildProgram child = new();
        child.Call(SYS.chdir, child.Text("/no/such/folder"));
        child.SetFailure(child.MarkHere());
        child.Call(SYS.exit_group, 1);
        Assert.That(() => Spawner.Start(child, 0, KernelFeatures.All), Throws.TypeOf<SyscallException>());
    }

    [Test]
    public void LabelThatWasNeverPutDown_IsRefusedBeforeTheClone()
    {
        ChildProgram child = BootProgram.New();
        child.Jump(child.NewLabel());
        Assert.That(() => Spawner.Start(child, 0, KernelFeatures.All), Throws.InvalidOperationException);
    }

    [Test]
    public void WithoutClone3_ItStartsByClone()
    {
        ChildProgram child = BootProgram.New();
        child.Call(SYS.exit_group, 5);
        using ProcessHandle process = Spawner.Start(child, 0, KernelFeatures.None);
        Assert.That(process.Wait(), Is.EqualTo(5));
    }

    [Test]
    public void Image_IsSealed_AndRunsFromMemory()
    {
        ChildProgram program = BootProgram.New();
        program.Call(SYS.exit_group, 11);
        using FileDescriptor image = ProgramImage.ToExecutable(program);
        Assert.That(Files.TryWrite(image, [0]), Is.EqualTo((nint)(-Errno.EPERM)), "sealed against writes");
        ChildProgram boot = BootProgram.Into(image, KernelFeatures.All, [], 0);
        using ProcessHandle process = Spawner.Start(boot, 0, KernelFeatures.All);
        Assert.That(process.Wait(), Is.EqualTo(11));
    }

    [Test]
    public void Signals_AreBlockedOnlyInTheChild()
    {
        ulong before = Signals.Block(0);
        ChildProgram child = BootProgram.New();
        child.Call(SYS.exit_group, 0);
        RunToEnd(child);
        Assert.That(Signals.Block(0), Is.EqualTo(before));
    }

    [Test]
    public void WalkerOfArm64_WalksThere()
    {
        if (Require.Find("qemu-aarch64") is not { } emulator)
        {
            TestContext.Out.WriteLine("left out: arm64's walker, run by qemu-aarch64 (qemu-user)");
            return;
        }
        const int openat = 56, exit_group = 94, umask = 166;
        ChildProgram program = new();
        Label failure = program.NewLabel(), missing = program.NewLabel(), good = program.NewLabel();
        program.SetFailure(failure);
        program.Call(openat, Open.AT_FDCWD, program.Text("/no/such/file"), 0).On(Errno.EACCES, failure).On(Errno.ENOENT, missing);
        program.Mark(failure);
        program.Call(exit_group, 1);
        program.Mark(missing);
        Data word = program.Reserve(8);
        program.Store(word, 0x1234);
        program.Call(umask, program.Load(word, 0xff));
        Slot mask = program.CallInto(umask, 0);
        program.BranchIfEqual(mask, 0x34, good);
        program.Jump(failure);
        program.Mark(good);
        program.Call(exit_group, mask);
        using FileDescriptor image = ProgramImage.ToExecutable(program, System.Runtime.InteropServices.Architecture.Arm64);
        string path = Path.GetTempFileName();
        try
        {
            File.Copy($"/proc/self/fd/{image.Number}", path, overwrite: true);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.That(new Launch(emulator, path).Start().Wait().ExitCode, Is.EqualTo(0x34));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static int RunToEnd(ChildProgram child)
    {
        using ProcessHandle process = Spawner.Start(child, 0, KernelFeatures.All);
        return process.Wait();
    }
}
