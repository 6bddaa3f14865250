using System.Buffers.Binary;
using System.Text;
using Vessel.Core.Cgroups;
using Vessel.Core.Errors;
using Vessel.Core.Hooks;
using Vessel.Core.Plan;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    private const int StepTextLimit = 65536;
    private const int FrozenCheckMilliseconds = 200;

    /// <summary>Executes the program of a created container.</summary>
    /// <exception cref="RuntimeException">It isn't created (<see cref="ErrorKind.WrongState"/>), a hook failed, or the program could not be executed; in the last two cases the container is stopped.</exception>
    /// <param name="host">The host's features.</param>
    /// <param name="notify">Is bound before the program runs; the caller then waits for its readiness. Null without a
    /// service manager.</param>
    public void Start(RuntimeHost host, NotifySocket? notify = null)
    {
        using ContainerFolder folder = store.OpenLocked(Id);
        ContainerState state = StateOf(folder);
        switch (state.Status)
        {
            case ContainerStatus.Created when FreezerOf(state.Record)?.IsThawed == false:
                throw WrongState("cannot start a container that is paused");
            case ContainerStatus.Created:
                break;
            case ContainerStatus.Running or ContainerStatus.Paused:
                throw WrongState("cannot start an already running container");
            default:
                throw WrongState("cannot start a container that has stopped");
        }
        notify?.Bind(folder);
        SpecHooks? hooks = state.Record.HasHooks ? RunStartHooks(host, folder, state) : null;
        Release(folder, FreezerOf(state.Record));
        if (hooks is { Poststart.Count: > 0 })
            RunPoststart(host, hooks, state with { Status = ContainerStatus.Running }, folder);
    }

    private static SpecHooks? RunStartHooks(RuntimeHost host, ContainerFolder folder, ContainerState state)
    {
        Spec spec = folder.ReadConfig();
        if (spec.Hooks is not { } hooks)
            return null;
        if (hooks.StartContainer.Count > 0)
            try
            {
                RunStartContainerHooks(host, spec, state);
            }
            catch
            {
                // The specification: the container is stopped; delete then runs the poststop hooks.
                KillInit(state.Pid);
                throw;
            }
        return hooks;
    }

    /// <summary>Runs startContainer hooks in a created container.</summary>
    /// <remarks>Such a hook is a program of the image, and so has what the container's program will have and no more: its user, capabilities, filter, label,
    /// limits and cgroups; its environment, too, where the hook names none.</remarks>
    /// <exception cref="RuntimeException">A hook failed; those after it were not run.</exception>
    internal static void RunStartContainerHooks(RuntimeHost host, Spec spec, ContainerState state) =>
        HookRunner.Run("startContainer", spec.Hooks!.StartContainer, state.ToOci(), program =>
        {
            SpecProcess process = spec.Process! with { Args = program.Arguments, Terminal = false, ExecCpuAffinity = null };
            using ExecSession session = ExecSession.Start(host, spec, new ExecOptions { Process = process }, state, program);
            return session.Process;
        });

    // Connecting is the word to go. The connection closes at execve; a message before that means failure.
    private static void Release(ContainerFolder folder, Freezer? freezer)
    {
        FileDescriptor connection;
        try
        {
            connection = UnixSockets.Connect(folder.StartSocket, Socket.SOCK_SEQPACKET);
        }
        catch (SyscallException e) when (e.Errno is Errno.ECONNREFUSED or Errno.ENOENT)
        {
            throw WrongState("cannot start a container that has stopped");
        }
        using (connection)
        {
            folder.RemoveStartSocket();
            Span<byte> message = stackalloc byte[InitProgram.MessageSize];
            while (!Polling.WaitReadable(connection, FrozenCheckMilliseconds))
                if (freezer?.IsThawed == false)
                    throw WrongState($"the container's cgroup was frozen while it was started: {freezer.Folder}; once it is thawed, the program runs");
            if (UnixSockets.Receive(connection, message, out _, out _) == 0)
                return;
            int errno = (int)BinaryPrimitives.ReadInt64LittleEndian(message[8..]);
            byte[] text = new byte[StepTextLimit];
            int length = UnixSockets.Receive(connection, text, out _, out _);
            string step = Encoding.UTF8.GetString(text, 0, length);
            throw new SyscallException(step, errno, $"{step}: {Errno.Describe(errno)}");
        }
    }

    private static void KillInit(int pid)
    {
        using ProcessHandle? process = ProcessHandle.Open(pid);
        // best effort: it may be gone already.
        process?.TryKill(Native.Raw.Signal.SIGKILL);
        process?.WaitForEnd(KillWaitMilliseconds);
    }
}
