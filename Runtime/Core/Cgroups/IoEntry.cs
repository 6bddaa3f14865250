using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Core.Cgroups;

/// <summary>What one device has done for a container: bytes or operations, of one kind.</summary>
internal sealed record IoEntry(ulong Major, ulong Minor, string Operation, ulong Value)
{
    /// <summary>Lines of <c>8:0 Read 4096</c>; the total at the end has no device.</summary>
    public static IReadOnlyList<IoEntry> ReadV1(string? file)
    {
        List<IoEntry> entries = [];
        foreach (string[] words in Lines(file))
            if (words.Length == 3 && Device(words[0]) is { } device && ulong.TryParse(words[2], out ulong value))
                entries.Add(new IoEntry(device.Major, device.Minor, words[1], value));
        return entries;
    }

    /// <summary>Lines of <c>8:0 rbytes=4096 wbytes=0 …</c>.</summary>
    public static IReadOnlyList<IoEntry> ReadV2(string? file, params ReadOnlySpan<(string Key, string Operation)> wanted)
    {
        List<IoEntry> entries = [];
        foreach (string[] words in Lines(file))
            if (Device(words[0]) is { } device)
                foreach ((string key, string operation) in wanted)
                    if (Array.Find(words, w => w.StartsWith(key + "=", StringComparison.Ordinal)) is { } word && ulong.TryParse(word.AsSpan(key.Length + 1), out ulong value))
                        entries.Add(new IoEntry(device.Major, device.Minor, operation, value));
        return entries;
    }

    /// <summary>Writes it as runc does.</summary>
    public void Write(JsonMapWriter json)
    {
        json.Always("major", Major);
        json.Always("minor", Minor);
        json.Always("op", Operation);
        json.Always("value", Value);
    }

    private static IEnumerable<string[]> Lines(string? file) =>
        file is null ? [] : (Files.TryReadText(null, file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '));

    private static (ulong Major, ulong Minor)? Device(string text) =>
        text.Split(':') is [var major, var minor] && ulong.TryParse(major, out ulong m) && ulong.TryParse(minor, out ulong n) ? (m, n) : null;
}
