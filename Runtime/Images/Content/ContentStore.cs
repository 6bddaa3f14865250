using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Content;

/// <summary>
/// Blobs by digest. A blob that is there is complete and was verified while it arrived; it never changes. Several processes may use one store:
/// who brings a blob holds its ingest, and whoever wants the same waits for it and then finds it.
/// </summary>
public sealed class ContentStore(StoreFolder folder)
{
    /// <summary>The largest document (index, manifest, config) that is read into memory, in bytes.</summary>
    public const int MaximumDocumentBytes = 8 << 20;

    private static readonly TimeSpan WaitForOthers = TimeSpan.FromMilliseconds(20);

    /// <summary>Where it is.</summary>
    public StoreFolder Folder { get; } = folder;

    /// <summary>Whether a blob is there.</summary>
    public bool Contains(Digest digest) => SizeOf(digest) is not null;

    /// <summary>A blob's length in bytes; null where it isn't there.</summary>
    public long? SizeOf(Digest digest) =>
        Files.TryStat(null, Folder.Blob(digest), out statx status, followLinks: false) < 0 ? null : (long)status.stx_size;

    /// <summary>Opens a blob.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>.</exception>
    public FileDescriptor Open(Digest digest) => Files.OpenIfThere(Folder.Blob(digest), O_RDONLY | O_NOFOLLOW) ?? throw new ImageException(ImageErrorKind.NotFound, $"blob {digest} is not in the store");

    /// <summary>A document, verified once more.</summary>
    /// <exception cref="ImageException">It isn't there, or the disk has changed it.</exception>
    public byte[] ReadDocument(Digest digest)
    {
        using FileDescriptor file = Open(digest);
        byte[] bytes = Files.ReadAll(file, digest.ToString(), MaximumDocumentBytes);
        if (!digest.Matches(bytes))
            throw new ImageException(ImageErrorKind.Corrupt, $"blob {digest} has changed in the store; `vessel system check --repair` removes it, then pull again");
        return bytes;
    }

    /// <summary>Keeps a document under a digest that it must have.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>: it has another digest.</exception>
    public void AddDocument(Digest digest, ReadOnlySpan<byte> bytes)
    {
        if (BlobHash.Of(digest.Algorithm, bytes) is var actual && actual != digest)
            throw new ImageException(ImageErrorKind.Corrupt, $"content has digest {actual}, not {digest}");
        Folder.Prepare();
        if (!Contains(digest))
            StoreFolder.WriteDurably(Folder.Blob(digest), bytes);
    }

    /// <summary>
    /// Begins to bring a blob, or goes on where an interrupted transfer ended; null where the blob is there. Waits while another pull, of
    /// this process or of another one, brings the same blob.
    /// </summary>
    public async Task<Ingest?> BeginAsync(Descriptor descriptor, CancellationToken cancellation = default)
    {
        Folder.Prepare();
        string path = Folder.Ingest(descriptor.Digest);
        while (!IsComplete(descriptor))
        {
            FileDescriptor file = Files.Open(null, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0x180);
            if (!Files.TryLock(file))
            {
                file.Dispose();
                await Task.Delay(WaitForOthers, cancellation).ConfigureAwait(false);
                continue;
            }
            // Who held it before us may have finished, or given up and removed it: then this file has no name any more.
            if (Contains(descriptor.Digest))
            {
                Files.TryRemove(null, path);
                file.Dispose();
                continue;
            }
            if (Files.TryStat(null, path, out statx named, followLinks: false) >= 0 && named.stx_ino == Files.Stat(file).stx_ino)
                return new Ingest(this, descriptor, file, path);
            file.Dispose();
        }
        return null;
    }

    // A size that is not the blob's makes the whole document doubtful, whether the blob had to be fetched or not.
    private bool IsComplete(Descriptor descriptor)
    {
        long? size = SizeOf(descriptor.Digest);
        if (size is not null && size != descriptor.Size)
            throw new ImageException(ImageErrorKind.Corrupt, $"blob {descriptor.Digest} has {size} bytes, {descriptor.Size} by its manifest");
        return size is not null;
    }
}
