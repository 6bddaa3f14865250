namespace Vessel.Oci.Runtime;

/// <summary>The versions of the runtime specification that this reader understands: those of major version 1.</summary>
public static class OciVersion
{
    public const string Minimum = "1.0.0";

    public const string Current = "1.3.0";

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

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text.Length is > 0 and < 10 && text.IndexOfAnyExceptInRange('0', '9') < 0 && (text.Length == 1 || text[0] != '0');
}
