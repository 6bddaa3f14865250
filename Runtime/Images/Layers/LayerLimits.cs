namespace Vessel.Images.Layers;

/// <summary>How much one layer may be. A layer comes from anybody, and a small download can say "as much as there is".</summary>
public sealed record LayerLimits
{
    /// <summary>For layers of images as they are made: far above what is usual, far below what a disk holds.</summary>
    public static LayerLimits Default { get; } = new();

    /// <summary>The sizes of all files together, holes of sparse files included: whoever copies the tree may write them out.</summary>
    public long MaximumUnpackedBytes { get; init; } = 64L << 30;

    /// <summary>The tar itself, to its last byte: headers and whatever follows the end are no files, but are read.</summary>
    public long MaximumStreamBytes { get; init; } = 96L << 30;

    /// <summary>Files, folders and everything else that has a name.</summary>
    public long MaximumEntries { get; init; } = 4_000_000;

    /// <summary>The length of a name with its folders.</summary>
    public int MaximumNameBytes { get; init; } = 4096;

    /// <summary>One extended header.</summary>
    public long MaximumExtendedHeaderBytes { get; init; } = 1 << 20;

    /// <summary>Extended attributes of one entry.</summary>
    public int MaximumAttributes { get; init; } = 1024;

    /// <summary>Pieces of one sparse file.</summary>
    public int MaximumSparseSegments { get; init; } = 1 << 20;
}
