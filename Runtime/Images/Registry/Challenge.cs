namespace Vessel.Images.Registry;

/// <summary>What a registry asks for in <c>WWW-Authenticate</c> (RFC 9110, section 11.6.1).</summary>
/// <param name="Scheme"><c>Basic</c> or <c>Bearer</c>, as it was written.</param>
/// <param name="Parameters"><c>realm</c>, <c>service</c>, <c>scope</c>, <c>error</c>.</param>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int MaximumLength = 8192;

    /// <summary>A parameter; empty where it isn't there.</summary>
    public string this[string name] => Parameters.GetValueOrDefault(name, "");

    /// <summary>Reads one header; null where it is none that we understand.</summary>
    public static Challenge? Parse(string header)
    {
        if (header.Length > MaximumLength)
            return null;
        int space = header.IndexOf(' ');
        string scheme = space < 0 ? header : header[..space];
        Dictionary<string, string> parameters = new(StringComparer.OrdinalIgnoreCase);
        int i = space < 0 ? header.Length : space + 1;
        while (i < header.Length)
        {
            while (i < header.Length && header[i] is ' ' or ',')
                i++;
            int equals = header.IndexOf('=', i);
            if (equals < 0)
                break;
            string name = header[i..equals].Trim();
            i = equals + 1;
            parameters[name] = i < header.Length && header[i] == '"' ? Quoted(header, ref i) : Token(header, ref i);
        }
        return new Challenge(scheme, parameters);
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

    private static string Token(string header, ref int i)
    {
        int start = i;
        while (i < header.Length && header[i] is not (',' or ' '))
            i++;
        return header[start..i];
    }
}
