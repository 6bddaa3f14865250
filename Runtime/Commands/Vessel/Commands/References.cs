using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>What people type, as values.</summary>
internal static class References
{
    public static ImageReference Parse(string text) =>
        ImageReference.TryParse(text, out ImageReference? reference, out string? error) ? reference : throw new ClientException(error);

    /// <summary>The platform of an option or a variable; null where it says nothing.</summary>
    public static Platform? ParsePlatform(string? text) => string.IsNullOrEmpty(text) ? null :
        Platform.TryParse(text, out Platform? platform, out string? error) ? platform : throw new ImageException(ImageErrorKind.Invalid, error);
}
