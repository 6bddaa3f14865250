namespace Vessel.Images.Layers;

/// <summary>How marks for the layers below are called in a tar (image-spec, "Whiteouts"), and attributes that are no part of a layer.</summary>
internal static class LayerMarks
{
    public const string OverlayTrusted = "trusted.overlay.", OverlayUser = "user.overlay.", OpaqueAttribute = "opaque";

    /// <summary>What a whiteout's name begins with.</summary>
    public static ReadOnlySpan<byte> Whiteout => ".wh."u8;

    /// <summary>What the names begin with that are about a folder, or about AUFS.</summary>
    public static ReadOnlySpan<byte> Meta => ".wh..wh."u8;

    /// <summary>Where AUFS kept files that have several names; an old image's layer has each of them here before the hard links to it.</summary>
    public static ReadOnlySpan<byte> LinkStore => ".wh..wh.plnk"u8;

    /// <summary>Says that nothing which the layers below have in the folder is to be seen.</summary>
    public static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    /// <summary>Whether no layer may have an attribute, or has it by itself.</summary>
    // - Overlayfs obeys these wherever it finds them: a redirect shows one folder as another, a metacopy shows one file's data as another's. An
    //   image that has an overlay's own files within it, as one of an engine, is no attack, so it isn't refused; as ordinary files they do no harm.
    // - Labels of SELinux and Smack are the host's policy, not the image's; an engine sets its own.
    public static bool IsForeign(string attribute) =>
        attribute.StartsWith(OverlayTrusted, StringComparison.Ordinal) || attribute.StartsWith(OverlayUser, StringComparison.Ordinal)
        || attribute == "security.selinux" || attribute.StartsWith("security.SMACK64", StringComparison.Ordinal);
}
