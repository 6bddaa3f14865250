using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Vessel.Oci.Json;
using ProcessArchitecture = System.Runtime.InteropServices.Architecture;

namespace Vessel.Oci.Image;

/// <summary>
/// An operating system and an architecture, in Go's words (<c>linux</c>, <c>amd64</c>), with the architecture's variant (<c>v7</c>).
/// Documents hold them as they were written; <see cref="Normalize"/> gives the one spelling that can be compared.
/// </summary>
public sealed record Platform(string Os, string Architecture, string? Variant = null, string? OsVersion = null) : ExtensibleRecord
{
    private const string Linux = "linux", Unknown = "unknown";

    private static readonly string[] KnownSystems =
    [
        "linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "aix", "android", "ios", "hurd",
        "js", "nacl", "plan9", "zos",
    ];

    private static readonly string[] KnownArchitectures =
    [
        "amd64", "arm64", "arm", "386", "riscv64", "ppc64le", "s390x", "loong64", "mips64le", "mips64", "mipsle", "mips", "wasm",
        "amd64p32", "armbe", "arm64be", "mips64p32", "mips64p32le", "ppc", "ppc64", "riscv", "s390", "sparc", "sparc64",
    ];

    /// <summary>What this process runs on, and so what its containers do.</summary>
    public static Platform Host { get; } = new Platform(Linux, HostArchitecture()).Normalize();

    /// <summary>What the system must have in addition (<c>os.features</c>).</summary>
    public IReadOnlyList<string> OsFeatures { get; init; } = [];

    /// <summary>
    /// Reads <c>os</c>, <c>architecture</c>, <c>os/architecture</c> or <c>os/architecture/variant</c>, and normalizes it; what is left out
    /// is this host's.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Platform? platform, [NotNullWhen(false)] out string? error)
    {
        platform = null;
        string[] parts = (text ?? "").Split('/', 4);
        foreach (string part in parts)
        {
            if (IsWord(part))
                continue;
            error = $"{DocumentText.Quote(part)} is an invalid component of {DocumentText.Quote(text)}";
            return false;
        }

        platform = parts switch
        {
            [string os, string architecture] => new Platform(os, architecture).Normalize(),
            [string os, string architecture, string variant] => new Platform(os, architecture, variant).Normalize(),
            [string one] => OfOneWord(one),
            _ => null,
        };
        error = null;
        if (platform is null)
        {
            error = parts.Length == 1
                ? $"{DocumentText.Quote(text)}: unknown operating system or architecture"
                : $"{DocumentText.Quote(text)}: cannot parse platform specifier";
        }

        return platform is not null;
    }

    /// <exception cref="FormatException">The text names no platform.</exception>
    public static Platform Parse(string text) =>
        TryParse(text, out Platform? platform, out string? error) ? platform : throw new FormatException(error);

    /// <summary>
    /// The same platform by the name that everyone knows: <c>x86_64</c> is <c>amd64</c>, <c>aarch64</c> is <c>arm64</c>, <c>armhf</c> is
    /// <c>arm/v7</c>, as is <c>arm</c>; <c>arm64/v8</c> and <c>amd64/v1</c> need no variant.
    /// </summary>
    public Platform Normalize()
    {
        string os = Os.ToLowerInvariant();
        (string architecture, string variant) = (Architecture.ToLowerInvariant(), (Variant ?? "").ToLowerInvariant()) switch
        {
            ("i386" or "386", _) => ("386", ""),
            ("x86_64" or "x86-64" or "amd64", "v1") => ("amd64", ""),
            ("x86_64" or "x86-64" or "amd64", string other) => ("amd64", other),
            ("aarch64" or "arm64", "8" or "v8") => ("arm64", ""),
            ("aarch64" or "arm64", string other) => ("arm64", other),
            ("armhf", _) or ("arm", "" or "7") => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "5" or "6" or "8") => ("arm", $"v{Variant}"),
            (string other, string otherVariant) => (other, otherVariant),
        };
        return this with
        {
            Os = os switch { "" => Linux, "macos" => "darwin", _ => os },
            Architecture = architecture,
            Variant = variant.Length == 0 ? null : variant,
            OsVersion = string.IsNullOrEmpty(OsVersion) ? null : OsVersion,
        };
    }

    /// <summary><c>linux/arm/v7</c>; <c>unknown</c> where there is no system.</summary>
    public override string ToString() =>
        Os.Length == 0 ? Unknown : string.Join('/', new[] { Os, Architecture, Variant }.Where(static part => !string.IsNullOrEmpty(part)));

    /// <summary>The same members; what a document has in addition doesn't count.</summary>
    public bool Equals(Platform? other) =>
        other is not null && (Os, Architecture, Variant, OsVersion) == (other.Os, other.Architecture, other.Variant, other.OsVersion)
        && OsFeatures.SequenceEqual(other.OsFeatures);

    public override int GetHashCode() => HashCode.Combine(Os, Architecture, Variant, OsVersion, OsFeatures.Count);

    private static Platform? OfOneWord(string word)
    {
        Platform asSystem = new Platform(word, "").Normalize(), asArchitecture = new Platform(Linux, word).Normalize();
        if (KnownSystems.Contains(asSystem.Os))
            return Host with { Os = asSystem.Os };
        return KnownArchitectures.Contains(asArchitecture.Architecture) ? asArchitecture : null;
    }

    private static bool IsWord(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        }

        return text.Length > 0;
    }

    // The process's, not the machine's: a 32-bit runtime on a 64-bit kernel is there for 32-bit images.
    private static string HostArchitecture() => RuntimeInformation.ProcessArchitecture switch
    {
        ProcessArchitecture.X64 => "amd64",
        ProcessArchitecture.X86 => "386",
        ProcessArchitecture.Armv6 => "armel",
        ProcessArchitecture.LoongArch64 => "loong64",
        // arm64, arm, s390x, ppc64le and riscv64 are Go's words too.
        ProcessArchitecture other => other.ToString().ToLowerInvariant(),
    };
}
