using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Oci.Image;

/// <summary>What one document says of another, or of a blob: its type, its digest and its size.</summary>
public sealed record Descriptor : ExtensibleRecord
{
    public required string MediaType { get; init; }

    public required Digest Digest { get; init; }

    /// <summary>In bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Where else the content may be had. A stranger's words: nothing that is the registry's secret may be sent there.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Of<string>();

    /// <summary>The content itself, base64; the reader has seen that it has this digest and size.</summary>
    public string? Data { get; init; }

    public Platform? Platform { get; init; }

    public string? ArtifactType { get; init; }
}
