using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>
/// Tells a service manager that a container's program is ready (man 3 sd_notify). The program sends <c>READY=1</c> to a
/// socket of the container's own, in <c>/run/notify</c>; the runtime passes that on to the socket that
/// <c>NOTIFY_SOCKET</c> names on the host.
/// </summary>
/// <remarks>The program never reaches the manager's socket, and of what it sends only the word READY=1 counts: it can
/// report nothing about other services or processes. The socket is bound by the command that starts the program and
/// waits for it: <c>run</c> or
/// <c>start</c>.</remarks>
public sealed class NotifySocket : IDisposable
{
    /// <summary>The folder's name beside the container's state.</summary>
    internal const string FolderName = "notify";

    private const string FolderInside = "/run/notify";
    private const string FileName = "notify.sock";
    private const uint FolderMode = 0x1ed; // 0755
    private const uint SocketMode = 0x1ff; // 0777: the program may be any user
    private const int MessageLimit = 4096;
    private const int ProcessCheckMilliseconds = 100;

    private readonly string managerSocket;
    private FileDescriptor? socket;

    /// <summary>Passes readiness on to the socket of a service manager.</summary>
    /// <param name="managerSocket">Its path, or <c>@</c> and its name in the abstract namespace.</param>
    public NotifySocket(string managerSocket) => this.managerSocket = managerSocket;

    /// <summary>The socket that our own environment names; null without one.</summary>
    public static NotifySocket? FromEnvironment() =>
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 1 } path && path[0] is '/' or '@' ? new NotifySocket(path) : null;

    /// <summary>Receives what the program sends; null before it is bound, and once readiness was passed on.</summary>
    public FileDescriptor? Descriptor => socket;

    /// <summary>The document with the socket's folder mounted and named in the environment. A container without a mount
    /// namespace has no place for it.</summary>
    internal static Bundle AddTo(Bundle bundle, string stateFolder)
    {
        if (bundle.Spec.Process is not { } process || bundle.Spec.Linux?.Namespaces.Any(n => n.Type == "mount") != true)
            return bundle;
        SpecMount mount = new() { Destination = FolderInside, Type = "bind", Source = $"{stateFolder}/{FolderName}", Options = ["bind", "nosuid", "noexec", "nodev", "ro"] };
        return bundle with
        {
            Spec = bundle.Spec with
            {
                Mounts = [.. bundle.Spec.Mounts, mount],
                Process = process with { Env = [.. process.Env, $"NOTIFY_SOCKET={FolderInside}/{FileName}"] },
            },
        };
    }

    /// <summary>Makes the folder that is mounted.</summary>
    internal static void MakeFolder(ContainerFolder state)
    {
        Check.Ok(Files.TryMakeDirectory(state.Directory, FolderName, FolderMode), "make folder", $"{state.Path}/{FolderName}");
        // Our caller's umask is not the container's.
        Check.Ok(Files.TryChangeMode(state.Directory, FolderName, FolderMode), "change mode of", $"{state.Path}/{FolderName}");
    }

    /// <summary>Binds the socket, before the program runs. Does nothing where create was called without a service
    /// manager.</summary>
    internal void Bind(ContainerFolder state)
    {
        nint opened = Files.TryOpen(state.Directory, FolderName, O_RDONLY | O_DIRECTORY);
        if (opened < 0)
            return;
        using FileDescriptor folder = new((int)opened);
        Files.TryRemove(folder, FileName);
        socket = UnixSockets.Bind($"/proc/self/fd/{folder.Number}/{FileName}", Socket.SOCK_DGRAM);
        Check.Ok(Files.TryChangeMode(folder, FileName, SocketMode), "change mode of", FileName);
    }

    /// <summary>Takes one message of the program, and passes readiness on.</summary>
    /// <param name="mainPid">The process that the manager then watches.</param>
    public void Forward(int mainPid)
    {
        byte[] message = new byte[MessageLimit];
        int length = UnixSockets.Receive(socket!, message, out FileDescriptor? first, out FileDescriptor? second);
        first?.Dispose();
        second?.Dispose();
        if (!Encoding.UTF8.GetString(message, 0, length).Split('\n').Contains("READY=1"))
            return;
        Dispose();
        try
        {
            using FileDescriptor manager = UnixSockets.Connect(managerSocket[0] == '@' ? '\0' + managerSocket[1..] : managerSocket, Socket.SOCK_DGRAM);
            UnixSockets.Send(manager, Encoding.UTF8.GetBytes($"READY=1\nMAINPID={mainPid}"), []);
        }
        catch (SyscallException)
        {
            // best effort: a manager that left does not end the container.
        }
    }

    /// <summary>Waits until a process of a detached container is ready, or has ended.</summary>
    public void Wait(ProcessHandle process)
    {
        Span<Polling.PollFd> watched = stackalloc Polling.PollFd[2];
        while (socket is not null)
        {
            watched[0] = new() { fd = socket.Number, events = Polling.POLLIN };
            watched[1] = new() { fd = process.Descriptor?.Number ?? -1, events = Polling.POLLIN };
            Polling.Wait(watched, process.Descriptor is null ? ProcessCheckMilliseconds : -1);
            // What a process sent before its end counts.
            if (watched[0].revents != 0)
                Forward(process.Id);
            else if (watched[1].revents != 0 || (process.Descriptor is null && process.WaitForEnd(1)))
                return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket?.Dispose();
        socket = null;
    }
}
