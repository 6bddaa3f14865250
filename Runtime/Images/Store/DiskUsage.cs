using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>What images take on the disk.</summary>
/// <param name="Images">How many there are.</param>
/// <param name="LayerBytes">The files of all layers, each counted once.</param>
/// <param name="BlobBytes">What registries served, compressed.</param>
public sealed record DiskUsage(int Images, long LayerBytes, long BlobBytes)
{
    /// <summary>Adds it up.</summary>
    public static DiskUsage Of(ImageStore store)
    {
        long layers = 0, blobs = 0;
        foreach (Digest layer in store.Folder.UnpackedLayers())
            try
            {
                layers += store.Layers.Read(layer).Bytes;
            }
            catch (ImageException e) when (e.Kind == ImageErrorKind.NotFound)
            {
                // Removed meanwhile.
            }
        foreach (Digest blob in store.Folder.Blobs())
            blobs += store.Content.SizeOf(blob) ?? 0;
        return new DiskUsage(store.List().Count, layers, blobs);
    }
}
