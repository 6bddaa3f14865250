using Vessel.Native.Safe;
using Vessel.Oci.Image;

namespace Vessel.Images.Content;

/// <summary>
/// A blob while it arrives. What is written is hashed as it passes; only <see cref="Commit"/> of the right bytes gives it its name.
/// Disposed without that, it keeps what arrived for the next attempt.
/// </summary>
public sealed class Ingest : IDisposable
{
    private const int ChunkBytes = 1 << 17;

    private readonly ContentStore store;
    private readonly Descriptor descriptor;
    private readonly FileDescriptor file;
    private readonly string path;
    private BlobHash hash;
    private bool isCommitted;

    internal Ingest(ContentStore store, Descriptor descriptor, FileDescriptor file, string path)
    {
        (this.store, this.descriptor, this.file, this.path) = (store, descriptor, file, path);
        hash = new BlobHash(descriptor.Digest.Algorithm);
        if ((long)Files.Stat(file).stx_size > descriptor.Size)
            Discard();
        HasLeftover = (long)Files.Stat(file).stx_size > 0;
    }

    /// <summary>Whether some of it is of an earlier attempt. That may be damaged: a host that lost its power gives files back with holes.</summary>
    public bool HasLeftover { get; }

    /// <summary>How many bytes are there: where a transfer goes on.</summary>
    public long Length => hash.Length;

    /// <summary>Reads what an earlier attempt left, hashing it, and hands it on; to be called once, before <see cref="Write"/>.</summary>
    public async Task ReplayAsync(Func<ReadOnlyMemory<byte>, ValueTask> next)
    {
        byte[] buffer = new byte[ChunkBytes];
        int count;
        while ((count = Files.Read(file, buffer, path)) > 0)
        {
            hash.Add(buffer.AsSpan(0, count));
            await next(buffer.AsMemory(0, count)).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>: more came than the descriptor says.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (hash.Length + bytes.Length > descriptor.Size)
            throw Wrong($"is longer than the {descriptor.Size} bytes that its manifest says");
        Files.Write(file, bytes, path);
        hash.Add(bytes);
    }

    /// <summary>Verifies what arrived. Wrong bytes are thrown away: going on with them could never end well.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>.</exception>
    public void Verify()
    {
        if (hash.Length != descriptor.Size)
            throw Wrong($"ended after {hash.Length} of {descriptor.Size} bytes");
        if (hash.Result() != descriptor.Digest)
            throw Wrong($"has digest {hash.Result()}: other bytes than its manifest says");
    }

    /// <summary>Gives the verified blob its name, once it is on the disk.</summary>
    public void Commit()
    {
        Verify();
        Files.Sync(file, path);
        File.Move(path, store.Folder.Blob(descriptor.Digest), overwrite: true);
        isCommitted = true;
    }

    /// <summary>Forgets what arrived, unless it has its name already.</summary>
    public void Discard()
    {
        if (isCommitted)
            return;
        Files.Truncate(file, path);
        Files.Rewind(file);
        hash.Dispose();
        hash = new BlobHash(descriptor.Digest.Algorithm);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        hash.Dispose();
        file.Dispose();
    }

    private ImageException Wrong(string what)
    {
        Discard();
        return new ImageException(ImageErrorKind.Corrupt, $"blob {descriptor.Digest} {what}");
    }
}
