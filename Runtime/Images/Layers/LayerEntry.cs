namespace Vessel.Images.Layers;

/// <summary>One entry of a layer.</summary>
public sealed class LayerEntry
{
    /// <summary>A clean relative path of any bytes but NUL: no <c>/</c> at either end, no <c>.</c>, no <c>..</c>, no empty part. Empty for the root.</summary>
    public required ReadOnlyMemory<byte> Path { get; init; }

    public required LayerEntryKind Kind { get; init; }

    /// <summary>Permissions with the three bits above them: <c>0</c> to <c>07777</c>.</summary>
    public uint Mode { get; init; }

    /// <summary>Never 4294967295, which chown takes for "as it is".</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Time of the last change, since 1970; may be negative.</summary>
    public long Seconds { get; init; }

    public uint Nanoseconds { get; init; }

    /// <summary>The text of a symbolic link as it is; the clean path of a hard link's file.</summary>
    public ReadOnlyMemory<byte> LinkTarget { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>The file's size, with the holes of a sparse file; 0 for all that is no file.</summary>
    public long Size { get; init; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes { get; init; } = [];

    /// <summary>
    /// A directory that nobody described: where there is one already, it stays as it is. Never from a <see cref="TarReader"/>, which has no entry for it.
    /// </summary>
    public bool IsImplied { get; init; }

    /// <summary>Where the data that the reader gives belongs, ascending; null for an ordinary file, whose data is all of it.</summary>
    public IReadOnlyList<SparseSegment>? Sparse { get; init; }

    /// <summary>The folder that the entry is in; empty for the root.</summary>
    public ReadOnlySpan<byte> Folder => LayerPath.Folder(Path.Span);

    /// <summary>The last part of the path.</summary>
    public ReadOnlySpan<byte> Name => LayerPath.Name(Path.Span);

    internal LayerEntry With(IReadOnlyList<KeyValuePair<string, byte[]>> attributes) => new()
    {
        Path = Path,
        Kind = Kind,
        Mode = Mode,
        Uid = Uid,
        Gid = Gid,
        Seconds = Seconds,
        Nanoseconds = Nanoseconds,
        LinkTarget = LinkTarget,
        DeviceMajor = DeviceMajor,
        DeviceMinor = DeviceMinor,
        Size = Size,
        ExtendedAttributes = attributes,
        IsImplied = IsImplied,
        Sparse = Sparse,
    };

    /// <summary>A mark for the layers below, which has a time and nothing else.</summary>
    internal LayerEntry AsMark(LayerEntryKind kind, ReadOnlyMemory<byte> path) => new() { Path = path, Kind = kind, Seconds = Seconds, Nanoseconds = Nanoseconds };
}
