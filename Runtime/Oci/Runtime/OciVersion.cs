namespace Vessel.Oci.Runtime;

/// <summary>The versions of the runtime specification that this reader understands: those of major version 1.</summary>
public static class OciVersion
{
    public const string Minimum = "1.0.0";

    /// <summary>The newest version whose properties are all understood.</summary>
    public const string Current = "1.3.0";

    /// <summary>The version of documents that Vessel itself writes: the lowest that has all that is in them, since
    /// other runtimes reject versions that they do not know.</summary>
    public const string Written = "1.0.2";

    /// <summary>Whether documents of <paramref name="version"/> (semver 2.0) can be read.</summary>
    public static bool IsSupported(string version)
    {
        ReadOnlySpan<char> rest = version;
        int suffix = rest.IndexOfAny('-', '+');
        if (suffix == rest.Length - 1)
            return false;
        ReadOnlySpan<char> numbers = suffix < 0 ? rest : rest[..suffix];
        int first = numbers.IndexOf('.');
        int last = numbers.LastIndexOf('.');
        return first > 0 && first < last && numbers[..first] is "1"
            && IsNumber(numbers[(first + 1)..last]) && IsNumber(numbers[(last + 1)..]);
    }

    /// <summary>Whether <paramref name="version"/>, which <see cref="IsSupported"/>, is 1.<paramref name="minor"/> or
    /// later.</summary>
    public static bool IsAtLeast(string version, int minor)
    {
        string[] numbers = version.Split('.', 3);
        return numbers.Length == 3 && int.TryParse(numbers[1], out int own) && own >= minor;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text.Length is > 0 and < 10 && text.IndexOfAnyExceptInRange('0', '9') < 0 && (text.Length == 1 || text[0] != '0');
}
