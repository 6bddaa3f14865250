using System.Globalization;
using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>
/// The configuration of an image (image-spec 1.1, config.md), whose digest is the image's id. Docker's is the same and more.
/// </summary>
public sealed record ImageConfig : ExtensibleRecord
{
    /// <summary>When the image was made, as it was written (RFC 3339).</summary>
    public string? Created { get; init; }

    /// <summary><see cref="Created"/> as a time; null where it is none.</summary>
    public DateTimeOffset? CreatedAt =>
        DateTimeOffset.TryParse(Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;

    public string? Author { get; init; }

    /// <summary>Empty in some old images, whose makers knew of one only.</summary>
    public required string Architecture { get; init; }

    public string? Variant { get; init; }

    /// <inheritdoc cref="Architecture"/>
    public required string Os { get; init; }

    public string? OsVersion { get; init; }

    public IReadOnlyList<string> OsFeatures { get; init; } = [];

    /// <summary>How a container is started from the image, unless it is told otherwise.</summary>
    public ContainerConfig Config { get; init; } = new();

    public required RootFs RootFs { get; init; }

    public IReadOnlyList<ImageHistory> History { get; init; } = [];

    /// <summary>What the image runs on, normalized; what it does not say is taken to be this host's.</summary>
    public Platform Platform => new Platform(
        Os.Length == 0 ? Platform.Host.Os : Os, Architecture.Length == 0 ? Platform.Host.Architecture : Architecture, Variant, OsVersion)
    {
        OsFeatures = OsFeatures,
    }.Normalize();
}
