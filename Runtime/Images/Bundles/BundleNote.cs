using Vessel.Oci.Reference;

namespace Vessel.Images.Bundles;

/// <summary>What the store knows of a bundle.</summary>
/// <param name="Path">Its directory.</param>
/// <param name="Image">The image that it was made of; null where an earlier version made it.</param>
/// <param name="ImageName">What the image was called then; empty where it had no name.</param>
/// <param name="Layers">The layers that its root filesystem lies on; none where that is a copy.</param>
internal sealed record BundleNote(string Path, Digest? Image, string ImageName, IReadOnlyList<Digest> Layers);
