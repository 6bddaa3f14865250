using System.Buffers;
using System.Globalization;
using System.Text;
using Newtonsoft.Json;

namespace Vessel.Logs.JsonFile;

/// <summary>A record as docker's json-file driver writes it: <c>{"log":"text\n","stream":"stdout","time":"2026-11-29T10:00:00.123456789Z"}</c>.</summary>
/// <remarks>The text is JSON, so bytes that are no UTF-8 become U+FFFD, as with docker.</remarks>
internal static class JsonFileLine
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    /// <summary>Writes a record and its newline.</summary>
    public static void Write(ArrayBufferWriter<byte> output, LogSource stream, DateTime time, ReadOnlySpan<byte> data)
    {
        output.Write("{\"log\":\""u8);
        WriteText(output, data);
        output.Write(stream == LogSource.Stdout ? "\",\"stream\":\"stdout\",\"time\":\""u8 : "\",\"stream\":\"stderr\",\"time\":\""u8);
        time.TryFormat(output.GetSpan(40), out int written, TimeFormat, CultureInfo.InvariantCulture);
        output.Advance(written);
        output.Write("\"}\n"u8);
    }

    /// <summary>Reads a line; null where it is no record, as a line is that a full disk or a kill has cut.</summary>
    public static LogRecord? Parse(ReadOnlySpan<byte> line)
    {
        string? text = null, stream = null, time = null;
        using JsonTextReader json = new(new StringReader(Encoding.UTF8.GetString(line))) { DateParseHandling = DateParseHandling.None };
        try
        {
            if (!json.Read() || json.TokenType != JsonToken.StartObject)
                return null;
            while (json.Read() && json.TokenType == JsonToken.PropertyName)
            {
                string name = (string)json.Value!;
                json.Read();
                switch (name)
                {
                    case "log": text = json.Value as string; break;
                    case "stream": stream = json.Value as string; break;
                    case "time": time = json.Value as string; break;
                    default: json.Skip(); break;
                }
            }
        }
        catch (JsonReaderException)
        {
            return null;
        }
        if (json.TokenType != JsonToken.EndObject || text is null || stream is not ("stdout" or "stderr")
            || !DateTime.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime moment))
            return null;
        return new LogRecord(moment, stream == "stdout" ? LogSource.Stdout : LogSource.Stderr, Encoding.UTF8.GetBytes(text));
    }

    private static void WriteText(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int plain = PlainLength(data);
            output.Write(data[..plain]);
            data = data[plain..];
            if (data.IsEmpty)
                return;
            OperationStatus status = Rune.DecodeFromUtf8(data, out Rune rune, out int length);
            if (status != OperationStatus.Done)
                output.Write("\\ufffd"u8);
            else if (length > 1 && rune.Value is not (0x2028 or 0x2029))
                output.Write(data[..length]);
            else
                WriteEscaped(output, rune.Value);
            data = data[length..];
        }
    }

    // Characters of ASCII that stand for themselves. The markup of HTML does not, as with docker.
    private static int PlainLength(ReadOnlySpan<byte> data)
    {
        int length = data.IndexOfAny(Special);
        return length < 0 ? data.Length : length;
    }

    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat([0x22, 0x26, 0x3c, 0x3e, 0x5c]).Concat(Enumerable.Range(0x7f, 0x81)).Select(value => (byte)value)]);

    private static void WriteEscaped(ArrayBufferWriter<byte> output, int character)
    {
        switch (character)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\r': output.Write("\\r"u8); break;
            case '\t': output.Write("\\t"u8); break;
            default: output.Write(Encoding.ASCII.GetBytes($"\\u{character:x4}")); break;
        }
    }
}
