using System.Text;

namespace Vessel.Native.Safe;

/// <summary>Bytes of the kernel as text, without loss. Paths and arguments are bytes; most are UTF-8. Each byte that is
/// not stands for itself as a lone surrogate, U+DC00 and its value, which no valid text has.</summary>
public static class ByteText
{
    private const char First = '\udc80', Last = '\udcff';

    /// <summary>The text of some bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool isValid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isValid)
                text.Append(rune.ToString());
            else
                foreach (byte value in bytes[..length])
                    text.Append((char)(0xdc00 + value));
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    /// <summary>The bytes of a text.</summary>
    public static byte[] Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(First, Last))
            return Encoding.UTF8.GetBytes(text);
        using MemoryStream bytes = new(text.Length);
        Span<byte> buffer = stackalloc byte[4];
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int length);
            if (text[i] is >= First and <= Last)
                bytes.WriteByte((byte)(text[i] - 0xdc00));
            else
                bytes.Write(buffer[..rune.EncodeToUtf8(buffer)]);
            i += length;
        }
        return bytes.ToArray();
    }
}
