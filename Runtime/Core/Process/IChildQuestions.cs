using Vessel.Native.Safe;

namespace Vessel.Core.Process;

/// <summary>Answers to a child's questions; <see cref="Plan.InitMessage"/> has the protocol. A question that a plan never asks is a bug of the plan's.</summary>
public interface IChildQuestions
{
    /// <summary>The child stands in a new user namespace and waits for its mappings.</summary>
    void MapIds(int pid) => throw Unexpected(nameof(MapIds));

    /// <summary>A target isn't there, or the child cannot resolve it.</summary>
    FileDescriptor ResolveTarget(FileDescriptor root, int index) => throw Unexpected(nameof(ResolveTarget));

    /// <summary>A path that may be missing; null where it is.</summary>
    FileDescriptor? ResolveExisting(FileDescriptor root, int index) => throw Unexpected(nameof(ResolveExisting));

    /// <summary>The devices of <see cref="Rootfs.MakeForeignDevices"/>, made outside of the child's user namespace;
    /// null where that is refused here, too.</summary>
    FileDescriptor? MakeDevices() => throw Unexpected(nameof(MakeDevices));

    /// <summary>A new tmpfs begins with a copy of a folder.</summary>
    void CopyUp(FileDescriptor from, FileDescriptor to) => throw Unexpected(nameof(CopyUp));

    /// <summary>Descriptors of the cgroups' files that the child writes to.</summary>
    IReadOnlyList<FileDescriptor> JoinCgroups(int pid) => throw Unexpected(nameof(JoinCgroups));

    /// <summary>The moment before <paramref name="root"/> becomes the root.</summary>
    void RunCreateHooks(int pid, FileDescriptor root) => throw Unexpected(nameof(RunCreateHooks));

    /// <summary>The master of the child's terminal; it is closed after the call.</summary>
    void TakeTerminal(FileDescriptor master) => throw Unexpected(nameof(TakeTerminal));

    /// <summary>The child's descriptor of that number is the listener of its filter.</summary>
    void TakeSeccompListener(int pid, int descriptor) => throw Unexpected(nameof(TakeSeccompListener));

    /// <summary>The next whole proc or sysfs outside of the new root.</summary>
    /// <param name="mountinfo">The child's mount table.</param>
    /// <param name="root">The new root.</param>
    /// <returns>What to do, one character, and the mount point: absolute, or relative to the directory that the new
    /// root covers. Empty where none is left.</returns>
    string NextHostProc(FileDescriptor mountinfo, FileDescriptor root) => throw Unexpected(nameof(NextHostProc));

    /// <summary>The standard streams are to belong to the program's user.</summary>
    void GiveStdio(int pid) => throw Unexpected(nameof(GiveStdio));

    /// <summary>Only execve is left.</summary>
    void Created(int pid)
    {
    }

    private static InvalidOperationException Unexpected(string question) => new($"the child asked {question}, which its plan has no use for");
}
