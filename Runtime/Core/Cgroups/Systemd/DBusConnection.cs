using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>
/// A client's side of a D-Bus connection: calls a method and waits for its answer, and for signals. Nothing happens but inside a call of its
/// methods: it has no thread, and what else comes in meanwhile is dropped, but for the signals that were asked for.
/// </summary>
/// <remarks>After any other error than <see cref="DBusException"/> the two sides no longer agree where a message begins: dispose it.</remarks>
public sealed class DBusConnection : IDisposable
{
    /// <summary>How long an answer may take. systemd answers in milliseconds, unless the machine is at its limits.</summary>
    public const int DefaultTimeout = 30_000;

    private const string Bus = "org.freedesktop.DBus";
    private const int MaximumKept = 4096;

    private readonly DBusStream stream;
    private readonly int timeout;
    private readonly Queue<DBusMessage> kept = new();
    private DBusMatch? wanted;
    private uint lastSerial;

    private DBusConnection(DBusStream stream, int timeout)
    {
        this.stream = stream;
        this.timeout = timeout;
    }

    /// <summary>Connects and says who we are.</summary>
    /// <param name="address">Where.</param>
    /// <param name="isBus">Whether a bus listens there; else it is the peer itself, which knows no names.</param>
    /// <param name="milliseconds">How long this, and each answer later, may take.</param>
    /// <exception cref="SyscallException">Nobody listens there, or not to us.</exception>
    /// <exception cref="RuntimeException">Who listens there speaks something else, or knows no such user.</exception>
    public static DBusConnection Connect(DBusAddress address, bool isBus = true, int milliseconds = DefaultTimeout) =>
        Over(DBusStream.Connect(address, milliseconds), isBus, milliseconds);

    /// <summary>As <see cref="Connect"/>, over a socket that is connected already and becomes this object's.</summary>
    public static DBusConnection Over(FileDescriptor socket, bool isBus = true, int milliseconds = DefaultTimeout) =>
        Over(new DBusStream(socket), isBus, milliseconds);

    /// <summary>Calls a method.</summary>
    /// <returns>Its answer.</returns>
    /// <exception cref="DBusException">It answered with an error.</exception>
    public DBusMessage Call(DBusCall call)
    {
        long end = Environment.TickCount64 + timeout;
        uint serial = ++lastSerial;
        stream.Send(call.Encode(serial), end);
        while (true)
        {
            DBusMessage message = stream.Receive(end, call.Member);
            if (message.Type is DBusMessageType.MethodReturn or DBusMessageType.Error && message.ReplySerial == serial)
                return message.Type == DBusMessageType.MethodReturn ? message : throw new DBusException(message.ErrorName ?? "unnamed error", message.ErrorText());
            Keep(message);
        }
    }

    /// <summary>Begins to listen for these signals, and for no others.</summary>
    public void Listen(DBusMatch match)
    {
        if (match.Sender is not null)
            Call(new DBusCall(Bus, "/org/freedesktop/DBus", Bus, "AddMatch") { Signature = "s", Arguments = w => w.WriteString(match.ToString()) });
        wanted = match;
    }

    /// <summary>Who owns a name: the unique name, which no other can take as long as this connection lives.</summary>
    public string OwnerOf(string name)
    {
        DBusCall call = new(Bus, "/org/freedesktop/DBus", Bus, "GetNameOwner") { Signature = "s", Arguments = w => w.WriteString(name) };
        return Call(call).Read("s").ReadString();
    }

    /// <summary>Waits for a signal of those that <see cref="Listen"/> asked for, which came in since or comes in now.</summary>
    /// <param name="isWanted">Whether it is the one; others of them are dropped.</param>
    /// <param name="what">What is waited for, for the error when the time is over.</param>
    public DBusMessage WaitForSignal(Func<DBusMessage, bool> isWanted, string what)
    {
        long end = Environment.TickCount64 + timeout;
        while (true)
        {
            if (!kept.TryDequeue(out DBusMessage? signal))
                Keep(stream.Receive(end, what));
            else if (isWanted(signal))
                return signal;
        }
    }

    /// <summary>Forgets the signals that came in until now.</summary>
    public void ForgetSignals() => kept.Clear();

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private static DBusConnection Over(DBusStream stream, bool isBus, int milliseconds)
    {
        try
        {
            stream.Authenticate((uint)Kernel.Call(SYS.geteuid), isBus, Environment.TickCount64 + milliseconds);
            DBusConnection connection = new(stream, milliseconds);
            if (isBus)
                connection.Call(new DBusCall(Bus, "/org/freedesktop/DBus", Bus, "Hello"));
            return connection;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private void Keep(DBusMessage message)
    {
        if (wanted?.Fits(message) != true)
            return;
        if (kept.Count == MaximumKept)
            throw new RuntimeException(ErrorKind.Internal, $"D-Bus: more than {MaximumKept} signals {message.Member} at once");
        kept.Enqueue(message);
    }
}
