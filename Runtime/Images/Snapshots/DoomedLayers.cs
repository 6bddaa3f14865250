using Vessel.Images.Content;

namespace Vessel.Images.Snapshots;

/// <summary>
/// Layers that are out of sight already. Their files are removed when this ends: that may take long, and is to be after the store's lock is free again.
/// </summary>
internal sealed class DoomedLayers(StoreFolder store) : IDisposable
{
    private MakingFolder? folder;

    /// <summary>Takes one out of sight. Under the store's lock, taken alone.</summary>
    public void Take(string layer)
    {
        folder ??= new MakingFolder(store, isLocked: true);
        Directory.Move(layer, Path.Combine(folder.FullPath, Path.GetFileName(Path.GetDirectoryName(layer)) + Path.GetFileName(layer)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        folder?.Dispose();
        folder = null;
    }
}
