using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>An image that came from an archive.</summary>
/// <param name="Id">The digest of its config.</param>
/// <param name="Names">What it is called.</param>
public sealed record LoadedImage(Digest Id, IReadOnlyList<ImageReference> Names);
