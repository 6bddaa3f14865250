namespace Vessel.Oci.Reference;

/// <summary>What the parts of a reference may look like, as docker has it. ASCII only, so that no two that look alike are two.</summary>
internal static class ReferenceGrammar
{
    public const int MaximumRepositoryLength = 255;

    // Longer ones are no name that DNS has.
    private const int MaximumRegistryLength = 255;
    private const int MaximumTagLength = 128;
    private const int MinimumDigestLength = 32;

    /// <summary>A host name, an IPv4 address, or an IPv6 address in brackets; then perhaps <c>:port</c>.</summary>
    public static bool IsRegistry(string text)
    {
        if (text.Length > MaximumRegistryLength)
            return false;
        int hostEnd = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':');
        ReadOnlySpan<char> host = hostEnd < 0 ? text : text.AsSpan(0, hostEnd);
        ReadOnlySpan<char> port = text.AsSpan(host.Length);
        bool hasPort = port.IsEmpty || (port[0] == ':' && port.Length > 1 && port[1..].IndexOfAnyExceptInRange('0', '9') < 0);
        return hasPort && (text.StartsWith('[') ? IsAddressInBrackets(host) : IsHostName(host));
    }

    /// <summary>One or more names with <c>/</c> between; a name is words of <c>a-z0-9</c> with <c>. _ __</c> or some <c>-</c> between.</summary>
    public static bool IsRepository(ReadOnlySpan<char> text)
    {
        foreach (Range part in text.Split('/'))
        {
            if (!IsPathComponent(text[part]))
                return false;
        }

        return true;
    }

    public static bool IsTag(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaximumTagLength || text[0] is '.' or '-')
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        }

        return true;
    }

    /// <summary>Whether it has the form of a digest; whether it is one is for <see cref="Digest"/>.</summary>
    public static bool IsLikeDigest(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon < 0 || text.Length - colon - 1 < MinimumDigestLength)
            return false;
        foreach (char c in text[(colon + 1)..])
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
        }

        ReadOnlySpan<char> algorithm = text[..colon];
        foreach (Range part in algorithm.SplitAny('-', '_', '+', '.'))
        {
            if (!IsAlgorithmWord(algorithm[part]))
                return false;
        }

        return true;
    }

    private static bool IsAlgorithmWord(ReadOnlySpan<char> word)
    {
        foreach (char c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c))
                return false;
        }

        return word.Length > 0 && char.IsAsciiLetter(word[0]);
    }

    private static bool IsAddressInBrackets(ReadOnlySpan<char> text)
    {
        if (text.Length < 3)
            return false;
        foreach (char c in text[1..^1])
        {
            if (!char.IsAsciiHexDigit(c) && c != ':')
                return false;
        }

        return true;
    }

    private static bool IsHostName(ReadOnlySpan<char> text)
    {
        foreach (Range part in text.Split('.'))
        {
            ReadOnlySpan<char> label = text[part];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-')
                return false;
            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                    return false;
            }
        }

        return true;
    }

    private static bool IsPathComponent(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !IsWordCharacter(text[0]) || !IsWordCharacter(text[^1]))
            return false;
        for (int i = 1; i < text.Length; i++)
        {
            if (IsWordCharacter(text[i]))
                continue;
            int start = i;
            while (!IsWordCharacter(text[i]))
                i++;
            ReadOnlySpan<char> separator = text[start..i];
            if (separator is not ("." or "_" or "__") && separator.ContainsAnyExcept('-'))
                return false;
        }

        return true;
    }

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
