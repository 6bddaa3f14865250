using Vessel.Native.Raw;
using static Vessel.Native.Raw.Socket;

namespace Vessel.Native.Safe;

/// <summary>Unix sockets: a connected pair, a listening one in a folder, and descriptors sent over them.</summary>
public static unsafe class UnixSockets
{
    private const int MaxPathLength = 108;

    /// <summary>A connected pair whose messages keep their bounds (SOCK_SEQPACKET).</summary>
    public static (FileDescriptor Ours, FileDescriptor Theirs) Pair()
    {
        int* pair = stackalloc int[2];
        Check.Ok(Kernel.Call(SYS.socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (nint)pair), "socketpair");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    /// <summary>Listens at <paramref name="path"/>, which must be shorter than 108 bytes (man 7 unix).</summary>
    public static FileDescriptor Listen(string path, int type = SOCK_SEQPACKET)
    {
        FileDescriptor socket = Bind(path, type);
        try
        {
            Check.Ok(Kernel.Call(SYS.listen, socket.Number, 1), "listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket that receives messages at <paramref name="path"/>, from anybody who may write to it.</summary>
    public static FileDescriptor Bind(string path, int type)
    {
        FileDescriptor socket = New(type);
        try
        {
            byte* address = stackalloc byte[2 + MaxPathLength];
            int length = Address(path, address);
            Check.Ok(Kernel.Call(SYS.bind, socket.Number, (nint)address, length), "bind", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the socket at <paramref name="path"/>; one that begins with a NUL is a name in the abstract namespace (man 7 unix).</summary>
    public static FileDescriptor Connect(string path, int type = SOCK_STREAM)
    {
        FileDescriptor socket = New(type);
        try
        {
            byte* address = stackalloc byte[2 + MaxPathLength];
            int length = Address(path, address);
            Check.Ok(Kernel.CallRetrying(SYS.connect, socket.Number, (nint)address, length), "connect to", path.Replace('\0', '@'));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one message with descriptors beside it (SCM_RIGHTS). The receiver gets copies.</summary>
    public static void Send(FileDescriptor socket, ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        int controlLength = sizeof(cmsghdr) + descriptors.Length * sizeof(int);
        byte* control = stackalloc byte[(controlLength + 7) & ~7];
        fixed (byte* data = message)
        {
            iovec piece = new() { iov_base = (ulong)data, iov_len = (ulong)message.Length };
            msghdr header = new() { msg_iov = (ulong)&piece, msg_iovlen = 1 };
            if (!descriptors.IsEmpty)
            {
                *(cmsghdr*)control = new() { cmsg_len = (ulong)controlLength, cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS };
                descriptors.CopyTo(new Span<int>(control + sizeof(cmsghdr), descriptors.Length));
                header.msg_control = (ulong)control;
                header.msg_controllen = (ulong)((controlLength + 7) & ~7);
            }
            Check.Ok(Kernel.CallRetrying(SYS.sendmsg, socket.Number, (nint)(&header), MSG_NOSIGNAL), "send", "message");
        }
    }

    /// <summary>Sends what a stream takes without waiting, and without SIGPIPE; the number of bytes, or a negated errno.</summary>
    public static nint TrySend(FileDescriptor socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            iovec piece = new() { iov_base = (ulong)data, iov_len = (ulong)bytes.Length };
            msghdr header = new() { msg_iov = (ulong)&piece, msg_iovlen = 1 };
            return Kernel.CallRetrying(SYS.sendmsg, socket.Number, (nint)(&header), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }

    /// <summary>Receives one message and up to two descriptors. A length of 0 means that the other side is gone.</summary>
    public static int Receive(FileDescriptor socket, Span<byte> buffer, out FileDescriptor? first, out FileDescriptor? second)
    {
        const int ControlLength = 24;
        byte* control = stackalloc byte[ControlLength];
        fixed (byte* data = buffer)
        {
            iovec piece = new() { iov_base = (ulong)data, iov_len = (ulong)buffer.Length };
            msghdr header = new() { msg_iov = (ulong)&piece, msg_iovlen = 1, msg_control = (ulong)control, msg_controllen = ControlLength };
            nint length = Kernel.CallRetrying(SYS.recvmsg, socket.Number, (nint)(&header), MSG_CMSG_CLOEXEC);
            first = second = null;
            // A peer that was killed with our last message unread resets the connection: it is gone all the same.
            if (length == -Errno.ECONNRESET)
                return 0;
            Check.Ok(length, "receive", "message");
            cmsghdr* ancillary = (cmsghdr*)control;
            if (header.msg_controllen < (ulong)sizeof(cmsghdr) || ancillary->cmsg_type != SCM_RIGHTS)
                return (int)length;
            int* numbers = (int*)(control + sizeof(cmsghdr));
            int count = (int)(ancillary->cmsg_len - (ulong)sizeof(cmsghdr)) / sizeof(int);
            first = count > 0 ? new FileDescriptor(numbers[0]) : null;
            second = count > 1 ? new FileDescriptor(numbers[1]) : null;
            return (int)length;
        }
    }

    private static FileDescriptor New(int type) =>
        new((int)Check.Ok(Kernel.Call(SYS.socket, AF_UNIX, type | SOCK_CLOEXEC, 0), "socket"));

    private static int Address(string path, byte* address)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(path);
        if (bytes.Length >= MaxPathLength)
            throw new SyscallException($"socket path {path}", Errno.ENAMETOOLONG);
        *(ushort*)address = AF_UNIX;
        bytes.CopyTo(new Span<byte>(address + 2, MaxPathLength));
        // An abstract name is as long as the address says: a NUL at its end would belong to it.
        if (path.StartsWith('\0'))
            return 2 + bytes.Length;
        address[2 + bytes.Length] = 0;
        return 2 + bytes.Length + 1;
    }
}
