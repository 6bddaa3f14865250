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
            layers += BytesOf(store, layer);
        foreach (Digest blob in store.Folder.Blobs())
            blobs += store.Content.SizeOf(blob) ?? 0;
        return new DiskUsage(store.List().Count, layers, blobs);
    }

    /// <summary>The files of a layer; nothing where it was removed meanwhile.</summary>
    public static long BytesOf(ImageStore store, Digest layer)
    {
        try
        {
            return store.Layers.Read(layer).Bytes;
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.NotFound)
        {
            return 0;
        }
    }

    /// <summary>The layers that more than one of these images has.</summary>
    public static HashSet<Digest> SharedLayers(IEnumerable<Image> images) =>
        [.. images.SelectMany(i => i.Record.DiffIds.Distinct()).GroupBy(l => l).Where(g => g.Skip(1).Any()).Select(g => g.Key)];
}
