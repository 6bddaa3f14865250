namespace Vessel.Images.Layers;

/// <summary>What an entry is.</summary>
public enum LayerEntryKind
{
    File,
    Directory,
    SymbolicLink,

    /// <summary>One more name for a file that came before; <see cref="LayerEntry.LinkTarget"/> is that file's clean path.</summary>
    HardLink,
    CharacterDevice,
    BlockDevice,
    Fifo,

    /// <summary>Hides <see cref="LayerEntry.Path"/> of the layers below. Never from a <see cref="TarReader"/>: <see cref="LayerReader"/> reads names as this.</summary>
    Whiteout,

    /// <summary>Hides all that the layers below have in the directory <see cref="LayerEntry.Path"/>; what this layer has in it stays. As <see cref="Whiteout"/>, from <see cref="LayerReader"/> alone.</summary>
    OpaqueMark,

    /// <summary>Takes away again, with all that is in it, what entries before put at <see cref="LayerEntry.Path"/>, a name in the root. From <see cref="LayerReader"/> alone.</summary>
    Removal,
}
