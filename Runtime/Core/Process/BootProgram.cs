using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Process;

/// <summary>The few instructions that a child walks in our own memory before its first execve: what it inherits, then the image.</summary>
public static class BootProgram
{
    private const int FailureCode = 127;

    /// <summary>A program that ends when something in it fails; the parent reads what.</summary>
    public static ChildProgram New()
    {
        ChildProgram child = new();
        Label begin = child.NewLabel();
        child.Jump(begin);
        child.SetFailure(child.MarkHere());
        Label failure = child.Failure!.Value;
        child.Call(SYS.exit_group, FailureCode).On(Instruction.AnyError, failure);
        child.Mark(begin);
        return child;
    }

    /// <summary>Writes: keep these descriptors, the standard streams and the first <paramref name="preserved"/> from 3 on, close all others at execve.</summary>
    public static void KeepDescriptors(ChildProgram child, KernelFeatures features, IEnumerable<int> kept, int preserved)
    {
        if (features.CloseRangeCloexec)
            child.Call(SYS.close_range, 3 + preserved, uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        else
            foreach (int inherited in OpenDescriptors())
                if (inherited >= 3 + preserved)
                    // A descriptor that is gone meanwhile (EBADF) needs no mark: the list's own.
                    MarkIfOpen(child, inherited);
        foreach (int descriptor in kept)
            child.Call(SYS.fcntl, descriptor, F_SETFD, 0);
    }

    /// <summary>The program that becomes <paramref name="image"/>, an executable in a memfd.</summary>
    public static ChildProgram Into(FileDescriptor image, KernelFeatures features, IEnumerable<int> kept, int preserved)
    {
        ChildProgram child = New();
        KeepDescriptors(child, features, kept, preserved);
        child.Call(SYS.execveat, image.Number, child.Text(""), child.TextList(["vrun:init"]), child.TextList([]), AT_EMPTY_PATH);
        return child;
    }

    private static void MarkIfOpen(ChildProgram child, int descriptor)
    {
        Label next = child.NewLabel();
        child.Call(SYS.fcntl, descriptor, F_SETFD, FD_CLOEXEC).On(Errno.EBADF, next);
        child.Mark(next);
        child.Set(Slot.None, 0);
    }

    private static List<int> OpenDescriptors()
    {
        using FileDescriptor folder = Files.Open(null, "/proc/self/fd", O_RDONLY | O_DIRECTORY);
        return Files.List(folder).ConvertAll(int.Parse);
    }
}
