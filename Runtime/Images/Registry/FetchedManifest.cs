using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>A manifest or index as a registry served it.</summary>
/// <param name="Bytes">Byte for byte.</param>
/// <param name="Digest">Of these bytes, computed here.</param>
/// <param name="MediaType">What the registry says it is; empty where it doesn't.</param>
public sealed record FetchedManifest(ReadOnlyMemory<byte> Bytes, Digest Digest, string MediaType);
