namespace Vessel.Images.Layers;

/// <summary>What a folder is that is read as a layer.</summary>
public sealed record FolderReadOptions
{
    /// <summary>The paths of the folders that nobody described: they come as <see cref="LayerEntry.IsImplied"/>, and the root not at all.</summary>
    public IEnumerable<byte[]> Implied { get; init; } = [];

    /// <summary>
    /// Whether names that begin with <c>.wh.</c> are marks (<see cref="FolderOptions.NamesMarks"/>). Not in a folder that a container wrote: what it
    /// calls so would take away files of the layers below from whoever unpacks it.
    /// </summary>
    public bool HasNamedMarks { get; init; }

    /// <summary>Whether marks for overlayfs are in <c>user.overlay.*</c>.</summary>
    public bool UsesUserAttributes { get; init; }
}
