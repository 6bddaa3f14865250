namespace Vessel.Images.Content;

/// <summary>A stream that is read once, of which the length is known; who reads it can be called off.</summary>
internal sealed class SizedStream(Stream inner, long length, CancellationToken cancellation) : ReadOnlyStream
{
    private long position;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        cancellation.ThrowIfCancellationRequested();
        int count = inner.Read(buffer);
        position += count;
        return count;
    }
}
