using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Vessel.Images.Layers;

/// <summary>What extended headers (POSIX 1003.1-2001) say of one entry, or of all that follow.</summary>
internal sealed class PaxRecords(LayerLimits limits)
{
    private const int MaximumAttributeName = 255;

    private readonly List<KeyValuePair<string, byte[]>> attributes = [];

    // Which of them came from libarchive's form; where both are there, star's is the one without a coding in between.
    private readonly HashSet<string> coded = [];

    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Size { get; private set; }

    public long? Uid { get; private set; }

    public long? Gid { get; private set; }

    public (long Seconds, uint Nanoseconds)? Time { get; private set; }

    public byte[]? SparseName { get; private set; }

    public long? SparseSize { get; private set; }

    public long? SparseMajor { get; private set; }

    public long? SparseMinor { get; private set; }

    public long? SparseCount { get; private set; }

    /// <summary>Offset, length, offset, length: the maps of GNU's formats 0.0 and 0.1.</summary>
    public List<long>? SparseMap { get; private set; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes => attributes;

    public bool IsSparse => SparseMap is not null || SparseSize is not null || SparseMajor is not null || SparseCount is not null;

    public void Clear()
    {
        attributes.Clear();
        coded.Clear();
        Path = LinkPath = SparseName = null;
        Size = Uid = Gid = SparseSize = SparseMajor = SparseMinor = SparseCount = null;
        Time = null;
        SparseMap = null;
    }

    /// <summary>Reads the records <c>LENGTH KEY=VALUE\n</c> of one header. A later one of the same key wins.</summary>
    public void Read(ReadOnlySpan<byte> data, bool isGlobal)
    {
        while (!data.IsEmpty)
        {
            int blank = data.IndexOf((byte)' ');
            if (blank is < 1 or > 10 || !Utf8Parser.TryParse(data[..blank], out int length, out int digits) || digits != blank || length > data.Length || length < blank + 3)
                throw Bad("a record has no proper length");
            ReadOnlySpan<byte> record = data[(blank + 1)..length];
            data = data[length..];
            int equals = record.IndexOf((byte)'=');
            if (record[^1] != '\n' || equals < 1)
                throw Bad("a record is no `key=value` with a line end");
            ReadOnlySpan<byte> key = record[..equals], value = record[(equals + 1)..^1];
            if (isGlobal)
                SetGlobal(key, value);
            else
                Set(key, value);
        }
    }

    /// <summary>Sets or replaces an attribute.</summary>
    public void SetAttribute(string name, byte[] value)
    {
        int at = attributes.FindIndex(a => a.Key == name);
        if (at >= 0)
            attributes.RemoveAt(at);
        else if (attributes.Count >= limits.MaximumAttributes)
            throw Bad($"more than {limits.MaximumAttributes} extended attributes");
        attributes.Add(new(name, value));
    }

    // Names and sizes for all entries would make one of them all, and attributes a small archive a large layer. Engines take no notice of global
    // headers and other programs do as they say; one archive with two meanings is none.
    private void SetGlobal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8) || key.SequenceEqual("linkpath"u8) || key.SequenceEqual("size"u8) || key.StartsWith("GNU.sparse."u8)
            || key.StartsWith("SCHILY.xattr."u8) || key.StartsWith("LIBARCHIVE.xattr."u8))
            throw Bad($"{LayerText.Quote(key)} is set for all entries");
        Set(key, value);
    }

    private void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith("SCHILY.xattr."u8))
        {
            string name = AttributeName(key["SCHILY.xattr.".Length..], isUrl: false);
            coded.Remove(name);
            SetAttribute(name, value.ToArray());
        }
        else if (key.StartsWith("LIBARCHIVE.xattr."u8))
        {
            string name = AttributeName(key["LIBARCHIVE.xattr.".Length..], isUrl: true);
            byte[] plain = Decode(value);
            if (coded.Contains(name) || !attributes.Exists(a => a.Key == name))
            {
                coded.Add(name);
                SetAttribute(name, plain);
            }
        }
        else
        {
            SetField(key, value);
        }
    }

    // An empty value takes back what was set before; the header's own field counts then.
    private void SetField(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8))
            Path = Name(value);
        else if (key.SequenceEqual("linkpath"u8))
            LinkPath = Name(value);
        else if (key.SequenceEqual("size"u8))
            Size = Number(key, value);
        else if (key.SequenceEqual("uid"u8))
            Uid = Number(key, value);
        else if (key.SequenceEqual("gid"u8))
            Gid = Number(key, value);
        else if (key.SequenceEqual("mtime"u8))
            Time = value.IsEmpty ? null : ReadTime(value);
        else if (key.StartsWith("GNU.sparse."u8))
            SetSparse(key["GNU.sparse.".Length..], value);
    }

    private void SetSparse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("name"u8))
            SparseName = Name(value);
        else if (key.SequenceEqual("size"u8) || key.SequenceEqual("realsize"u8))
            SparseSize = Number(key, value);
        else if (key.SequenceEqual("major"u8))
            SparseMajor = Number(key, value);
        else if (key.SequenceEqual("minor"u8))
            SparseMinor = Number(key, value);
        else if (key.SequenceEqual("numblocks"u8))
            SparseCount = Number(key, value);
        else if (key.SequenceEqual("offset"u8))
            AddToMap(key, value, isOffset: true);
        else if (key.SequenceEqual("numbytes"u8))
            AddToMap(key, value, isOffset: false);
        else if (key.SequenceEqual("map"u8))
            ReadMap(key, value);
    }

    private void AddToMap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isOffset)
    {
        SparseMap ??= [];
        if (int.IsEvenInteger(SparseMap.Count) != isOffset)
            throw Bad("a sparse map is no list of pairs");
        SparseMap.Add(Number(key, value) ?? throw Bad("a sparse map has an empty number"));
    }

    private void ReadMap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        SparseMap = [];
        if (value.IsEmpty)
            return;
        foreach (Range part in value.Split((byte)','))
            SparseMap.Add(Number(key, value[part]) ?? throw Bad("a sparse map has an empty number"));
    }

    private static byte[]? Name(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
            throw Bad("a name has a NUL");
        return value.IsEmpty ? null : value.ToArray();
    }

    private static long? Number(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return null;
        return TryDigits(value, out long number) ? number : throw Bad($"{LayerText.Quote(key)} is no number: {LayerText.Quote(value)}");
    }

    // Seconds with a fraction of any length, rounded down to nanoseconds.
    private static (long, uint) ReadTime(ReadOnlySpan<byte> value)
    {
        bool isNegative = value[0] == '-';
        ReadOnlySpan<byte> whole = isNegative ? value[1..] : value, fraction = default;
        int point = whole.IndexOf((byte)'.');
        if (point >= 0)
        {
            fraction = whole[(point + 1)..];
            whole = whole[..point];
        }
        if (!TryDigits(whole, out long seconds) || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw Bad($"`mtime` is no time: {LayerText.Quote(value)}");
        uint nanoseconds = 0;
        for (int i = 0; i < 9; i++)
            nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - (uint)'0' : 0);
        if (!isNegative)
            return (seconds, nanoseconds);
        return nanoseconds == 0 ? (-seconds, 0) : (-seconds - 1, 1_000_000_000 - nanoseconds);
    }

    internal static bool TryDigits(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        return !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(text, out number, out int length) && length == text.Length;
    }

    private static string AttributeName(ReadOnlySpan<byte> coded, bool isUrl)
    {
        byte[] name = new byte[coded.Length];
        int length = 0;
        for (int i = 0; i < coded.Length; i++)
        {
            // GNU tar codes the two characters that a key cannot have, and only these.
            if (coded[i] == '%' && i + 2 < coded.Length && byte.TryParse(coded.Slice(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out byte b)
                && (isUrl || b is (byte)'=' or (byte)'%'))
            {
                name[length++] = b;
                i += 2;
            }
            else
            {
                name[length++] = coded[i];
            }
        }
        ReadOnlySpan<byte> plain = name.AsSpan(0, length);
        if (plain.Length is 0 or > MaximumAttributeName || plain.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(plain))
            throw Bad($"no name of an extended attribute: {LayerText.Quote(plain)}");
        return Encoding.UTF8.GetString(plain);
    }

    // libarchive writes it without the signs that fill up the last four.
    private static byte[] Decode(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd((byte)'=');
        byte[] padded = new byte[(text.Length + 3) / 4 * 4];
        padded.AsSpan().Fill((byte)'=');
        text.CopyTo(padded);
        byte[] value = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Base64.DecodeFromUtf8(padded, value, out int read, out int length) != OperationStatus.Done || read != padded.Length)
            throw Bad("an extended attribute is no base 64");
        return value[..length];
    }

    private static LayerException Bad(string what) => new($"extended header: {what}");
}
