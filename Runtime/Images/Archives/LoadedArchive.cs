namespace Vessel.Images.Archives;

/// <summary>What an archive brought into the store.</summary>
/// <param name="Images">The images that are in the store now.</param>
/// <param name="Refused">Why each other image of the archive is not.</param>
public sealed record LoadedArchive(IReadOnlyList<LoadedImage> Images, IReadOnlyList<ImageException> Refused);
