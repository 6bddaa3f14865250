using Vessel.Images.Content;
using Vessel.Oci.Reference;

namespace Vessel.Images.Layers;

/// <summary>Hashes what is read through it.</summary>
internal sealed class HashingStream(Stream inner, string algorithm) : ReadOnlyStream
{
    private readonly BlobHash hash = new(algorithm);

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        hash.Add(buffer[..count]);
        return count;
    }

    /// <summary>Reads what is left, and gives the digest of the whole.</summary>
    public Digest Finish(CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 16];
        while (Read(buffer) > 0)
            cancellation.ThrowIfCancellationRequested();
        return hash.Result();
    }

    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}
