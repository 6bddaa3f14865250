using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Oci.Image;

/// <summary><c>rootfs</c> of an image's configuration.</summary>
public sealed record RootFs : ExtensibleRecord
{
    /// <summary>The digests of the layers' unpacked archives, from the lowest up.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }
}
