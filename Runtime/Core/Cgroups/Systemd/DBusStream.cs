using System.Globalization;
using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>The bytes of a D-Bus connection: first lines of text that say who we are, then messages. Every wait has an end.</summary>
internal sealed class DBusStream(FileDescriptor socket) : IDisposable
{
    private const int MaximumLine = 1024;
    private const int ConnectPause = 5;

    private byte[] buffer = new byte[4096];
    private int length;

    public static DBusStream Connect(DBusAddress address, int milliseconds)
    {
        long end = Environment.TickCount64 + milliseconds;
        while (true)
            try
            {
                return new DBusStream(UnixSockets.Connect(address.SocketPath, Socket.SOCK_STREAM | Socket.SOCK_NONBLOCK));
            }
            catch (SyscallException e) when (e.Errno == Errno.EAGAIN && Environment.TickCount64 < end)
            {
                // More callers wait than the server's queue holds: connect(2) says so at once, and there is nothing to poll for.
                Thread.Sleep(ConnectPause);
            }
    }

    /// <summary>
    /// D-Bus specification, "Authentication Protocol", mechanism EXTERNAL: the kernel tells the server who is connected. A server that sees another
    /// number for us than we do, because we are in a user namespace, accepts only that we say none.
    /// </summary>
    /// <param name="user">Who we are.</param>
    /// <param name="isBus">
    /// Whether a bus listens. systemd itself, where it is the peer, forgets a message that it receives together with BEGIN until it hears from us again:
    /// to it, BEGIN is said before its answer is waited for, so that nothing can come together with it.
    /// </param>
    /// <param name="end">Until when, by <see cref="Environment.TickCount64"/>.</param>
    public void Authenticate(uint user, bool isBus, long end)
    {
        string name = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(user.ToString(CultureInfo.InvariantCulture)));
        // The byte before the first line is what some systems send credentials with.
        Send(Encoding.ASCII.GetBytes($"\0AUTH EXTERNAL {name}\r\n{(isBus ? "" : "BEGIN\r\n")}"), end);
        string answer = ReceiveLine(end);
        if (isBus && answer.StartsWith("REJECTED", StringComparison.Ordinal))
        {
            Send("AUTH EXTERNAL\r\n"u8, end);
            answer = ReceiveLine(end);
            if (answer.StartsWith("DATA", StringComparison.Ordinal))
            {
                Send("DATA\r\n"u8, end);
                answer = ReceiveLine(end);
            }
        }
        if (!answer.StartsWith("OK", StringComparison.Ordinal))
            throw new RuntimeException(ErrorKind.PermissionDenied, $"D-Bus: refuses user {user}: {Printable(answer)}");
        if (isBus)
            Send("BEGIN\r\n"u8, end);
    }

    /// <summary>Sends all of <paramref name="bytes"/>.</summary>
    public void Send(ReadOnlySpan<byte> bytes, long end)
    {
        Span<Polling.PollFd> one = [new() { fd = socket.Number, events = Polling.POLLOUT }];
        while (!bytes.IsEmpty)
        {
            nint sent = UnixSockets.TrySend(socket, bytes);
            if (sent == -Errno.EAGAIN)
                Polling.Wait(one, Remaining(end, "the other side to read"));
            else if (sent is -Errno.EPIPE or -Errno.ECONNRESET)
                throw new RuntimeException(ErrorKind.Internal, "D-Bus: closed the connection");
            else
                bytes = bytes[(int)Check.Ok(sent, "send to", "D-Bus")..];
        }
    }

    /// <summary>Waits for the next message.</summary>
    /// <param name="end">Until when, by <see cref="Environment.TickCount64"/>.</param>
    /// <param name="what">What is waited for, for the error when the time is over.</param>
    public DBusMessage Receive(long end, string what)
    {
        while (length < DBusMessage.PrefixLength)
            ReceiveMore(end, what);
        int size = DBusMessage.LengthOf(buffer);
        if (size > buffer.Length)
            Array.Resize(ref buffer, size);
        while (length < size)
            ReceiveMore(end, what);
        DBusMessage message = DBusMessage.Parse(buffer.AsSpan(0, size));
        Remove(size);
        return message;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private string ReceiveLine(long end)
    {
        int line;
        while ((line = buffer.AsSpan(0, length).IndexOf("\r\n"u8)) < 0)
        {
            if (length > MaximumLine)
                throw new RuntimeException(ErrorKind.Internal, $"D-Bus: the answer to who we are has no end within {MaximumLine} bytes");
            ReceiveMore(end, "the answer to who we are");
        }
        string text = Encoding.ASCII.GetString(buffer, 0, line);
        Remove(line + 2);
        return text;
    }

    private void ReceiveMore(long end, string what)
    {
        while (true)
        {
            if (!Polling.WaitReadable(socket, Remaining(end, what)))
                continue;
            nint count = Files.TryRead(socket, buffer.AsSpan(length));
            if (count == -Errno.EAGAIN)
                continue;
            // A server that ended with our bytes unread resets the connection.
            if (count is 0 or -Errno.ECONNRESET)
                throw new RuntimeException(ErrorKind.Internal, $"D-Bus: closed the connection while we waited for {what}");
            length += (int)Check.Ok(count, "receive from", "D-Bus");
            return;
        }
    }

    private void Remove(int count)
    {
        buffer.AsSpan(count, length - count).CopyTo(buffer);
        length -= count;
    }

    private static int Remaining(long end, string what)
    {
        long remaining = end - Environment.TickCount64;
        return remaining > 0 ? (int)remaining : throw new RuntimeException(ErrorKind.Internal, $"D-Bus: waited for {what}, and it did not come in time");
    }

    private static string Printable(string text)
    {
        char[] shown = text.ToCharArray();
        for (int i = 0; i < shown.Length; i++)
            if (char.IsControl(shown[i]))
                shown[i] = '?';
        return new string(shown);
    }
}
