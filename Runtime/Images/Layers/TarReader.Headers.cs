namespace Vessel.Images.Layers;

/// <summary>Headers: an entry is a block, and before it blocks that say what doesn't fit in there.</summary>
public sealed partial class TarReader
{
    private const int MaximumLinkText = 4095;
    private const uint MaximumMajor = 0xfff, MaximumMinor = 0xfffff;

    private byte[] extended = new byte[4096];
    private byte[]? longName, longLink;

    private LayerEntry? ReadEntry()
    {
        local.Clear();
        longName = longLink = null;
        bool isAnnounced = false, isExtended = false;
        while (true)
        {
            ReadOnlySpan<byte> block = NextBlock();
            if (block.IsEmpty || TarHeader.IsZero(block))
            {
                if (isAnnounced)
                    throw new LayerException("the tar ends between an extended header and its entry");
                if (!block.IsEmpty && NextBlock() is { IsEmpty: false } second && !TarHeader.IsZero(second))
                    throw new LayerException("an empty block stands between entries");
                return null;
            }
            TarHeader header = new(block);
            if (!header.HasChecksum())
                throw hasHeader || header.IsUstar || header.IsGnu ? new LayerException("a header's checksum is wrong") : NoTar();
            hasHeader = true;
            switch (header.TypeFlag)
            {
                case (byte)'g':
                    global.Read(ReadExtended(header, limits.MaximumExtendedHeaderBytes), isGlobal: true);
                    break;
                case (byte)'x':
                    // Some readers take the second alone, others both together.
                    if (isExtended)
                        throw new LayerException("two extended headers for one entry");
                    local.Read(ReadExtended(header, limits.MaximumExtendedHeaderBytes), isGlobal: false);
                    isAnnounced = isExtended = true;
                    break;
                case (byte)'L':
                    longName = ReadLongName(header, longName);
                    isAnnounced = true;
                    break;
                case (byte)'K':
                    longLink = ReadLongName(header, longLink);
                    isAnnounced = true;
                    break;
                default:
                    return ReadEntry(header);
            }
        }
    }

    private byte[] ReadLongName(TarHeader header, byte[]? earlier)
    {
        if (earlier is not null)
            throw new LayerException("two long names for one entry");
        // A little more than a name may have: GNU's has a NUL, and some fill up.
        byte[] name = TarHeader.Text(ReadExtended(header, Math.Min(limits.MaximumNameBytes + Block, limits.MaximumExtendedHeaderBytes))).ToArray();
        return name.Length > 0 ? name : throw new LayerException("a long name is empty");
    }

    private ReadOnlySpan<byte> ReadExtended(TarHeader header, long limit)
    {
        long size = header.StoredSize;
        if (size < 0 || size > limit)
            throw new LayerException($"an extended header of {size} bytes, where {limit} are the most");
        if (extended.Length < size)
            extended = new byte[Math.Max(size, Math.Min(limit, 2 * extended.Length))];
        Span<byte> data = extended.AsSpan(0, (int)size);
        BeginData(size);
        for (Span<byte> left = data; !left.IsEmpty;)
            left = left[ReadData(left)..];
        SkipData();
        return data;
    }

    private LayerEntry ReadEntry(TarHeader header)
    {
        byte flag = header.TypeFlag;
        byte[] name = ChooseName(header);
        LayerEntryKind kind = KindOf(flag, name);
        bool isFile = kind == LayerEntryKind.File;
        // All that the block says is taken now: a sparse map may need the next one.
        byte[]? text = kind is LayerEntryKind.SymbolicLink or LayerEntryKind.HardLink ? ChooseLink(header, name) : null;
        uint mode = (uint)header.Mode & 0xfff;
        uint uid = Id(local.Uid ?? global.Uid ?? header.Uid, "uid", name), gid = Id(local.Gid ?? global.Gid ?? header.Gid, "gid", name);
        (long seconds, uint nanoseconds) = local.Time ?? global.Time ?? (header.Seconds, 0);
        (uint major, uint minor) = kind is LayerEntryKind.CharacterDevice or LayerEntryKind.BlockDevice ? Device(header, name) : default;
        // Links, nodes and folders have no data, whatever the field says: some programs leave the size of the file in it.
        long stored = isFile ? local.Size ?? header.StoredSize : 0;
        if (stored < 0)
            throw new LayerException(name, $"a size of {stored}");
        byte[] path = name.Length > limits.MaximumNameBytes ? throw new LayerException(name, $"a name of {name.Length} bytes, where {limits.MaximumNameBytes} are the most") : LayerPath.Clean(name);

        long size = stored;
        SparseSegment[]? sparse = null;
        if (flag == (byte)'S' || local.IsSparse)
        {
            if (!isFile)
                throw new LayerException(name, "a sparse map for what is no file");
            sparse = ReadSparse(header, name, stored, out size);
        }
        else
        {
            BeginData(stored);
        }

        return new LayerEntry
        {
            Path = path,
            Kind = kind,
            Mode = mode,
            Uid = uid,
            Gid = gid,
            Seconds = seconds,
            Nanoseconds = nanoseconds,
            LinkTarget = text,
            DeviceMajor = major,
            DeviceMinor = minor,
            Size = size,
            ExtendedAttributes = [.. local.Attributes],
            Sparse = sparse,
        };
    }

