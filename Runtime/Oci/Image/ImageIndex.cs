using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>An image's manifests for several platforms (image-spec 1.1, image-index.md); docker's manifest list is the same.</summary>
public sealed record ImageIndex : ExtensibleRecord
{
    /// <summary>As the document says; docker's always does, others may leave it to the descriptor or the registry.</summary>
    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <summary>What this document is about: another manifest.</summary>
    public Descriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();
}
