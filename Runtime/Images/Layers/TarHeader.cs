using System.Buffers.Binary;
using System.Numerics;

namespace Vessel.Images.Layers;

/// <summary>One block of 512 bytes that describes an entry: v7, ustar (POSIX 1003.1-1988), star's form of it, or GNU's.</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int Size = 512;

    private readonly ReadOnlySpan<byte> block = block;

    public byte TypeFlag => block[156];

    public ReadOnlySpan<byte> Name => Text(block[..100]);

    public ReadOnlySpan<byte> LinkName => Text(block.Slice(157, 100));

    public long Mode => Number(block.Slice(100, 8), "mode");

    public long Uid => Number(block.Slice(108, 8), "uid");

    public long Gid => Number(block.Slice(116, 8), "gid");

    public long StoredSize => Number(block.Slice(124, 12), "size");

    public long Seconds => Number(block.Slice(136, 12), "time");

    public long DeviceMajor => Number(block.Slice(329, 8), "device number");

    public long DeviceMinor => Number(block.Slice(337, 8), "device number");

    public bool IsUstar => block.Slice(257, 6).SequenceEqual("ustar\0"u8);

    public bool IsGnu => block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    /// <summary>What stands before the name and a slash. GNU's header has other fields there.</summary>
    public ReadOnlySpan<byte> Prefix
    {
        get
        {
            if (IsUstar)
                // star's has two times behind a shorter prefix, and its name in the last bytes.
                return Text(block.Slice(345, block.Slice(508, 4).SequenceEqual("tar\0"u8) ? 131 : 155));
            // Go before 1.8 wrote prefixes into GNU's header, and engines of these years were written in Go. Told apart by the times of GNU's,
            // which are numbers or empty; and a prefix is plain text, since Go had another way for other names.
            if (IsGnu && TypeFlag != (byte)'S' && !(IsNumber(block.Slice(345, 12)) && IsNumber(block.Slice(357, 12))))
            {
                ReadOnlySpan<byte> prefix = Text(block.Slice(345, 155));
                if (!prefix.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
                    return prefix;
            }
            return default;
        }
    }

    /// <summary>GNU's sparse map in the header itself: four pairs of numbers.</summary>
    public ReadOnlySpan<byte> GnuSparseMap => block.Slice(386, 4 * 24);

    public bool GnuSparseGoesOn => block[482] != 0;

    public long GnuRealSize => Number(block.Slice(483, 12), "size of a sparse file");

    public static bool IsZero(ReadOnlySpan<byte> block) => block[0] == 0 && !block.ContainsAnyExcept((byte)0);

    /// <summary>Whether the sum of all bytes is the one that the header tells, its own field taken as blanks.</summary>
    public bool HasChecksum()
    {
        if (!TryNumber(block.Slice(148, 8), out long expected))
            return false;
        long sum = 0, high = 0;
        for (int i = 0; i < Size; i += 8)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(block[i..]);
            ulong pairs = (eight & 0x00ff00ff00ff00ff) + ((eight >> 8) & 0x00ff00ff00ff00ff);
            sum += (long)((pairs * 0x0001000100010001) >> 48);
            high += BitOperations.PopCount(eight & 0x8080808080808080);
        }
        foreach (byte b in block.Slice(148, 8))
        {
            sum += ' ' - b;
            high -= b >> 7;
        }
        // Some old programs added them up as signed.
        return sum == expected || sum - 256 * high == expected;
    }

    /// <summary>The bytes up to the first NUL.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>An octal number, or GNU's base 256 where the first bit is set.</summary>
    /// <exception cref="LayerException">Neither.</exception>
    public static long Number(ReadOnlySpan<byte> field, string what) =>
        TryNumber(field, out long value) ? value : throw new LayerException($"a header's {what} is no number: {LayerText.Quote(field)}");

    private static bool IsNumber(ReadOnlySpan<byte> field) => TryNumber(field, out _);

    private static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
            return TryBase256(field, out value);
        field = Text(field.TrimStart(" \0"u8)).TrimEnd((byte)' ');
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            // At most twelve digits of three bits.
            value = value << 3 | (uint)(digit - '0');
        }
        return true;
    }

    private static bool TryBase256(ReadOnlySpan<byte> field, out long value)
    {
        // The first bit is the mark, the second is the sign.
        bool isNegative = (field[0] & 0x40) != 0;
        value = isNegative ? (sbyte)field[0] : field[0] & 0x3f;
        foreach (byte b in field[1..])
        {
            if (value is > long.MaxValue >> 8 or < long.MinValue >> 8)
                return false;
            value = value << 8 | b;
        }
        return true;
    }
}
