using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Images.Layers.Erofs;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Snapshots;

/// <summary>Unpacked layers, shared by all images that have them, and never changed. Each is by itself: overlay puts them together.</summary>
/// <param name="folder">The store.</param>
/// <param name="asked">What new layers are to be kept as; null for what is best here.</param>
public sealed class LayerStore(StoreFolder folder, LayerForm? asked = null)
{
    internal const string TreeName = "fs", ImageName = "layer.erofs", RecordName = "layer.json", ImpliedName = "implied";

    // Has an empty file for each blob that was seen to unpack to the layer: sha256-HEX.
    private const string SourcesName = "from";

    private const int MaximumRecordBytes = 1 << 16;
    private const uint PrivateFolder = 0x1c0, PrivateFile = 0x180; // 0700, 0600

    private readonly LayerMounts mounts = new(folder);
    private readonly Lazy<LayerForm> form = new(() => LayerFormChoice.Choose(folder, asked));

    /// <summary>What new layers are kept as.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Unsupported"/>: what was asked for is not to be had.</exception>
    public LayerForm Form => form.Value;

    /// <summary>Whether a layer is there, complete.</summary>
    public bool Contains(Digest diffId) => Files.TryStat(null, folder.Layer(diffId), out _, followLinks: false) >= 0;

    /// <summary>Where a layer's files are. Those of an image are seen there once it is mounted (<see cref="Open"/>).</summary>
    public string TreeOf(Digest diffId) => IsImage(diffId) ? mounts.PlaceOf(diffId) : Path.Combine(folder.Layer(diffId), TreeName);

    /// <summary>Makes a layer's files to be seen, until the layer is removed or the machine ends.</summary>
    /// <returns>Where they are.</returns>
    /// <exception cref="SyscallException">An image cannot be mounted.</exception>
    public string Open(Digest diffId) => IsImage(diffId) ? mounts.Mount(diffId, ImageOf(diffId)) : TreeOf(diffId);

    /// <summary>The folders of a layer that its tar has no entry for.</summary>
    public IEnumerable<byte[]> ImpliedFoldersOf(Digest diffId) => ImpliedFoldersIn(folder.Layer(diffId));

    /// <summary>What is known of a layer.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>.</exception>
    public LayerRecord Read(Digest diffId) => ReadRecord(folder.Layer(diffId));

    /// <summary>Whether overlayfs would take marks in one of these for files.</summary>
    internal bool HaveNamedMarks(IEnumerable<Digest> diffIds) => diffIds.Any(d => Read(d).HasNamedMarks);

    /// <summary>Whether a layer is there, and a blob was seen to unpack to it. A manifest that says so may be anybody's.</summary>
    public bool Contains(Digest diffId, Digest blob) => File.Exists(Path.Combine(folder.Layer(diffId), SourcesName, SourceName(blob)));

    /// <summary>Begins a layer in a private folder that nothing names; where there is one already, only the proof that a blob has the same in it.</summary>
    public LayerInMaking Begin(Digest diffId) => Contains(diffId) ? new(folder, diffId) : new(folder, diffId, Form);

    /// <summary>Whether a layer is what its blob unpacks to: it is unpacked anew, beside it, and compared. Under the store's lock.</summary>
    /// <exception cref="ImageException">The blob is damaged, or the layer has no record.</exception>
    internal bool IsIntact(Digest diffId, Stream blob, CancellationToken cancellation)
    {
        if (!IsComplete(diffId))
            return false;
        using LayerInMaking anew = new(folder, diffId, Read(diffId).Form, isLocked: true);
        anew.Unpack(blob, cancellation);
        return LayerComparison.AreSame(folder.Layer(diffId), anew.FullPath, cancellation);
    }

    /// <summary>Whether a layer is there with all that it consists of: of an image its length and its first block are looked at.</summary>
    /// <exception cref="ImageException">It has no record.</exception>
    internal bool IsComplete(Digest diffId)
    {
        if (Read(diffId) is not { ImageBytes: { } length })
            return Directory.Exists(Path.Combine(folder.Layer(diffId), TreeName));
        using FileDescriptor? image = Files.OpenIfThere(ImageOf(diffId), Native.Raw.Open.O_RDONLY);
        byte[] block = new byte[ErofsFormat.BlockSize];
        return image is not null && (long)Files.Stat(image).stx_size == length && Files.TryReadAt(image, block, 0) == block.Length && ErofsFormat.IsIntact(block);
    }

    internal static LayerRecord ReadRecord(string layer)
    {
        string path = Path.Combine(layer, RecordName);
        using FileDescriptor file = Files.OpenIfThere(path, Native.Raw.Open.O_RDONLY) ?? throw new ImageException(ImageErrorKind.NotFound, $"layer {Path.GetFileName(layer)} is not in the store; pull the image again");
        return LayerRecord.Read(Files.ReadAll(file, path, MaximumRecordBytes), path);
    }

    internal static IEnumerable<byte[]> ImpliedFoldersIn(string layer)
    {
        string path = Path.Combine(layer, ImpliedName);
        using FileDescriptor? file = Files.OpenIfThere(path, Native.Raw.Open.O_RDONLY);
        return file is null ? [] : ImpliedFolders.Read(Files.ReadAll(file, path, ImpliedFolders.MaximumFileBytes));
    }

    /// <summary>Notes of a layer, or of one in making, that a blob was seen to unpack to it. A note that is lost with the power costs one more look.</summary>
    internal static void NoteSource(string layer, Digest blob)
    {
        string sources = Path.Combine(layer, SourcesName);
        Files.MakeDirectories(sources, PrivateFolder);
        Files.Open(null, Path.Combine(sources, SourceName(blob)), Native.Raw.Open.O_WRONLY | Native.Raw.Open.O_CREAT | Native.Raw.Open.O_NOFOLLOW, PrivateFile).Dispose();
    }

    /// <summary>Takes a layer out of sight; its files are removed with <paramref name="doomed"/>. What still lies on its mount keeps that until it ends.</summary>
    internal void Remove(Digest diffId, DoomedLayers doomed)
    {
        mounts.Unmount(diffId);
        doomed.Take(folder.Layer(diffId));
    }

    /// <summary>Removes what processes that are gone have left. Under the store's lock, taken alone.</summary>
    internal void RemoveAbandoned()
    {
        MakingFolder.RemoveAbandoned(folder);
        mounts.RemoveAbandoned();
    }

    private static string SourceName(Digest blob) => $"{blob.Algorithm}-{blob.Hex}";

    private bool IsImage(Digest diffId) => Files.TryStat(null, ImageOf(diffId), out statx status, followLinks: false) >= 0 && (status.stx_mode & Native.Raw.Open.S_IFMT) == Native.Raw.Open.S_IFREG;

    private string ImageOf(Digest diffId) => Path.Combine(folder.Layer(diffId), ImageName);
}
