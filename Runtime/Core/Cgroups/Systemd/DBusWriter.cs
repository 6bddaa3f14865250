using System.Buffers.Binary;
using System.Text;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Marshals values (D-Bus specification, "Marshaling (Wire Format)"), in little endian; alignment counts from the first byte written.</summary>
public sealed class DBusWriter
{
    private byte[] buffer = new byte[1024];
    private int length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    public void WriteByte(byte value) => Take(1)[0] = value;

    /// <summary>Type <c>b</c>: four bytes.</summary>
    public void WriteBoolean(bool value) => WriteUInt32(value ? 1u : 0);

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16LittleEndian(TakeAligned(2), value);

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(TakeAligned(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(TakeAligned(4), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(TakeAligned(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(TakeAligned(8), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(TakeAligned(8), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(TakeAligned(8), value);

    /// <summary>Type <c>s</c>, and type <c>o</c>, which is marshalled the same way.</summary>
    public void WriteString(string value)
    {
        // The specification forbids it, and a bus ends the connection for it.
        if (value.Contains('\0'))
            throw new RuntimeException(ErrorKind.InvalidSpec, $"\"{value.Replace("\0", "\\0")}\": a NUL cannot be sent to systemd");
        int count = Encoding.UTF8.GetByteCount(value);
        WriteUInt32((uint)count);
        Encoding.UTF8.GetBytes(value, Take(count + 1));
    }

    /// <summary>Type <c>g</c>; also what stands before the value of a variant.</summary>
    public void WriteSignature(string value)
    {
        WriteByte((byte)value.Length);
        Encoding.ASCII.GetBytes(value, Take(value.Length + 1));
    }

    /// <summary>Begins a struct or an entry of a dictionary; its members follow.</summary>
    public void BeginStruct() => Align(8);

    /// <summary>Begins an array; its elements follow, then <see cref="EndArray"/>.</summary>
    /// <param name="elementType">The signature of an element, of which the first code decides.</param>
    public DBusArray BeginArray(string elementType)
    {
        WriteUInt32(0);
        int lengthAt = length - 4;
        // This padding belongs to the array even where it has no element, and its length does not count it.
        Align(DBusSignature.AlignmentOf(elementType[0]));
        return new DBusArray(lengthAt, length);
    }

    /// <summary>Ends an array: its length is known now.</summary>
    public void EndArray(DBusArray array) =>
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(array.LengthAt), length - array.Start);

    /// <summary>Pads with zeros.</summary>
    public void Align(int alignment) => Take(-length & (alignment - 1));

    /// <summary>Appends bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    private Span<byte> TakeAligned(int size)
    {
        Align(size);
        return Take(size);
    }

    private Span<byte> Take(int count)
    {
        if (length + count > buffer.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + count));
        Span<byte> taken = buffer.AsSpan(length, count);
        length += count;
        return taken;
    }
}

/// <summary>An array that a <see cref="DBusWriter"/> has begun: where its length is written, and where its first element is.</summary>
public readonly record struct DBusArray(int LengthAt, int Start);
