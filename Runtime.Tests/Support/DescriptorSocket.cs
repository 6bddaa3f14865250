using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A listening Unix socket that descriptors are sent to: a console socket, a seccomp listener.</summary>
internal sealed class DescriptorSocket : IDisposable
{
    private readonly FileDescriptor listener;

    public DescriptorSocket(string path)
    {
        Path = path;
        listener = UnixSockets.Listen(path, Socket.SOCK_STREAM);
    }

    public string Path { get; }

    /// <summary>Waits for one connection and takes the descriptor that comes with its message.</summary>
    public (string Message, FileDescriptor? Descriptor) Receive(int milliseconds = 15_000)
    {
        if (!Polling.WaitReadable(listener, milliseconds))
            throw new TimeoutException($"nobody connected to {Path}");
        using FileDescriptor connection = new((int)Check.Ok(Kernel.Call(SYS.accept4, listener.Number, 0, 0, Socket.SOCK_CLOEXEC), "accept", Path));
        byte[] buffer = new byte[65536];
        int length = UnixSockets.Receive(connection, buffer, out FileDescriptor? first, out _);
        return (System.Text.Encoding.UTF8.GetString(buffer, 0, length), first);
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();
}
