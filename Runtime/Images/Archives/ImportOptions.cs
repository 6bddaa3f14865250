using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>What is said of an image that is made from a root filesystem.</summary>
public sealed record ImportOptions
{
    /// <summary>Its name; null for an image that has only its id.</summary>
    public ImageReference? Name { get; init; }

    /// <summary>What it runs on.</summary>
    public Platform Platform { get; init; } = Platform.Host;

    /// <summary>The comment of its one step of history.</summary>
    public string Message { get; init; } = "Imported from -";

    /// <summary>How a container is started from it.</summary>
    public ContainerConfig Config { get; init; } = new();

    /// <summary>When it is made.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;
}
