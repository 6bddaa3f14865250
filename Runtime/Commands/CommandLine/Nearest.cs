namespace Vessel.Commands.CommandLine;

/// <summary>Finds the word that a person meant, where the one that was typed has a slip in it.</summary>
public static class Nearest
{
    private const int ShortestGuess = 3;

    /// <summary>
    /// A hint for the end of an error: <c> (did you mean "start"?)</c>; nothing where no word is near.
    /// </summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="known">What could have been typed.</param>
    public static string Hint(string typed, IEnumerable<string> known) => Of(typed, known) is { } meant ? $" (did you mean \"{meant}\"?)" : "";

    /// <summary>The nearest word; null where none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        if (typed.Length < ShortestGuess)
            return null;
        // One slip in a short word, two in most, three in a long one.
        int limit = Math.Min(3, (typed.Length + 1) / 3);
        string word = typed.ToLowerInvariant();
        return known.Select(k => (Word: k, Slips: k.StartsWith(word, StringComparison.Ordinal) ? 0 : Distance(word, k)))
            .Where(k => k.Slips <= limit && k.Slips < k.Word.Length)
            .OrderBy(k => k.Slips)
            // More is left out by mistake than is put in.
            .ThenBy(k => k.Slips == 0 ? k.Word.Length : -k.Word.Length).Select(k => k.Word).FirstOrDefault();
    }

    // Letters that are left out, put in, wrong, or in the wrong order (optimal string alignment).
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }
                int replaced = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        return cost[a.Length, b.Length];
    }
}
