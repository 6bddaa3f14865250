using System.Buffers.Binary;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A message that came in (D-Bus specification, "Message Protocol").</summary>
public sealed record DBusMessage
{
    /// <summary>Bytes that show how long the whole message is.</summary>
    public const int PrefixLength = 16;

    /// <summary>Larger ones end the connection. The specification allows 128 MiB; what systemd tells us of jobs and units are a few KiB.</summary>
    public const int MaximumLength = 1 << 20;

    private readonly byte[] body = [];
    private readonly bool isLittleEndian;

    private DBusMessage(byte[] body, bool isLittleEndian)
    {
        this.body = body;
        this.isLittleEndian = isLittleEndian;
    }

    public required DBusMessageType Type { get; init; }

    public required uint Serial { get; init; }

    /// <summary>The serial of the call that this answers; 0 where it answers none.</summary>
    public uint ReplySerial { get; private set; }

    public string? Path { get; private set; }

    public string? Interface { get; private set; }

    public string? Member { get; private set; }

    public string? ErrorName { get; private set; }

    /// <summary>The sender's unique name, which the bus vouches for; null where there is no bus.</summary>
    public string? Sender { get; private set; }

    /// <summary>The types of the body's values; empty where there is no body.</summary>
    public string Signature { get; private set; } = "";

    /// <summary>The length of the message that begins with <paramref name="prefix"/>.</summary>
    /// <exception cref="RuntimeException">It is no message, or one larger than <see cref="MaximumLength"/>.</exception>
    public static int LengthOf(ReadOnlySpan<byte> prefix)
    {
        bool isLittleEndian = IsLittleEndian(prefix[0]);
        if (prefix[3] != 1)
            throw new RuntimeException(ErrorKind.Internal, $"D-Bus message: is of protocol version {prefix[3]}, not 1");
        uint bodyLength = ReadUInt32(prefix[4..], isLittleEndian), fieldsLength = ReadUInt32(prefix[12..], isLittleEndian);
        ulong length = PrefixLength + (((ulong)fieldsLength + 7) & ~7ul) + bodyLength;
        return length <= MaximumLength ? (int)length : throw new RuntimeException(ErrorKind.Internal, $"D-Bus message: has {length} bytes, more than {MaximumLength}");
    }

    /// <summary>Reads a whole message.</summary>
    public static DBusMessage Parse(ReadOnlySpan<byte> bytes)
    {
        bool isLittleEndian = IsLittleEndian(bytes[0]);
        int bodyLength = (int)ReadUInt32(bytes[4..], isLittleEndian);
        DBusMessage message = new(bytes[^bodyLength..].ToArray(), isLittleEndian)
        {
            Type = (DBusMessageType)bytes[1],
            Serial = ReadUInt32(bytes[8..], isLittleEndian),
        };
        DBusReader reader = new(bytes[..^bodyLength], isLittleEndian);
        reader.Skip("(yyyyuu)");
        int end = reader.BeginArray("(yv)");
        while (reader.Position < end)
        {
            reader.BeginStruct();
            message.ReadField((DBusHeaderField)reader.ReadByte(), ref reader);
        }
        return message;
    }

    /// <summary>A reader of the body, whose values must be of these types.</summary>
    /// <exception cref="RuntimeException">They are of others.</exception>
    public DBusReader Read(string signature) => Signature == signature
        ? new DBusReader(body, isLittleEndian)
        : throw new RuntimeException(ErrorKind.Internal, $"D-Bus message: holds values of types `{Signature}` where `{signature}` belong");

    /// <summary>The text that an error message begins with; empty where it has none.</summary>
    public string ErrorText()
    {
        if (!Signature.StartsWith('s'))
            return "";
        DBusReader reader = new(body, isLittleEndian);
        return reader.ReadString();
    }

    private void ReadField(DBusHeaderField field, ref DBusReader reader)
    {
        switch (field)
        {
            case DBusHeaderField.Path:
                reader.BeginVariant("o");
                Path = reader.ReadString();
                break;
            case DBusHeaderField.Interface:
                reader.BeginVariant("s");
                Interface = reader.ReadString();
                break;
            case DBusHeaderField.Member:
                reader.BeginVariant("s");
                Member = reader.ReadString();
                break;
            case DBusHeaderField.ErrorName:
                reader.BeginVariant("s");
                ErrorName = reader.ReadString();
                break;
            case DBusHeaderField.ReplySerial:
                reader.BeginVariant("u");
                ReplySerial = reader.ReadUInt32();
                break;
            case DBusHeaderField.Sender:
                reader.BeginVariant("s");
                Sender = reader.ReadString();
                break;
            case DBusHeaderField.Signature:
                reader.BeginVariant("g");
                Signature = reader.ReadSignature();
                break;
            default:
                reader.Skip("v");
                break;
        }
    }

    private static bool IsLittleEndian(byte mark) => mark switch
    {
        (byte)'l' => true,
        (byte)'B' => false,
        _ => throw new RuntimeException(ErrorKind.Internal, $"D-Bus message: begins with 0x{mark:x2}, which is no mark of endianness"),
    };

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes, bool isLittleEndian) =>
        isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}

/// <summary>What a message is. Others than these are passed over, as the specification asks.</summary>
public enum DBusMessageType : byte
{
    MethodCall = 1,
    MethodReturn = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>What a field of a message's header tells.</summary>
internal enum DBusHeaderField : byte
{
    Path = 1,
    Interface = 2,
    Member = 3,
    ErrorName = 4,
    ReplySerial = 5,
    Destination = 6,
    Sender = 7,
    Signature = 8,
}
