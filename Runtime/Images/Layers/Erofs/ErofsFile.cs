using Vessel.Native.Safe;
using static Vessel.Images.Layers.Erofs.ErofsFormat;

namespace Vessel.Images.Layers.Erofs;

/// <summary>The file that an image grows in: data in whole blocks at its end, and small pieces side by side in extents that are set aside for them.</summary>
/// <remarks>
/// Small pieces are inodes with what follows them, a tail of less than a block for the most part. They are kept apart from data, so that who walks
/// over all files reads few blocks, and together in memory until their extent is full, so that each finds the first block with room for it.
/// </remarks>
internal sealed class ErofsFile(FileDescriptor file)
{
    public const int LargestExtent = 64 * BlockSize;

    private const int DataBytes = 1 << 19;
    private const int FirstExtent = 4 * BlockSize;

    // Who has less room than an inode with some words behind it is passed by.
    private const int LeastRoom = InodeSize + InodeSlot;

    private readonly byte[] data = GC.AllocateUninitializedArray<byte>(DataBytes);
    private readonly int[] used = new int[LargestExtent / BlockSize];
    private byte[] extent = [];
    private long dataAt = BlockSize, extentAt;
    private int dataLength, extentBlocks, firstWithRoom, lastUsed = -1;

    /// <summary>Where the next data goes; what is in between is zeros.</summary>
    public long Position => dataAt + dataLength;

    /// <summary>Adds data.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (dataLength == DataBytes)
                FlushData();
            int length = Math.Min(bytes.Length, DataBytes - dataLength);
            bytes[..length].CopyTo(data.AsSpan(dataLength));
            dataLength += length;
            bytes = bytes[length..];
        }
    }

    /// <summary>Adds zeros; many of them are a hole in the file.</summary>
    public void AppendZeros(long count)
    {
        if (count <= DataBytes - dataLength)
        {
            data.AsSpan(dataLength, (int)count).Clear();
            dataLength += (int)count;
            return;
        }
        FlushData();
        dataAt += count;
    }

    /// <summary>Adds zeros up to the next block.</summary>
    public void FillBlock() => AppendZeros(-Position & (BlockSize - 1));

    /// <summary>Room for a small piece within one block. It is zeros, and the caller's until the next call.</summary>
    /// <param name="size">At most a block.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="position">Where in the image it is.</param>
    public Span<byte> Place(int size, int alignment, out long position)
    {
        for (int block = firstWithRoom; block < extentBlocks; block++)
        {
            int at = used[block] + alignment - 1 & -alignment;
            if (at + size <= BlockSize)
            {
                used[block] = at + size;
                lastUsed = Math.Max(lastUsed, block);
                position = extentAt + block * BlockSize + at;
                return extent.AsSpan(block * BlockSize + at, size);
            }
            if (block == firstWithRoom && used[block] > BlockSize - LeastRoom)
                firstWithRoom++;
        }
        BeginExtent();
        return Place(size, alignment, out position);
    }

    /// <summary>Reads what was written, wherever it is by now.</summary>
    public void ReadAt(Span<byte> bytes, long position)
    {
        if (position >= extentAt && position < extentAt + extentBlocks * BlockSize)
        {
            extent.AsSpan((int)(position - extentAt), bytes.Length).CopyTo(bytes);
            return;
        }
        if (position + bytes.Length > dataAt)
            FlushData();
        while (!bytes.IsEmpty)
        {
            int count = (int)Check.Ok(Files.TryReadAt(file, bytes, position), "read image");
            if (count == 0)
                throw new InvalidOperationException("an image is read where nothing was written");
            bytes = bytes[count..];
            position += count;
        }
    }

    /// <summary>Writes over what is there. All must have been written out.</summary>
    public void WriteAt(ReadOnlySpan<byte> bytes, long position)
    {
        while (!bytes.IsEmpty)
        {
            int count = (int)Check.Ok(Files.TryWriteAt(file, bytes, position), "write image");
            bytes = bytes[count..];
            position += count;
        }
    }

    /// <summary>Writes out what is in memory. No small piece finds room in an earlier extent any more.</summary>
    public void Flush()
    {
        FlushData();
        FlushExtent();
        extentBlocks = 0;
    }

    /// <summary>Ends the file where its data ends.</summary>
    public void End()
    {
        FillBlock();
        Flush();
        Check.Ok(Files.TrySetLength(file, Position), "set length of image");
    }

    private void BeginExtent()
    {
        FlushData();
        FlushExtent();
        int size = extent.Length == 0 ? FirstExtent : Math.Min(2 * extent.Length, LargestExtent);
        if (extent.Length == size)
            Array.Clear(extent);
        else
            extent = new byte[size];
        Array.Clear(used);
        (extentAt, extentBlocks, firstWithRoom, lastUsed) = (dataAt, size / BlockSize, 0, -1);
        dataAt += size;
    }

    private void FlushData()
    {
        WriteAt(data.AsSpan(0, dataLength), dataAt);
        dataAt += dataLength;
        dataLength = 0;
    }

    // Blocks that nothing came into stay holes.
    private void FlushExtent()
    {
        if (extentBlocks > 0)
            WriteAt(extent.AsSpan(0, (lastUsed + 1) * BlockSize), extentAt);
    }
}
