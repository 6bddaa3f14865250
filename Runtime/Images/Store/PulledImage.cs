using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>What a pull brought.</summary>
/// <param name="Id">The image.</param>
/// <param name="Target">The digest of what the reference led to: of an index, or of the manifest.</param>
/// <param name="IsNew">Whether the name means another image than before.</param>
public sealed record PulledImage(Digest Id, Digest Target, bool IsNew);
