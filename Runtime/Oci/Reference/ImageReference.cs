using System.Diagnostics.CodeAnalysis;
using Vessel.Oci.Json;

namespace Vessel.Oci.Reference;

/// <summary>
/// The name by which an image is asked for, in full: registry, repository, and a tag, a digest, both, or neither. Read as docker reads it:
/// <c>alpine</c> is <c>docker.io/library/alpine</c>.
/// </summary>
public sealed record ImageReference
{
    private const string Hub = "docker.io", OldHub = "index.docker.io", Official = "library/", DefaultTag = "latest";
    private const string InvalidFormat = "invalid reference format";
    private const int IdentifierLength = 64;

    private ImageReference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary><c>docker.io</c>, <c>localhost:5000</c>, <c>[::1]:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>The path in the registry: <c>library/alpine</c>.</summary>
    public string Repository { get; }

    public string? Tag { get; }

    /// <summary>What the image must be, whatever the tag says now.</summary>
    public Digest? Digest { get; }

    /// <summary>Without tag and digest: <c>docker.io/library/alpine</c>.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>
    /// The name as people write it: <c>alpine</c>, <c>user/image</c>, <c>localhost:5000/a</c>. What would be read as another image when
    /// shortened (<c>docker.io/localhost/a</c>) is not shortened.
    /// </summary>
    public string FamiliarName
    {
        get
        {
            if (Registry != Hub)
                return Name;
            string name = Repository.StartsWith(Official, StringComparison.Ordinal) ? Repository[Official.Length..] : Repository;
            if (name.Contains('/'))
                name = Repository;
            return !IsIdentifier(name) && Split(name) == (Registry, Repository) ? name : Name;
        }
    }

    /// <summary>The familiar name with tag and digest: <c>alpine:latest</c>.</summary>
    public string FamiliarText => FamiliarName + Suffix;

    /// <summary>
    /// Whether a person would read the name as a digest: <c>sha256:…</c> has the form of an image's id.
    /// </summary>
    public bool LooksLikeDigest => FamiliarName is "sha256" or "sha512";

    private string Suffix => (Tag is null ? "" : $":{Tag}") + (Digest is null ? "" : $"@{Digest}");

    /// <summary>Whether <paramref name="text"/> names an image; if not, <paramref name="error"/> says why, in docker's words.</summary>
    /// <remarks>No tag is added where there is none: <see cref="WithDefaultTag"/>.</remarks>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        text ??= "";
        // It would be taken for an image's id, which every command that takes a reference takes too.
        if (IsIdentifier(text))
        {
            error = $"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings";
            return false;
        }

        (string registry, string rest) = Split(text);
        string beforeColon = rest.Split(':', 2)[0];
        if (HasCapital(beforeColon))
        {
            string shown = DocumentText.Shorten(beforeColon, ReferenceGrammar.MaximumRepositoryLength);
            error = $"{InvalidFormat}: repository name ({shown}) must be lowercase";
            return false;
        }

        error = TakeApart(rest, out string repository, out string? tag, out Digest? digest);
        if (!ReferenceGrammar.IsRegistry(registry))
            error = InvalidFormat;
        if (error is null)
            reference = new ImageReference(registry, repository, tag, digest);
        return reference is not null;
    }

    /// <exception cref="FormatException">The text names no image.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out ImageReference? reference, out string? error) ? reference : throw new FormatException(error);

    /// <summary>With <c>latest</c>, where there is neither a tag nor a digest.</summary>
    public ImageReference WithDefaultTag() => Tag is null && Digest is null ? WithTag(DefaultTag) : this;

    /// <summary>What it means: by a digest alone, beside which a tag says nothing; or else by its tag, the default one where it has none.</summary>
    public ImageReference AsMeant() => Digest is { } digest ? WithNameOnly().WithDigest(digest) : WithDefaultTag();

    /// <summary>With another tag; a digest stays.</summary>
    /// <exception cref="FormatException">The text is no tag.</exception>
    public ImageReference WithTag(string tag) => ReferenceGrammar.IsTag(tag)
        ? new ImageReference(Registry, Repository, tag, Digest)
        : throw new FormatException("invalid tag format");

    /// <summary>With another digest; a tag stays.</summary>
    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, Tag, digest);

    /// <summary>Without tag and digest.</summary>
    public ImageReference WithNameOnly() => new(Registry, Repository, null, null);

    /// <summary>In full: <c>docker.io/library/alpine:latest</c>.</summary>
    public override string ToString() => Name + Suffix;

    // name [":" tag] ["@" digest]. Neither character is in a name, nor `@` in a tag.
    private static string? TakeApart(string text, out string repository, out string? tag, out Digest? digest)
    {
        tag = null;
        digest = null;
        string? digestText = null;
        repository = text;
        int at = repository.IndexOf('@');
        if (at >= 0)
            (repository, digestText) = (repository[..at], repository[(at + 1)..]);
        int colon = repository.IndexOf(':');
        if (colon >= 0)
            (repository, tag) = (repository[..colon], repository[(colon + 1)..]);

        if (!ReferenceGrammar.IsRepository(repository) || (tag is not null && !ReferenceGrammar.IsTag(tag)))
            return InvalidFormat;
        if (digestText is not null && !ReferenceGrammar.IsLikeDigest(digestText))
            return InvalidFormat;
        if (repository.Length > ReferenceGrammar.MaximumRepositoryLength)
            return $"repository name must not be more than {ReferenceGrammar.MaximumRepositoryLength} characters";
        return digestText is null || Digest.TryParse(digestText, out digest, out string? error) ? null : error;
    }

    // What stands before the first slash is a registry where it cannot be part of a repository on the hub: it has a dot, a colon, a capital
    // letter, or is `localhost`.
    private static (string Registry, string Remainder) Split(string text)
    {
        int slash = text.IndexOf('/');
        if (slash < 0)
            return (Hub, Official + text);
        string first = text[..slash], rest = text[(slash + 1)..];
        bool isRegistry = first == "localhost" || first.AsSpan().ContainsAny('.', ':') || HasCapital(first);
        string registry = !isRegistry || first == OldHub ? Hub : first;
        rest = isRegistry ? rest : text;
        return (registry, registry == Hub && !rest.Contains('/') ? Official + rest : rest);
    }

    private static bool HasCapital(string text) => text.Any(static c => char.ToLowerInvariant(c) != c);

    private static bool IsIdentifier(string text) => text.Length == IdentifierLength && Digest.IsLowerHex(text);
}
