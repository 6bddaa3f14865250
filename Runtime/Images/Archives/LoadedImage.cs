using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>An image that came from an archive.</summary>
/// <param name="Id">The digest of its config.</param>
/// <param name="Names">What it is called.</param>
/// <param name="Warnings">Names in the archive that the image did not get, each with the reason.</param>
public sealed record LoadedImage(Digest Id, IReadOnlyList<ImageReference> Names, IReadOnlyList<string> Warnings);
