using System.Runtime.InteropServices;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Clone;

namespace Vessel.Native.Child;

/// <summary>Starts a child that walks a program until it calls execve.</summary>
/// <remarks>
/// The child shares our memory until then (CLONE_VM) and the calling thread waits for it (CLONE_VFORK), so nothing is copied, and a failure is
/// read from the program's own slots. All signals are blocked across the clone: no handler of ours can run in the child. The program unblocks
/// them; execve resets the handlers.
/// </remarks>
public static unsafe class Spawner
{
    private static delegate* unmanaged<byte*, nint, nint, nint, nint, nint, nint> spawn;

    /// <summary>Clones with <paramref name="namespaces"/> (CLONE_NEW…) and lets the child walk <paramref name="program"/>.</summary>
    /// <param name="program">It must end in execve or exit. Its failure part must exit.</param>
    /// <param name="namespaces">New namespaces for the child.</param>
    /// <param name="features">Decides between clone3 and clone.</param>
    /// <exception cref="SyscallException">The clone was refused, or the program failed before execve; the child is reaped.</exception>
    public static ProcessHandle Start(ChildProgram program, ulong namespaces, KernelFeatures features)
    {
        FileDescriptor? none = null;
        return Start(program, namespaces, features, ref none);
    }

    /// <summary>As <see cref="Start(ChildProgram, ulong, KernelFeatures)"/>, born in a v2 cgroup.</summary>
    /// <param name="program">It must end in execve or exit. Its failure part must exit.</param>
    /// <param name="namespaces">New namespaces for the child.</param>
    /// <param name="features">Decides between clone3 and clone.</param>
    /// <param name="cgroup">The cgroup's folder (CLONE_INTO_CGROUP, Linux 5.7); null afterwards where the kernel would not have it so, and the child is in our own cgroup.</param>
    public static ProcessHandle Start(ChildProgram program, ulong namespaces, KernelFeatures features, ref FileDescriptor? cgroup)
    {
        int size = ProgramImage.SizeOf(program);
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)size);
        try
        {
            ProgramImage.Write(program, new Span<byte>(memory, size), (ulong)memory);
            delegate* unmanaged<byte*, nint, nint, nint, nint, nint, nint> function = Function();
            int pidfd = -1;
            ulong flags = namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
            ulong mask = Signals.BlockAll();
            nint pid;
            try
            {
                // SAFETY: the code touches only `memory`, which lives until after the call: CLONE_VFORK holds us there until the child has left our address space.
                if (features.Clone3)
                {
                    clone_args arguments = new() { flags = flags, pidfd = (ulong)&pidfd, exit_signal = Signal.SIGCHLD };
                    if (cgroup is not null)
                    {
                        arguments.flags |= CLONE_INTO_CGROUP;
                        arguments.cgroup = (ulong)cgroup.Number;
                    }
                    pid = function(memory, SYS.clone3, (nint)(&arguments), sizeof(clone_args), 0, 0);
                    if (pid < 0 && cgroup is not null)
                    {
                        // An older kernel, a cgroup that takes no processes, or one that we may not write to: whoever moves the child in will be told.
                        cgroup = null;
                        arguments.flags = flags;
                        arguments.cgroup = 0;
                        pid = function(memory, SYS.clone3, (nint)(&arguments), sizeof(clone_args), 0, 0);
                    }
                }
                else
                {
                    cgroup = null;
                    pid = function(memory, SYS.clone, (nint)(flags | Signal.SIGCHLD), 0, (nint)(&pidfd), 0);
                }
            }
            finally
            {
                Signals.Restore(mask);
            }
            Check.Ok(pid, "clone", namespaces == 0 ? "process" : $"process with {DescribeNamespaces(namespaces)}");
            ProcessHandle process = new((int)pid, pidfd < 0 ? null : new FileDescriptor(pidfd));
            ThrowIfFailed(program, memory, process);
            return process;
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    /// <summary>Flags of CLONE_NEW… by the kernel's names.</summary>
    public static string DescribeNamespaces(ulong flags)
    {
        List<string> names = [];
        foreach ((ulong flag, string name) in (ReadOnlySpan<(ulong, string)>)
        [
            (CLONE_NEWNS, "CLONE_NEWNS"), (CLONE_NEWPID, "CLONE_NEWPID"), (CLONE_NEWNET, "CLONE_NEWNET"), (CLONE_NEWIPC, "CLONE_NEWIPC"),
            (CLONE_NEWUTS, "CLONE_NEWUTS"), (CLONE_NEWUSER, "CLONE_NEWUSER"), (CLONE_NEWCGROUP, "CLONE_NEWCGROUP"), (CLONE_NEWTIME, "CLONE_NEWTIME"),
        ])
            if ((flags & flag) != 0)
                names.Add(name);
        return string.Join('|', names);
    }

    private static void ThrowIfFailed(ChildProgram program, byte* memory, ProcessHandle process)
    {
        ulong* slots = (ulong*)(memory + ProgramImage.HeaderSize);
        int failed = (int)slots[Slot.FailedInstruction.Index];
        int errno = (int)slots[Slot.Errno.Index];
        if (failed == 0)
            return;
        process.Wait();
        process.Dispose();
        throw program.Failed(failed, errno);
    }

    private static delegate* unmanaged<byte*, nint, nint, nint, nint, nint, nint> Function()
    {
        if (spawn == null)
        {
            nint page = CodePage.Map(Walker.Code);
            // SAFETY: the page holds Walker.Code, whose `spawn` has this signature; the page is never unmapped. Two threads that race here make two pages.
            spawn = (delegate* unmanaged<byte*, nint, nint, nint, nint, nint, nint>)(page + Walker.SpawnOffset);
        }
        return spawn;
    }
}
