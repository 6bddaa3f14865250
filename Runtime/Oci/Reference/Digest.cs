using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Vessel.Oci.Reference;

/// <summary>
/// The name of content by its hash: <c>sha256:</c> and 64 hex digits, or <c>sha512:</c> and 128. Nothing else becomes one: a digest is a
/// path in a store and in a registry's address, so a value of this type can be put there as it is.
/// </summary>
public sealed record Digest
{
    private const string Sha256 = "sha256", Sha512 = "sha512";
    private const int ShortLength = 12;

    private static readonly SearchValues<char> Encoded =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=_-");

    private Digest(string algorithm, string hex) => (Algorithm, Hex) = (algorithm, hex);

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>All hex digits, in lower case.</summary>
    public string Hex { get; }

    /// <summary>The first 12 hex digits, as lists show them.</summary>
    public string Short => Hex[..ShortLength];

    /// <summary>Whether <paramref name="text"/> is a digest; if not, <paramref name="error"/> says why, in docker's words.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Digest? digest, [NotNullWhen(false)] out string? error)
    {
        text ??= "";
        int colon = text.IndexOf(':');
        string hex = text[(colon + 1)..];
        (string algorithm, int length) = colon < 0 ? ("", 0) : text[..colon] switch
        {
            Sha256 => (Sha256, SHA256.HashSizeInBytes * 2),
            Sha512 => (Sha512, SHA512.HashSizeInBytes * 2),
            _ => ("", 0),
        };
        if (length == 0)
            error = IsOfOtherAlgorithm(text, colon) ? "unsupported digest algorithm" : "invalid checksum digest format";
        else if (hex.Length != length && hex.Length > 0)
            error = "invalid checksum digest length";
        else
            error = IsLowerHex(hex) ? null : "invalid checksum digest format";
        digest = error is null ? new Digest(algorithm, hex) : null;
        return digest is not null;
    }

    /// <exception cref="FormatException">The text is no digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out Digest? digest, out string? error) ? digest : throw new FormatException(error);

    /// <summary>The sha256 of <paramref name="bytes"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => new(Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>Whether this is the digest of <paramref name="bytes"/>.</summary>
    public bool Matches(ReadOnlySpan<byte> bytes) =>
        Hex == Convert.ToHexStringLower(Algorithm == Sha256 ? SHA256.HashData(bytes) : SHA512.HashData(bytes));

    public override string ToString() => $"{Algorithm}:{Hex}";

    /// <summary>Whether there is at least one character, and each is a hex digit in lower case.</summary>
    internal static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
                return false;
        }

        return text.Length > 0;
    }

    // What the grammar lets algorithms that are yet to come look like.
    private static bool IsOfOtherAlgorithm(string text, int colon)
    {
        if (colon <= 0 || colon == text.Length - 1)
            return false;
        foreach (string part in text[..colon].Split('+', '.', '_', '-'))
        {
            if (part.Length == 0 || !part.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
                return false;
        }

        return text.AsSpan(colon + 1).IndexOfAnyExcept(Encoded) < 0;
    }
}
