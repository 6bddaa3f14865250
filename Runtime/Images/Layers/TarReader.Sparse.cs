namespace Vessel.Images.Layers;

/// <summary>GNU's four forms of a sparse file: in headers of its own, and three in extended headers.</summary>
public sealed partial class TarReader
{
    private SparseSegment[] ReadSparse(TarHeader header, byte[] name, long stored, out long size)
    {
        List<long> map;
        if (header.TypeFlag == (byte)'S')
        {
            if (local.IsSparse)
                throw new LayerException(name, "has two sparse maps");
            size = header.GnuRealSize;
            map = ReadOldMap(header, name);
            BeginData(stored);
        }
        else
        {
            size = local.SparseSize ?? throw new LayerException(name, "a sparse file without a size");
            if (local.SparseMajor is null or 0)
                map = MapOfRecords(name, stored);
            else if (local.SparseMajor == 1 && local.SparseMinor is null or 0 && local.SparseMap is null)
                map = ReadMapBeforeData(name, stored);
            else
                throw new LayerException(name, $"a sparse file of a form that is not known: {local.SparseMajor}.{local.SparseMinor}");
        }
        return Segments(map, name, size);
    }

    private List<long> ReadOldMap(TarHeader header, byte[] name)
    {
        List<long> map = [];
        bool goesOn = header.GnuSparseGoesOn;
        AddPairs(map, header.GnuSparseMap, name);
        while (goesOn)
        {
            ReadOnlySpan<byte> block = NextBlock();
            if (block.IsEmpty)
                throw Truncated();
            AddPairs(map, block[..(21 * 24)], name);
            goesOn = block[504] != 0;
        }
        return map;
    }

    private void AddPairs(List<long> map, ReadOnlySpan<byte> pairs, byte[] name)
    {
        for (; !pairs.IsEmpty && pairs[0] != 0; pairs = pairs[24..])
        {
            map.Add(TarHeader.Number(pairs[..12], "sparse map"));
            map.Add(TarHeader.Number(pairs.Slice(12, 12), "sparse map"));
            CheckCount(map.Count / 2, name);
        }
    }

    private List<long> MapOfRecords(byte[] name, long stored)
    {
        List<long> map = local.SparseMap ?? throw new LayerException(name, "a sparse file without a map");
        if (int.IsOddInteger(map.Count) || local.SparseCount is { } count && count != map.Count / 2)
            throw new LayerException(name, "a sparse map that is no list of so many pairs as it says");
        CheckCount(map.Count / 2, name);
        BeginData(stored);
        return map;
    }

    // Lines with one number each: how many pairs, then the pairs; filled up to a whole block, and the data behind it.
    private List<long> ReadMapBeforeData(byte[] name, long stored)
    {
        BeginData(stored);
        MapText text = new(this, name);
        long count = text.Next();
        CheckCount(count, name);
        // Grows with what is really there.
        List<long> map = [];
        for (long i = 0; i < 2 * count; i++)
            map.Add(text.Next());
        return map;
    }

    private void CheckCount(long count, byte[] name)
    {
        if (count > limits.MaximumSparseSegments)
            throw new LayerException(name, $"a sparse map of more than {limits.MaximumSparseSegments} pieces");
    }

    private SparseSegment[] Segments(List<long> map, byte[] name, long size)
    {
        if (size < 0)
            throw new LayerException(name, $"a size of {size}");
        List<SparseSegment> segments = new(map.Count / 2);
        long at = 0, total = 0;
        for (int i = 0; i < map.Count; i += 2)
        {
            long offset = map[i], length = map[i + 1];
            if (offset < at || length < 0 || length > size - offset)
                throw new LayerException(name, "a sparse map that isn't ascending, or leads out of the file");
            at = offset + length;
            total += length;
            if (length > 0)
                segments.Add(new(offset, length));
        }
        if (total != dataLeft)
            throw new LayerException(name, $"a sparse map for {total} bytes, where {dataLeft} are stored");
        return [.. segments];
    }

    private ref struct MapText(TarReader reader, byte[] name)
    {
        private const int MaximumDigits = 20;

        private ReadOnlySpan<byte> block;

        public long Next()
        {
            Span<byte> digits = stackalloc byte[MaximumDigits];
            int count = 0;
            while (true)
            {
                if (block.IsEmpty)
                {
                    if (reader.dataLeft < Block)
                        throw new LayerException(name, "a sparse map that is longer than the file's data");
                    block = reader.NextBlock();
                    if (block.IsEmpty)
                        throw Truncated();
                    reader.dataLeft -= Block;
                }
                byte b = block[0];
                block = block[1..];
                if (b == '\n')
                    return PaxRecords.TryDigits(digits[..count], out long number) ? number : throw new LayerException(name, "a sparse map without numbers");
                if (count == MaximumDigits)
                    throw new LayerException(name, "a sparse map with a number of too many digits");
                digits[count++] = b;
            }
        }
    }
}
