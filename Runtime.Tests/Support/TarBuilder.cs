using System.Text;

namespace Vessel.Tests.Support;

/// <summary>Makes tars by hand, right ones and others. A character of a name or value is one byte: <c>"\xff"</c> is the byte 255.</summary>
internal sealed class TarBuilder
{
    public const int Time = 1_234_567_890;

    private readonly List<byte> tar = [];

    /// <summary>A header and its data. Of the name 100 bytes go into the header; <paramref name="change"/> changes it before its checksum is made.</summary>
    public TarBuilder Entry(char type, string name, byte[]? data = null, string link = "", uint mode = 0x1a4, long uid = 0, long gid = 0, long time = Time, Action<byte[]>? change = null)
    {
        byte[] header = new byte[512];
        Put(header, 0, 100, name);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, uid);
        Octal(header, 116, 8, gid);
        Octal(header, 124, 12, data?.Length ?? 0);
        Octal(header, 136, 12, time);
        header[156] = (byte)type;
        Put(header, 157, 100, link);
        Put(header, 257, 8, "ustar\000");
        change?.Invoke(header);
        SetChecksum(header);
        return Bytes(header).Padded(data ?? []);
    }

    public TarBuilder File(string name, string content = "", uint mode = 0x1a4, long uid = 0, long gid = 0, long time = Time) =>
        Entry('0', name, Latin(content), mode: mode, uid: uid, gid: gid, time: time);

    public TarBuilder Directory(string name, uint mode = 0x1ed, long uid = 0, long gid = 0, long time = Time) => Entry('5', name, mode: mode, uid: uid, gid: gid, time: time);

    public TarBuilder Link(string name, string target, uint mode = 0x1ff) => Entry('2', name, link: target, mode: mode);

    public TarBuilder HardLink(string name, string target) => Entry('1', name, link: target);

    public TarBuilder Node(char type, string name, int major = 0, int minor = 0, uint mode = 0x1a4) => Entry(type, name, mode: mode, change: h =>
    {
        Octal(h, 329, 8, major);
        Octal(h, 337, 8, minor);
    });

    /// <summary>An extended header for the next entry.</summary>
    public TarBuilder Pax(params (string Key, string Value)[] records) => Entry('x', "PaxHeaders/x", Records(records));

    /// <summary>An extended header for all that follow.</summary>
    public TarBuilder Global(params (string Key, string Value)[] records) => Entry('g', "pax_global_header", Records(records));

    /// <summary>GNU's long name (<c>L</c>) or long link (<c>K</c>) for the next entry.</summary>
    public TarBuilder Long(char type, string text) => Entry(type, "././@LongLink", Latin(text + "\0"), change: Gnu);

    /// <summary>Bytes as they are.</summary>
    public TarBuilder Bytes(byte[] bytes)
    {
        tar.AddRange(bytes);
        return this;
    }

    /// <summary>Bytes, filled up to a whole block.</summary>
    public TarBuilder Padded(byte[] bytes)
    {
        tar.AddRange(bytes);
        tar.AddRange(new byte[-bytes.Length & 511]);
        return this;
    }

    /// <summary>What was made until now, without an end.</summary>
    public byte[] ToArray() => [.. tar];

    /// <summary>What was made, with the two empty blocks.</summary>
    public byte[] End() => Bytes(new byte[1024]).ToArray();

    public static byte[] Records(params (string Key, string Value)[] records) => Latin(string.Concat(records.Select(r => Record(r.Key, r.Value))));

    public static string Record(string key, string value)
    {
        int length = key.Length + value.Length + 3;
        int digits = 1;
        while ((length + digits).ToString().Length != digits)
            digits++;
        return $"{length + digits} {key}={value}\n";
    }

    public static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Turns a header into one of GNU's.</summary>
    public static void Gnu(byte[] header) => Put(header, 257, 8, "ustar  \0");

    public static void Put(byte[] header, int at, int length, string text)
    {
        header.AsSpan(at, length).Clear();
        Latin(text).AsSpan(0, Math.Min(length, text.Length)).CopyTo(header.AsSpan(at));
    }

    public static void Octal(byte[] header, int at, int length, long value) => Put(header, at, length, Convert.ToString(value, 8).PadLeft(length - 1, '0'));

    public static void Base256(byte[] header, int at, int length, Int128 value)
    {
        for (int i = length - 1; i >= 0; i--, value >>= 8)
            header[at + i] = (byte)(value & 0xff);
        header[at] |= 0x80;
    }

    public static void SetChecksum(byte[] header, bool isSigned = false)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        long sum = isSigned ? header.Sum(b => (sbyte)b) : header.Sum(b => b);
        Put(header, 148, 8, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
    }
}
