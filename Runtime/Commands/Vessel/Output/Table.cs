using System.Text;

namespace Vessel.Commands.Vessel.Output;

/// <summary>A table as docker lays it out: columns as wide as their longest cell and three spaces, ten at least; the last as it is.</summary>
internal static class Table
{
    private const int LeastWidth = 10, Gap = 3;

    public static string Format(IReadOnlyList<string[]> rows)
    {
        int columns = rows.Max(r => r.Length);
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => Math.Max(LeastWidth, rows.Max(r => c < r.Length ? r[c].Length : 0) + Gap))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            for (int c = 0; c < row.Length; c++)
                text.Append(c == row.Length - 1 ? row[c] : row[c].PadRight(widths[c]));
            text.Append('\n');
        }
        return text.ToString();
    }
}
