namespace Vessel.Images.Bundles;

/// <summary>How an image becomes a bundle.</summary>
/// <param name="IsCopied">Whether the root filesystem is files of its own, in place of an overlay on the image's layers.</param>
public sealed record BundleOptions(bool IsCopied = false);
