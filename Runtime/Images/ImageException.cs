namespace Vessel.Images;

/// <summary>Something about images that could not be done. What was complete before stays in the store; nothing half-made has a name.</summary>
public sealed class ImageException(ImageErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of error this is.</summary>
    public ImageErrorKind Kind { get; } = kind;
}
