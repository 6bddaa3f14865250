using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>A layer while it is unpacked, in a private folder that nothing names.</summary>
public sealed class LayerInMaking : IDisposable
{
    private const uint TreeMode = 0x1ed; // 0755
    private const uint RecordMode = 0x180; // 0600

    private readonly StoreFolder store;
    private readonly Digest diffId;
    private readonly MakingFolder making;
    private bool isVerified;

    internal LayerInMaking(StoreFolder store, Digest diffId)
    {
        (this.store, this.diffId) = (store, diffId);
        making = new MakingFolder(store);
    }

    /// <summary>Unpacks a blob, compressed or not, and verifies that its tar is the layer that it should be.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>: it is another one, or breaks the format, or leads out of its folder.</exception>
    public void Unpack(Stream blob, CancellationToken cancellation)
    {
        Check.Ok(Files.TryMakeDirectory(making.Descriptor, LayerStore.TreeName, TreeMode), "mkdir", LayerStore.TreeName);
        using FileDescriptor tree = Files.Open(making.Descriptor, LayerStore.TreeName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        LayerResult result;
        try
        {
            using Stream tar = LayerCompressions.Unpack(blob);
            using FolderTarget target = new(tree);
            using HashingStream hashed = new(tar, diffId.Algorithm);
            result = LayerReader.Read(hashed, target, LayerLimits.Default, cancellation);
            Digest actual = hashed.Finish();
            if (actual != diffId)
                throw new ImageException(ImageErrorKind.Corrupt, $"layer {diffId} unpacks to {actual}: it is another one than the image's config says");
        }
        catch (Exception e) when (e is LayerException or InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"layer {diffId}: {e.Message}", e);
        }
        catch (SyscallException e)
        {
            // Names in a layer are its own; a full disk is told with the layer that it was too small for.
            throw new SyscallException($"layer {diffId}: {e.Attempt}", e.Errno);
        }
        Files.Replace(making.Descriptor, LayerStore.RecordName, new LayerRecord(result.UnpackedBytes, result.Entries).ToBytes(), RecordMode);
        isVerified = true;
    }

    /// <summary>Gives the layer its name. The filesystem must have been synced since it was unpacked.</summary>
    public void Commit()
    {
        if (!isVerified)
            throw new InvalidOperationException("a layer is verified before it gets its name");
        try
        {
            Directory.Move(making.FullPath, store.Layer(diffId));
        }
        catch (IOException) when (Directory.Exists(store.Layer(diffId)))
        {
            // Another pull was faster, with the same files.
        }
    }

    /// <summary>Removes what was not committed.</summary>
    public void Dispose() => making.Dispose();
}
