using System.Globalization;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>A list of CPUs or memory nodes as cpuset has it (<c>0-3,7</c>), as a mask of bits.</summary>
public static class NumberMask
{
    /// <summary>Above what any kernel is built for (NR_CPUS is at most 8192), and small enough to be held as bits.</summary>
    private const int Maximum = 65535;

    /// <summary>Reads a list; the lowest number is the lowest bit of the first byte.</summary>
    /// <param name="list">The list. Spaces around numbers, and empty entries, are passed over, as the kernel does.</param>
    /// <param name="property">The property of config.json, for the error.</param>
    public static byte[] Parse(string list, string property)
    {
        List<byte> bytes = [];
        foreach (string entry in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int dash = entry.IndexOf('-');
            int first = Number(dash < 0 ? entry : entry[..dash], list, property);
            int last = dash < 0 ? first : Number(entry[(dash + 1)..], list, property);
            if (last < first)
                throw new RuntimeException(ErrorKind.InvalidSpec, $"{property}: the range {entry} goes backwards");
            while (bytes.Count <= last / 8)
                bytes.Add(0);
            for (int i = first; i <= last; i++)
                bytes[i / 8] |= (byte)(1 << (i % 8));
        }
        return bytes.Count > 0 ? [.. bytes] : throw new RuntimeException(ErrorKind.InvalidSpec, $"{property}: \"{list}\" names no number");
    }

    private static int Number(string text, string list, string property) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= Maximum
            ? number
            : throw new RuntimeException(ErrorKind.InvalidSpec, $"{property}: \"{list}\" is no list of numbers up to {Maximum} and ranges of them");
}
