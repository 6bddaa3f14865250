namespace Vessel.Images.Content;

/// <summary>Tells how much was read through it.</summary>
internal sealed class ProgressStream(Stream inner, Action<long> progress) : ReadOnlyStream
{
    private long done;

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        progress(done += count);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
