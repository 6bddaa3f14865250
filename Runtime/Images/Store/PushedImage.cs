using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>What a push left at the registry.</summary>
/// <param name="Manifest">The manifest's digest.</param>
/// <param name="Size">The manifest's bytes.</param>
public sealed record PushedImage(Digest Manifest, long Size);
