namespace Vessel.Images.Layers;

/// <summary>Reads a tar as it arrives: v7, ustar, PAX, GNU's long names, large numbers and sparse files. Nothing is read twice and nothing is believed.</summary>
/// <remarks>
/// <para>An archive that programs understand differently is refused rather than read in one of the ways. Memory is bounded by the limits, whatever
/// the headers claim: names and extended headers are held, data never is.</para>
/// <para>After an exception the reader is of no more use; the stream stands somewhere.</para>
/// </remarks>
public sealed partial class TarReader : ILayerData
{
    private const int BufferSize = 256 * 1024;
    private const int Block = TarHeader.Size;

    private readonly Stream stream;
    private readonly LayerLimits limits;
    private readonly CancellationToken cancellation;
    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private readonly PaxRecords local, global;

    private int start, end;
    private long received;
    private long dataLeft, paddingLeft;
    private long entries, unpacked;
    private bool hasHeader, isAtEnd;

    public TarReader(Stream stream, LayerLimits limits, CancellationToken cancellation = default)
    {
        this.stream = stream;
        this.limits = limits;
        this.cancellation = cancellation;
        local = new(limits);
        global = new(limits);
    }

    /// <summary>How many entries were given.</summary>
    public long Entries => entries;

    /// <summary>The sizes of all files that were given.</summary>
    public long UnpackedBytes => unpacked;

    /// <summary>How much data of the current entry is still to be read: of a sparse file that in its segments.</summary>
    public long DataLeft => dataLeft;

    /// <summary>The next entry; null at the end of the archive. What was not read of the current entry's data is skipped.</summary>
    /// <exception cref="LayerException">The archive is damaged, ambiguous, or larger than the limits.</exception>
    public LayerEntry? Next()
    {
        if (isAtEnd)
            return null;
        SkipData();
        LayerEntry? entry = ReadEntry();
        if (entry is null)
        {
            isAtEnd = true;
            return null;
        }
        if (++entries > limits.MaximumEntries)
            throw new LayerException($"more than {limits.MaximumEntries} entries");
        if (entry.Size > limits.MaximumUnpackedBytes - unpacked)
            throw new LayerException(entry.Path.Span, $"all files would have more than {limits.MaximumUnpackedBytes} bytes");
        unpacked += entry.Size;
        return entry;
    }

    /// <summary>Reads data of the current entry; 0 at its end.</summary>
    public int ReadData(Span<byte> destination)
    {
        if (destination.IsEmpty)
            return 0;
        ReadOnlySpan<byte> piece = BorrowData(destination.Length);
        piece.CopyTo(destination);
        return piece.Length;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> BorrowData(int maximum = int.MaxValue)
    {
        if (dataLeft == 0)
            return default;
        if (start == end && !Fill())
            throw Truncated();
        int length = (int)Math.Min(Math.Min(end - start, dataLeft), maximum);
        ReadOnlySpan<byte> piece = buffer.AsSpan(start, length);
        start += length;
        dataLeft -= length;
        return piece;
    }

    /// <summary>Reads the stream to its end: what follows the archive counts for who hashes the stream.</summary>
    public void Drain()
    {
        dataLeft = paddingLeft = 0;
        do
            start = end;
        while (Fill());
        isAtEnd = true;
    }

    private void SkipData()
    {
        if (!TrySkip(dataLeft))
            throw Truncated();
        // Some programs do not fill up the last block: an entry is complete when its data are.
        TrySkip(paddingLeft);
        dataLeft = paddingLeft = 0;
    }

    // False where the stream ends before.
    private bool TrySkip(long count)
    {
        while (count > 0)
        {
            if (start == end && !Fill())
                return false;
            int length = (int)Math.Min(end - start, count);
            start += length;
            count -= length;
        }
        return true;
    }

    /// <summary>
    /// The next block; empty where the stream ends, or only some zeros are left of it. It is valid until the next is
    /// read.
    /// </summary>
    private ReadOnlySpan<byte> NextBlock()
    {
        while (end - start < Block)
            if (!Fill())
                return EndOfStream();
        start += Block;
        return buffer.AsSpan(start - Block, Block);
    }

    // A part of an empty block is the end of an archive that was cut there, after its last entry.
    private ReadOnlySpan<byte> EndOfStream()
    {
        if (buffer.AsSpan(start, end - start).ContainsAnyExcept((byte)0))
            throw hasHeader ? Truncated() : NoTar();
        start = end;
        return default;
    }

    /// <summary>Reads more behind what is there. False at the end of the stream.</summary>
    private bool Fill()
    {
        cancellation.ThrowIfCancellationRequested();
        if (start == end)
        {
            start = end = 0;
        }
        else if (end == BufferSize)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }
        int count;
        try
        {
            count = stream.Read(buffer, end, BufferSize - end);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw new LayerException(e is InvalidDataException ? e.Message : "it is cut off", e);
        }
        end += count;
        received += count;
        if (received > limits.MaximumStreamBytes)
            throw new LayerException($"the tar has more than {limits.MaximumStreamBytes} bytes");
        return count > 0;
    }

    private void BeginData(long size)
    {
        dataLeft = size;
        paddingLeft = -size & (Block - 1);
    }

    private static LayerException NoTar() => new("it is not a tar archive: its first block has not the checksum of a header");

    private static LayerException Truncated() => new("the tar ends in the middle of an entry");
}
