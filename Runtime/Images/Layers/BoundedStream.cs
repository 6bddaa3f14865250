using Vessel.Images.Content;

namespace Vessel.Images.Layers;

/// <summary>A stream of which no more is taken than so many bytes: what is decompressed may go on for ever. The other one is disposed with it.</summary>
internal sealed class BoundedStream(Stream inner, long maximum) : ReadOnlyStream
{
    private long taken;

    /// <exception cref="InvalidDataException">There is more.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        taken += count;
        return taken <= maximum ? count : throw new InvalidDataException($"more than {maximum} bytes when it is unpacked");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
