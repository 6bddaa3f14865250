using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>One step of how an image was built.</summary>
public sealed record ImageHistory : ExtensibleRecord
{
    /// <inheritdoc cref="ImageConfig.Created"/>
    public string? Created { get; init; }

    public string? CreatedBy { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    /// <summary>The step made no layer.</summary>
    public bool EmptyLayer { get; init; }
}
