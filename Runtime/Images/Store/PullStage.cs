namespace Vessel.Images.Store;

/// <summary>What becomes of a layer in a pull.</summary>
public enum PullStage
{
    /// <summary>It is part of the image, and not here.</summary>
    Pending,

    /// <summary>Others come first.</summary>
    Waiting,

    /// <summary>Another image brought it.</summary>
    Exists,

    /// <summary>It arrives; it is unpacked meanwhile.</summary>
    Downloading,

    /// <summary>It was interrupted, and is tried again.</summary>
    Retrying,

    /// <summary>All of it is here, and is what its digest says.</summary>
    Downloaded,

    /// <summary>The rest of it is unpacked.</summary>
    Extracting,

    /// <summary>It is ready to use.</summary>
    Complete,
}
