namespace Vessel.Images.Layers;

/// <summary>What a layer was.</summary>
/// <param name="UnpackedBytes">The sizes of all files together.</param>
/// <param name="Entries">How many entries the tar has, whiteouts and what was skipped included.</param>
/// <param name="IsOpaque">The layer's root hides all layers below. Overlayfs takes no notice of a mark on the root of a layer: whoever mounts has to leave those layers out.</param>
public sealed record LayerResult(long UnpackedBytes, long Entries, bool IsOpaque = false);
