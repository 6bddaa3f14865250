namespace Vessel.Images.Snapshots;

/// <summary>What a layer is kept as. A store may have layers of both.</summary>
public enum LayerForm
{
    /// <summary>A folder with the layer's files: everywhere.</summary>
    Folder,

    /// <summary>One file, an erofs image of the layer, that is mounted when it is needed: as root, where the kernel has erofs.</summary>
    Erofs,
}
