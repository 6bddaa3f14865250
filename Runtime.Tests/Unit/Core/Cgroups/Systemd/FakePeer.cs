using System.Net.Sockets;
using System.Text;
using Vessel.Core.Cgroups.Systemd;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>The server's side of a D-Bus connection.</summary>
internal sealed class FakePeer(Socket socket)
{
    public const string SystemdName = ":1.7";

    private uint serial = 1000;

    /// <summary>Accepts whoever it is.</summary>
    public void Authenticate()
    {
        ReadLine();
        WriteLine("OK 0123456789abcdef0123456789abcdef");
        ReadLine();
    }

    /// <summary>Accepts, and greets as a bus does.</summary>
    public void Welcome()
    {
        Authenticate();
        Return(Next()!, "s", w => w.WriteString(":1.42"));
    }

    public string ReadLine()
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            if (socket.Receive(one) == 0)
                return "";
            line.Append((char)one[0]);
        }
        return line.ToString()[..^2];
    }

    public void WriteLine(string line) => Write(Encoding.ASCII.GetBytes(line + "\r\n"));

    public void Write(ReadOnlySpan<byte> bytes) => socket.Send(bytes);

    /// <summary>The next message; null when the other side is gone.</summary>
    public DBusMessage? Next()
    {
        byte[] prefix = new byte[DBusMessage.PrefixLength];
        if (!Fill(prefix))
            return null;
        byte[] message = new byte[DBusMessage.LengthOf(prefix)];
        prefix.CopyTo(message, 0);
        return Fill(message.AsSpan(prefix.Length)) ? DBusMessage.Parse(message) : null;
    }

    public void Return(DBusMessage call, string signature = "", Action<DBusWriter>? body = null) =>
        Write(Encode(DBusMessageType.MethodReturn, signature, body, (5, "u", w => w.WriteUInt32(call.Serial)), (7, "s", w => w.WriteString(SystemdName))));

    public void Fail(DBusMessage call, string name, string text) =>
        Write(Encode(DBusMessageType.Error, "s", w => w.WriteString(text), (5, "u", w => w.WriteUInt32(call.Serial)), (4, "s", w => w.WriteString(name))));

    public void JobRemoved(string job, string unit, string result, string sender = SystemdName) => Write(Encode(
        DBusMessageType.Signal,
        "uoss",
        w =>
        {
            w.WriteUInt32(1);
            w.WriteString(job);
            w.WriteString(unit);
            w.WriteString(result);
        },
        (1, "o", w => w.WriteString("/org/freedesktop/systemd1")),
        (2, "s", w => w.WriteString("org.freedesktop.systemd1.Manager")),
        (3, "s", w => w.WriteString("JobRemoved")),
        (7, "s", w => w.WriteString(sender))));

    private byte[] Encode(DBusMessageType type, string signature, Action<DBusWriter>? body, params (byte Code, string Type, Action<DBusWriter> Value)[] fields)
    {
        DBusWriter content = new();
        body?.Invoke(content);
        DBusWriter message = new();
        message.WriteRaw([(byte)'l', (byte)type, 0, 1]);
        message.WriteUInt32((uint)content.Bytes.Length);
        message.WriteUInt32(++serial);
        DBusArray array = message.BeginArray("(yv)");
        foreach ((byte code, string fieldType, Action<DBusWriter> value) in fields.Append((8, "g", w => w.WriteSignature(signature))))
        {
            message.BeginStruct();
            message.WriteByte(code);
            message.WriteSignature(fieldType);
            value(message);
        }
        message.EndArray(array);
        message.Align(8);
        message.WriteRaw(content.Bytes);
        return message.Bytes.ToArray();
    }

    private bool Fill(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count;
            try
            {
                count = socket.Receive(buffer);
            }
            catch (SocketException)
            {
                return false;
            }
            if (count == 0)
                return false;
            buffer = buffer[count..];
        }
        return true;
    }
}
