using Vessel.Images.Content;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Snapshots;

/// <summary>Unpacked layers, shared by all images that have them, and never changed. Each is a folder of its own: overlay puts them together.</summary>
public sealed class LayerStore(StoreFolder folder)
{
    internal const string TreeName = "fs";
    internal const string RecordName = "layer.json";

    private const int MaximumRecordBytes = 1 << 16;

    /// <summary>Whether a layer is there, complete.</summary>
    public bool Contains(Digest diffId) => Files.TryStat(null, folder.Layer(diffId), out _, followLinks: false) >= 0;

    /// <summary>The folder with a layer's files.</summary>
    public string TreeOf(Digest diffId) => Path.Combine(folder.Layer(diffId), TreeName);

    /// <summary>What is known of a layer.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>.</exception>
    public LayerRecord Read(Digest diffId)
    {
        string path = Path.Combine(folder.Layer(diffId), RecordName);
        using FileDescriptor file = Files.OpenIfThere(path, Native.Raw.Open.O_RDONLY) ?? throw new ImageException(ImageErrorKind.NotFound, $"layer {diffId} is not in the store; pull the image again");
        return LayerRecord.Read(Files.ReadAll(file, path, MaximumRecordBytes), path);
    }

    /// <summary>Begins a layer in a private folder that nothing names.</summary>
    public LayerInMaking Begin(Digest diffId) => new(folder, diffId);

    /// <summary>Removes a layer: out of sight at once, then file by file.</summary>
    internal void Remove(Digest diffId)
    {
        string doomed = Path.Combine(folder.LayersInMaking, Guid.NewGuid().ToString("N"));
        Directory.Move(folder.Layer(diffId), doomed);
        Trees.Remove(doomed);
    }
}
