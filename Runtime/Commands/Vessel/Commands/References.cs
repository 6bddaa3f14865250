using Vessel.Images;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>What people type, as values.</summary>
internal static class References
{
    public static ImageReference Parse(string text) =>
        ImageReference.TryParse(text, out ImageReference? reference, out string? error) ? reference : throw new ImageException(ImageErrorKind.Invalid, error);

    public static Platform ParsePlatform(string text) =>
        Platform.TryParse(text, out Platform? platform, out string? error) ? platform : throw new ImageException(ImageErrorKind.Invalid, error);
}
