using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Images.Layers.Erofs;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>
/// A layer while it is unpacked, in a private folder that nothing names: into a folder or an image. Where the layer is there already, from another
/// blob, this one is only proven to have the same in it.
/// </summary>
public sealed class LayerInMaking : IDisposable
{
    private const uint TreeMode = 0x1ed; // 0755
    private const uint FileMode = 0x180; // 0600

    private readonly StoreFolder store;
    private readonly Digest diffId;
    private readonly LayerForm form;
    private readonly MakingFolder? making;
    private bool isVerified, namesMarks;

    internal LayerInMaking(StoreFolder store, Digest diffId, LayerForm form, bool isLocked = false)
    {
        (this.store, this.diffId, this.form) = (store, diffId, form);
        making = new MakingFolder(store, isLocked);
    }

    /// <summary>One that is there already.</summary>
    internal LayerInMaking(StoreFolder store, Digest diffId) => (this.store, this.diffId) = (store, diffId);

    /// <summary>Unpacks a blob, compressed or not, and verifies that its tar is the layer that it should be.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>: it is another one, or breaks the format, or leads out of its folder.</exception>
    public void Unpack(Stream blob, CancellationToken cancellation)
    {
        try
        {
            using Stream tar = LayerCompressions.Unpack(blob);
            if (making is null)
                Prove(tar, cancellation);
            else
                Unpack(making, tar, cancellation);
            isVerified = true;
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
    }

    private void Prove(Stream tar, CancellationToken cancellation)
    {
        using BoundedStream bounded = new(tar, LayerLimits.Default.MaximumStreamBytes);
        using HashingStream hashed = new(bounded, diffId.Algorithm);
        Compare(hashed.Finish(cancellation));
    }

    private void Unpack(MakingFolder making, Stream tar, CancellationToken cancellation)
    {
        using FileDescriptor content = MakeContent(making);
        byte[] implied;
        LayerResult result;
        using (ILayerTarget target = MakeTarget(content))
        using (HashingStream hashed = new(tar, diffId.Algorithm))
        {
            result = LayerReader.Read(hashed, target, LayerLimits.Default, cancellation);
            implied = target.Implied.ToBytes();
            Compare(hashed.Finish(cancellation));
        }
        LayerRecord record = new(result.UnpackedBytes, result.Entries, result.IsOpaque, HasNamedMarks: namesMarks);
        if (form == LayerForm.Erofs)
        {
            Files.Sync(content, LayerStore.ImageName);
            record = record with { ImageBytes = (long)Files.Stat(content).stx_size };
        }
        if (implied.Length > 0)
            Files.ReplaceDurably(making.Descriptor, LayerStore.ImpliedName, implied, FileMode);
        Files.ReplaceDurably(making.Descriptor, LayerStore.RecordName, record.ToBytes(), FileMode);
    }

    private void Compare(Digest actual)
    {
        if (actual != diffId)
            throw new ImageException(ImageErrorKind.Corrupt, $"layer {diffId} unpacks to {actual}: it is another one than the image's config says");
    }

    /// <summary>Where it is until it has its name.</summary>
    internal string FullPath => making?.FullPath ?? store.Layer(diffId);

    /// <summary>Whether it takes a sync of the whole filesystem until the layer is on the disk: a folder is many files.</summary>
    public bool NeedsSync => making is not null && form == LayerForm.Folder;

    /// <summary>
    /// Gives the layer its name, and notes that this blob unpacks to it. Where it <see cref="NeedsSync"/>, the filesystem must have been synced since it
    /// was unpacked.
    /// </summary>
    public void Commit(Digest blob)
    {
        if (!isVerified)
            throw new InvalidOperationException("a layer is verified before it gets its name");
        if (making is not null)
            try
            {
                LayerStore.NoteSource(making.FullPath, blob);
                Directory.Move(making.FullPath, store.Layer(diffId));
                return;
            }
            catch (IOException) when (Directory.Exists(store.Layer(diffId)))
            {
                // Another pull was faster, with the same files.
            }
        LayerStore.NoteSource(store.Layer(diffId), blob);
    }

    /// <summary>Removes what was not committed.</summary>
    public void Dispose() => making?.Dispose();

    private ILayerTarget MakeTarget(FileDescriptor content)
    {
        if (form == LayerForm.Erofs)
            return new ErofsTarget(content, Convert.FromHexString(diffId.Hex[..(2 * ErofsTarget.IdentityBytes)]));
        return new FolderTarget(content, new FolderOptions { NamesMarks = namesMarks });
    }

    // Overlayfs's mark is a device that nobody may make on another overlay, nor in a user namespace before Linux 5.8.
    private static bool CanMakeWhiteout(MakingFolder making)
    {
        const string Probe = "probe";
        if (Files.TryMakeNode(making.Descriptor, Probe, S_IFCHR, 0) < 0)
            return false;
        Files.TryRemove(making.Descriptor, Probe);
        return true;
    }

    private FileDescriptor MakeContent(MakingFolder making)
    {
        if (form == LayerForm.Erofs)
            return Files.Open(making.Descriptor, LayerStore.ImageName, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FileMode);
        namesMarks = !CanMakeWhiteout(making);
        Check.Ok(Files.TryMakeDirectory(making.Descriptor, LayerStore.TreeName, TreeMode), "mkdir", LayerStore.TreeName);
        return Files.Open(making.Descriptor, LayerStore.TreeName, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    }
}
