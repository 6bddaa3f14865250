namespace Vessel.Images.Registry;

/// <summary>What a registry asks for in <c>WWW-Authenticate</c> (RFC 9110, section 11.6.1).</summary>
/// <param name="Scheme"><c>Basic</c> or <c>Bearer</c>, as it was written.</param>
/// <param name="Parameters"><c>realm</c>, <c>service</c>, <c>scope</c>, <c>error</c>.</param>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int MaximumLength = 8192;
    private const string Blank = " \t";

    /// <summary>Whether it asks for a token.</summary>
    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    /// <summary>A parameter; empty where it isn't there.</summary>
    public string this[string name] => Parameters.GetValueOrDefault(name, "");

    /// <summary>Reads one header, which may have several challenges; none where it is too long to be one.</summary>
    /// <remarks>A comma is between challenges as well as between parameters: what has no <c>=</c> behind it begins the next challenge.</remarks>
    public static IReadOnlyList<Challenge> Parse(string header)
    {
        List<Challenge> challenges = [];
        Dictionary<string, string> parameters = [];
        for (int i = 0; header.Length <= MaximumLength;)
        {
            i = Skip(header, i, " \t,");
            if (i >= header.Length)
                break;
            string word = Until(header, ref i, ", \t=");
            int behind = Skip(header, i, Blank);
            if (behind < header.Length && header[behind] == '=' && challenges.Count > 0)
            {
                i = Skip(header, behind + 1, Blank);
                string value = i < header.Length && header[i] == '"' ? Quoted(header, ref i) : Until(header, ref i, ", \t");
                parameters.TryAdd(word, value);
            }
            else
            {
                parameters = new(StringComparer.OrdinalIgnoreCase);
                challenges.Add(new Challenge(word, parameters));
                // What is no word is passed over.
                i = word.Length == 0 ? i + 1 : i;
            }
        }
        return challenges;
    }

    private static int Skip(string header, int i, string what)
    {
        while (i < header.Length && what.Contains(header[i]))
            i++;
        return i;
    }

    private static string Quoted(string header, ref int i)
    {
        System.Text.StringBuilder text = new();
        for (i++; i < header.Length && header[i] != '"'; i++)
        {
            if (header[i] == '\\' && i + 1 < header.Length)
                i++;
            text.Append(header[i]);
        }
        i++;
        return text.ToString();
    }

    private static string Until(string header, ref int i, string ends)
    {
        int start = i;
        while (i < header.Length && !ends.Contains(header[i]))
            i++;
        return header[start..i];
    }
}
