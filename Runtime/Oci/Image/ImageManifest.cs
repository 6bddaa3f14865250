using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>What one image is made of (image-spec 1.1, manifest.md); docker's manifest of schema 2 is the same.</summary>
public sealed record ImageManifest : ExtensibleRecord
{
    /// <inheritdoc cref="ImageIndex.MediaType"/>
    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public required Descriptor Config { get; init; }

    /// <summary>From the lowest up.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>A part that containers are not made of: what has one is an artifact of another kind. Null for an image.</summary>
    public Descriptor? OtherPart => HasImageConfig ? Layers.FirstOrDefault(l => !MediaTypes.IsLayer(l.MediaType)) : Config;

    /// <inheritdoc cref="ImageIndex.Subject"/>
    public Descriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();

    private bool HasImageConfig => MediaTypes.IsConfig(Config.MediaType) || (MediaType == MediaTypes.DockerManifest && MediaTypes.IsOldDockerConfig(Config.MediaType));
}
