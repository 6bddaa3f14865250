using Vessel.Images.Bundles;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>What images and bundles take on the disk.</summary>
/// <param name="Images">How many images there are.</param>
/// <param name="UsedImages">How many of them bundles were made of.</param>
/// <param name="LayerBytes">The files of all layers of images, each counted once.</param>
/// <param name="FreeLayerBytes">Those of layers that no bundle holds.</param>
/// <param name="BlobBytes">What registries served, compressed.</param>
/// <param name="Bundles">How many bundles there are.</param>
/// <param name="ReadyBundles">How many of them can be run: their root filesystem is mounted, or a copy.</param>
/// <param name="BundleBytes">The bundles' own files, and those of layers that only bundles hold.</param>
public sealed record DiskUsage(int Images, int UsedImages, long LayerBytes, long FreeLayerBytes, long BlobBytes, int Bundles, int ReadyBundles, long BundleBytes)
{
    /// <summary>Adds it up.</summary>
    public static DiskUsage Of(ImageStore store)
    {
        IReadOnlyList<Image> images = store.List();
        IReadOnlyList<Bundle> bundles = Bundle.List(store);
        HashSet<Digest> ofImages = [.. images.SelectMany(i => i.Record.DiffIds)], held = [.. bundles.SelectMany(b => b.Layers)], used = [.. bundles.Select(b => b.Image).OfType<Digest>()];
        long layers = 0, free = 0, ofBundles = 0, blobs = 0;
        foreach (Digest layer in store.Folder.UnpackedLayers())
        {
            long bytes = BytesOf(store, layer);
            if (held.Contains(layer) && !ofImages.Contains(layer))
                ofBundles += bytes;
            else
                layers += bytes;
            free += held.Contains(layer) ? 0 : bytes;
        }
        foreach (Digest blob in store.Folder.Blobs())
            blobs += store.Content.SizeOf(blob) ?? 0;
        return new DiskUsage(images.Count, images.Count(i => used.Contains(i.Id)), layers, free, blobs, bundles.Count, bundles.Count(b => b.IsReady), ofBundles + bundles.Sum(b => b.OwnBytes));
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
