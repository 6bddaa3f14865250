using System.Globalization;
using System.Text;

namespace Vessel.Images.Layers;

/// <summary>Writes a layer as a tar (POSIX 1003.1-2001): the same entries give the same bytes.</summary>
/// <remarks>
/// ustar, with an extended header where an entry has what that cannot say: long or non-ASCII names, large numbers, parts of a second, attributes (as
/// star's <c>SCHILY.xattr</c>). Names of users are left out, and the holes of a sparse file are written as zeros, since not all engines read maps.
/// </remarks>
/// <param name="tar">Where to; it stays the caller's.</param>
public sealed class TarTarget(Stream tar) : ILayerTarget
{
    private const int Block = TarHeader.Size;
    private const int NameBytes = 100, PrefixBytes = 155;
    private const long MaximumOctal7 = 0x1fffff, MaximumOctal11 = 0x1ffffffff;

    private static readonly byte[] Zeros = new byte[1 << 16];

    private readonly BufferedStream output = new(tar, 1 << 17);
    private readonly byte[] header = new byte[Block];

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    /// <inheritdoc/>
    public ImpliedFolders Implied { get; } = new();

    /// <inheritdoc/>
    public void Add(LayerEntry entry, ILayerData data)
    {
        switch (entry.Kind)
        {
            case LayerEntryKind.Whiteout:
                WriteHeader(entry, LayerPath.Below(entry.Folder, [.. LayerMarks.Whiteout, .. entry.Name]), '0');
                break;
            case LayerEntryKind.OpaqueMark:
                WriteHeader(entry, LayerPath.Below(entry.Path.Span, LayerMarks.Opaque), '0');
                break;
            case LayerEntryKind.Directory:
                if (!entry.IsImplied)
                    WriteHeader(entry, entry.Path.IsEmpty ? "./"u8 : [.. entry.Path.Span, (byte)'/'], '5');
                break;
            default:
                WriteHeader(entry, entry.Path.Span, TypeOf(entry.Kind));
                if (entry.Kind == LayerEntryKind.File)
                    WriteData(entry, data);
                break;
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        WriteZeros(2 * Block);
        output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The buffer holds nothing of the system's, and to dispose it would close the caller's stream.
    }

    private static char TypeOf(LayerEntryKind kind) => kind switch
    {
        LayerEntryKind.File => '0',
        LayerEntryKind.HardLink => '1',
        LayerEntryKind.SymbolicLink => '2',
        LayerEntryKind.CharacterDevice => '3',
        LayerEntryKind.BlockDevice => '4',
        LayerEntryKind.Fifo => '6',
        _ => throw new ArgumentException($"no kind of entry: {kind}", nameof(kind)),
    };

    private void WriteData(LayerEntry entry, ILayerData data)
    {
        long written = 0;
        foreach (SparseSegment segment in entry.Sparse ?? [new SparseSegment(0, entry.Size)])
        {
            WriteZeros(segment.Offset - written);
            written = segment.Offset;
            for (long left = segment.Length; left > 0;)
            {
                ReadOnlySpan<byte> piece = data.BorrowData((int)Math.Min(left, int.MaxValue));
                if (piece.IsEmpty)
                    throw new LayerException(entry.Path.Span, "less data than its size says");
                output.Write(piece);
                left -= piece.Length;
            }
            written += segment.Length;
        }
        WriteZeros(entry.Size - written);
        WriteZeros(-entry.Size & (Block - 1));
    }

    private void WriteHeader(LayerEntry entry, ReadOnlySpan<byte> name, char type)
    {
        ReadOnlySpan<byte> link = entry.LinkTarget.Span;
        using MemoryStream records = new();
        int prefix = PrefixOf(name);
        if (prefix < 0)
            AddRecord(records, "path", name);
        if (link.Length > NameBytes || !Ascii.IsValid(link))
            AddRecord(records, "linkpath", link);
        AddNumber(records, "uid", entry.Uid, MaximumOctal7);
        AddNumber(records, "gid", entry.Gid, MaximumOctal7);
        AddNumber(records, "size", entry.Size, MaximumOctal11);
        bool hasPlainTime = entry is { Nanoseconds: 0, Seconds: >= 0 and <= MaximumOctal11 };
        if (!hasPlainTime)
            AddRecord(records, "mtime", Encoding.ASCII.GetBytes(TimeOf(entry)));
        foreach ((string attribute, byte[] value) in entry.ExtendedAttributes)
            // As GNU tar codes what a key cannot have.
            AddRecord(records, $"SCHILY.xattr.{attribute.Replace("%", "%25", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal)}", value);
        if (records.Length > 0)
            WriteExtended(name, records.GetBuffer().AsSpan(0, (int)records.Length));

        header.AsSpan().Clear();
        if (prefix > 0)
            name[..prefix].CopyTo(header.AsSpan(345, PrefixBytes));
        ReadOnlySpan<byte> last = prefix > 0 ? name[(prefix + 1)..] : name;
        last[..Math.Min(last.Length, NameBytes)].CopyTo(header);
        link[..Math.Min(link.Length, NameBytes)].CopyTo(header.AsSpan(157, NameBytes));
        WriteBlock(type, entry.Mode, entry.Uid, entry.Gid, type == '0' ? entry.Size : 0, hasPlainTime ? entry.Seconds : Math.Clamp(entry.Seconds, 0, MaximumOctal11), entry.DeviceMajor, entry.DeviceMinor);
    }

    private void WriteExtended(ReadOnlySpan<byte> name, ReadOnlySpan<byte> records)
    {
        header.AsSpan().Clear();
        ReadOnlySpan<byte> last = LayerPath.Name(name.TrimEnd((byte)'/'));
        byte[] called = [.. "PaxHeaders.0/"u8, .. last];
        called.AsSpan(0, Math.Min(called.Length, NameBytes)).CopyTo(header);
        WriteBlock('x', 0x1a4, 0, 0, records.Length, 0, 0, 0);
        output.Write(records);
        WriteZeros(-records.Length & (Block - 1));
    }

    // Numbers that are too large stand in the extended header; here they are cut off.
    private void WriteBlock(char type, uint mode, uint uid, uint gid, long size, long seconds, uint major, uint minor)
    {
        Octal(100, 7, mode);
        Octal(108, 7, uid & MaximumOctal7);
        Octal(116, 7, gid & MaximumOctal7);
        Octal(124, 11, size & MaximumOctal11);
        Octal(136, 11, seconds);
        header[156] = (byte)type;
        "ustar\u000000"u8.CopyTo(header.AsSpan(257));
        Octal(329, 7, major);
        Octal(337, 7, minor);
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
            sum += b;
        Octal(148, 6, sum);
        header[154] = 0;
        output.Write(header);
    }

    private void Octal(int at, int digits, long value)
    {
        for (int i = digits - 1; i >= 0; i--, value >>= 3)
            header[at + i] = (byte)('0' + (value & 7));
    }

    private void WriteZeros(long count)
    {
        for (; count > 0; count -= Math.Min(count, Zeros.Length))
            output.Write(Zeros, 0, (int)Math.Min(count, Zeros.Length));
    }

    // Where the slash is between ustar's two parts of a name: 0 where one is enough, -1 where it doesn't fit.
    private static int PrefixOf(ReadOnlySpan<byte> name)
    {
        if (!Ascii.IsValid(name))
            return -1;
        if (name.Length <= NameBytes)
            return 0;
        int slash = name[..Math.Min(name.Length - 1, PrefixBytes + 1)].LastIndexOf((byte)'/');
        return slash > 0 && name.Length - slash - 1 is > 0 and <= NameBytes ? slash : -1;
    }

    private static void AddNumber(Stream records, string key, long value, long maximum)
    {
        if (value > maximum)
            AddRecord(records, key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }

    // Its length counts itself.
    private static void AddRecord(Stream records, string key, ReadOnlySpan<byte> value)
    {
        byte[] name = Encoding.UTF8.GetBytes(key);
        int length = name.Length + value.Length + 3, digits = 1;
        while (length + digits >= (int)Math.Pow(10, digits))
            digits++;
        records.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length + digits} ")));
        records.Write(name);
        records.WriteByte((byte)'=');
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static string TimeOf(LayerEntry entry)
    {
        (long seconds, uint fraction) = (entry.Seconds, entry.Nanoseconds);
        string sign = "";
        if (seconds < 0)
        {
            sign = "-";
            (seconds, fraction) = fraction == 0 ? (-seconds, 0) : (-seconds - 1, 1_000_000_000 - fraction);
        }
        string whole = string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}");
        return fraction == 0 ? whole : whole + string.Create(CultureInfo.InvariantCulture, $".{fraction:d9}").TrimEnd('0');
    }
}
