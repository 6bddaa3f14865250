using System.Buffers.Binary;
using System.Text;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Unmarshals values of either endianness. The bytes may be anything: what does not fit is an error, never read past the end.</summary>
/// <param name="data">The bytes; alignment counts from the first.</param>
/// <param name="isLittleEndian">As the message's first byte says.</param>
public ref struct DBusReader(ReadOnlySpan<byte> data, bool isLittleEndian)
{
    /// <summary>Of values in values, variants counted (D-Bus specification, "Valid Signatures" and "Message Format").</summary>
    private const int MaximumDepth = 64;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> data = data;

    /// <summary>Where the next value is looked for.</summary>
    public int Position { get; private set; }

    public byte ReadByte() => Take(1)[0];

    /// <summary>Type <c>b</c>: only 0 and 1 are values of it.</summary>
    public bool ReadBoolean() => ReadUInt32() switch
    {
        0 => false,
        1 => true,
        uint other => throw Malformed($"{other} is no boolean"),
    };

    public short ReadInt16() => (short)ReadUInt16();

    public ushort ReadUInt16()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(2);
        return isLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public int ReadInt32() => (int)ReadUInt32();

    public uint ReadUInt32()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(4);
        return isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public long ReadInt64() => (long)ReadUInt64();

    public ulong ReadUInt64()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(8);
        return isLittleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadUInt64());

    /// <summary>Types <c>s</c> and <c>o</c>.</summary>
    public string ReadString() => ReadText(ReadUInt32());

    /// <summary>Type <c>g</c>.</summary>
    public string ReadSignature() => ReadText(ReadByte());

    /// <summary>Goes to the members of a struct, or of an entry of a dictionary.</summary>
    public void BeginStruct() => Align(8);

    /// <summary>Goes to the first element of an array.</summary>
    /// <returns>The <see cref="Position"/> behind its last one.</returns>
    public int BeginArray(string elementType)
    {
        uint size = ReadUInt32();
        Align(DBusSignature.AlignmentOf(elementType[0]));
        return size <= data.Length - Position ? Position + (int)size : throw Malformed($"an array of {size} bytes is longer than the rest");
    }

    /// <summary>Goes to the value of a variant, which must be of this type.</summary>
    public void BeginVariant(string type)
    {
        string found = ReadSignature();
        if (found != type)
            throw Malformed($"holds a value of type `{found}` where `{type}` belongs");
    }

    /// <summary>Passes over the value of one complete type.</summary>
    public void Skip(ReadOnlySpan<char> type) => Skip(type, 0);

    private void Skip(ReadOnlySpan<char> type, int depth)
    {
        if (depth > MaximumDepth)
            throw Malformed($"has values nested deeper than {MaximumDepth}");
        switch (type[0])
        {
            case 's' or 'o':
                ReadString();
                break;
            case 'g':
                ReadSignature();
                break;
            case 'v':
                string found = ReadSignature();
                if (DBusSignature.LengthOfFirst(found) != found.Length)
                    throw Malformed($"a variant holds `{found}`, which is more than one type");
                Skip(found, depth + 1);
                break;
            case 'a':
                // The elements themselves are of no interest: the array's length leads past them.
                Position = BeginArray(type.Slice(1, 1).ToString());
                break;
            case '(' or '{':
                Align(8);
                for (int i = 1; i < type.Length - 1;)
                {
                    int length = DBusSignature.LengthOfFirst(type[i..]);
                    Skip(type.Slice(i, length), depth + 1);
                    i += length;
                }
                break;
            default:
                TakeAligned(DBusSignature.AlignmentOf(type[0]));
                break;
        }
    }

    private string ReadText(uint length)
    {
        if (length >= data.Length - Position)
            throw Malformed($"a text of {length} bytes is longer than the rest");
        ReadOnlySpan<byte> bytes = Take((int)length + 1);
        if (bytes.IndexOf((byte)0) != (int)length)
            throw Malformed("a text does not end with its one NUL");
        try
        {
            return Utf8.GetString(bytes[..^1]);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("a text is no UTF-8");
        }
    }

    private ReadOnlySpan<byte> TakeAligned(int size)
    {
        Align(size);
        return Take(size);
    }

    private void Align(int alignment) => Take(-Position & (alignment - 1));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > data.Length - Position)
            throw Malformed("ends too early");
        ReadOnlySpan<byte> taken = data.Slice(Position, count);
        Position += count;
        return taken;
    }

    private static RuntimeException Malformed(string what) => new(ErrorKind.Internal, $"D-Bus message: {what}");
}
