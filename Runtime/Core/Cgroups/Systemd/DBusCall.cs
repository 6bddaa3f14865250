namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A call of a method.</summary>
/// <param name="Destination">The name on the bus that is called.</param>
/// <param name="Path">The object.</param>
/// <param name="Interface">The interface that has the method.</param>
/// <param name="Member">The method.</param>
public sealed record DBusCall(string Destination, string Path, string Interface, string Member)
{
    /// <summary>The types of the arguments.</summary>
    public string Signature { get; init; } = "";

    /// <summary>Writes the arguments.</summary>
    public Action<DBusWriter>? Arguments { get; init; }

    /// <summary>The message as it is sent.</summary>
    public byte[] Encode(uint serial)
    {
        DBusWriter body = new();
        Arguments?.Invoke(body);
        DBusWriter message = new();
        message.WriteByte((byte)'l');
        message.WriteByte((byte)DBusMessageType.MethodCall);
        message.WriteByte(0);
        message.WriteByte(1);
        message.WriteUInt32((uint)body.Bytes.Length);
        message.WriteUInt32(serial);
        DBusArray fields = message.BeginArray("(yv)");
        WriteField(message, DBusHeaderField.Path, "o", Path);
        WriteField(message, DBusHeaderField.Destination, "s", Destination);
        WriteField(message, DBusHeaderField.Interface, "s", Interface);
        WriteField(message, DBusHeaderField.Member, "s", Member);
        if (Signature.Length > 0)
        {
            message.BeginStruct();
            message.WriteByte((byte)DBusHeaderField.Signature);
            message.WriteSignature("g");
            message.WriteSignature(Signature);
        }
        message.EndArray(fields);
        message.Align(8);
        message.WriteRaw(body.Bytes);
        return message.Bytes.ToArray();
    }

    private static void WriteField(DBusWriter message, DBusHeaderField field, string type, string value)
    {
        message.BeginStruct();
        message.WriteByte((byte)field);
        message.WriteSignature(type);
        message.WriteString(value);
    }
}