    private byte[] ChooseName(TarHeader header)
    {
        byte[]? chosen = local.SparseName ?? local.Path;
        if (chosen is not null && longName is not null && !chosen.AsSpan().SequenceEqual(longName))
            throw new LayerException(chosen, $"has another name too: {LayerText.Quote(longName)}");
        chosen ??= longName;
        if (chosen is not null)
            return chosen;
        ReadOnlySpan<byte> name = header.Name, prefix = header.Prefix;
        if (name.IsEmpty && prefix.IsEmpty)
            throw new LayerException("an entry has no name");
        return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    private byte[] ChooseLink(TarHeader header, byte[] name)
    {
        byte[]? chosen = local.LinkPath;
        if (chosen is not null && longLink is not null && !chosen.AsSpan().SequenceEqual(longLink))
            throw new LayerException(name, "has two link targets");
        chosen ??= longLink ?? header.LinkName.ToArray();
        if (chosen.Length == 0)
            throw new LayerException(name, "a link without a target");
        if (chosen.Length > Math.Min(MaximumLinkText, limits.MaximumNameBytes))
            throw new LayerException(name, $"a link target of {chosen.Length} bytes");
        if (header.TypeFlag == (byte)'2')
            return chosen;
        byte[] target;
        try
        {
            target = LayerPath.Clean(chosen);
        }
        catch (LayerException e)
        {
            throw new LayerException(name, $"a hard link to what is no path: {e.Message}", e);
        }
        return target.Length > 0 ? target : throw new LayerException(name, "a hard link to the root");
    }

    private static LayerEntryKind KindOf(byte flag, byte[] name)
    {
        switch (flag)
        {
            case 0:
                // Before there was a flag for it, a directory was a name with a slash.
                return name[^1] == '/' ? LayerEntryKind.Directory : LayerEntryKind.File;
            case (byte)'0' or (byte)'7' or (byte)'S':
                return name[^1] != '/' ? LayerEntryKind.File : throw new LayerException(name, "a file whose name ends with a slash");
            case (byte)'1':
                return LayerEntryKind.HardLink;
            case (byte)'2':
                return LayerEntryKind.SymbolicLink;
            case (byte)'3':
                return LayerEntryKind.CharacterDevice;
            case (byte)'4':
                return LayerEntryKind.BlockDevice;
            case (byte)'5':
                return LayerEntryKind.Directory;
            case (byte)'6':
                return LayerEntryKind.Fifo;
            default:
                throw new LayerException(name, $"of a type that is not known: {LayerText.Quote([flag])}");
        }
    }

    // 4294967295 is no user: chown takes it for "as it is".
    private static uint Id(long value, string what, byte[] name) =>
        value is >= 0 and < uint.MaxValue ? (uint)value : throw new LayerException(name, $"no {what}: {value}");

    private static (uint, uint) Device(TarHeader header, byte[] name)
    {
        long major = header.DeviceMajor, minor = header.DeviceMinor;
        if (major is < 0 or > MaximumMajor || minor is < 0 or > MaximumMinor)
            throw new LayerException(name, $"no device number: {major}:{minor}");
        return ((uint)major, (uint)minor);
    }
}
