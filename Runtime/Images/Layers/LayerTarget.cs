using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Layers;

/// <summary>What a target of either form does alike: which entry is what, and how far paths may lead.</summary>
public abstract class LayerTarget : ILayerTarget
{
    private protected const uint MissingFolderMode = 0x1ed; // 0755
    private protected const int MaximumLinks = 40;

    // Links that lead through links can make one name cost 80,000 steps. A layer has some to spare, and more with each entry.
    private const long SpareSteps = 200_000, StepsOfAnEntry = 64;

    private protected readonly LayerWarnings leftOut = new();
    private long stepsLeft = SpareSteps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => leftOut.All;

    /// <inheritdoc/>
    public ImpliedFolders Implied { get; } = new();

    /// <inheritdoc/>
    public virtual void Add(LayerEntry entry, ILayerData data)
    {
        stepsLeft += StepsOfAnEntry;
        switch (entry.Kind)
        {
            case LayerEntryKind.File: AddFile(entry, data); break;
            case LayerEntryKind.Directory: AddDirectory(entry); break;
            case LayerEntryKind.SymbolicLink: AddSymbolicLink(entry); break;
            case LayerEntryKind.HardLink: AddHardLink(entry); break;
            case LayerEntryKind.CharacterDevice: AddNode(entry, S_IFCHR); break;
            case LayerEntryKind.BlockDevice: AddNode(entry, S_IFBLK); break;
            case LayerEntryKind.Fifo: AddNode(entry, S_IFIFO); break;
            case LayerEntryKind.Whiteout: AddWhiteout(entry); break;
            case LayerEntryKind.OpaqueMark: AddOpaqueMark(entry.Path.Span); break;
            case LayerEntryKind.Removal: Remove(entry); break;
            default: throw new ArgumentException($"no kind of entry: {entry.Kind}", nameof(entry));
        }
    }

    /// <inheritdoc/>
    public abstract void Complete();

    /// <inheritdoc/>
    public abstract void Dispose();

    private protected abstract void AddFile(LayerEntry entry, ILayerData data);

    private protected abstract void AddDirectory(LayerEntry entry);

    private protected abstract void AddSymbolicLink(LayerEntry entry);

    private protected abstract void AddHardLink(LayerEntry entry);

    private protected abstract void AddNode(LayerEntry entry, uint type);

    private protected abstract void AddWhiteout(LayerEntry entry);

    private protected abstract void AddOpaqueMark(ReadOnlySpan<byte> folder);

    private protected abstract void Remove(LayerEntry entry);

    /// <summary>Counts one step on the way of a path.</summary>
    /// <exception cref="LayerException">There were too many.</exception>
    private protected void CountStep(ReadOnlySpan<byte> path)
    {
        if (--stepsLeft < 0)
            throw new LayerException(path, "all paths together lead by too many folders and links");
    }

    private protected static LayerException TooManyLinks(ReadOnlySpan<byte> path, LayerEntry? linked) =>
        new(linked is null ? path : linked.Path.Span, "leads through too many symbolic links");

    private protected static LayerException NotInLayer(LayerEntry entry) =>
        new(entry.Path.Span, $"a hard link to {LayerText.Quote(entry.LinkTarget.Span)}, which the layer doesn't have");

    private protected static LayerException LeadsThroughNoDirectory(ReadOnlySpan<byte> path, LayerEntry? linked) => new(
        linked is null ? path : linked.Path.Span,
        linked is null ? "leads through what is no directory" : $"a hard link to {LayerText.Quote(linked.LinkTarget.Span)}, which leads through what is no directory");
}
