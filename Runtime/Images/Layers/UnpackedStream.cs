using Vessel.Images.Content;

namespace Vessel.Images.Layers;

/// <summary>
/// What a decompressor gives. Where that fails, the error names the compression, and not what the library says of its
/// insides.
/// </summary>
internal sealed class UnpackedStream(Stream decompressor, string compression) : ReadOnlyStream
{
    /// <exception cref="InvalidDataException">The compressed bytes are damaged or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return decompressor.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException($"its {compression} is damaged or cut off", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decompressor.Dispose();
        base.Dispose(disposing);
    }
}
