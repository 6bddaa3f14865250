namespace Vessel.Oci.Image;

/// <summary>What a layer's tar archive is packed with.</summary>
public enum LayerCompression
{
    None,
    Gzip,
    Zstd,
}
