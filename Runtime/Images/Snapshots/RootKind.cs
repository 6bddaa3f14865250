namespace Vessel.Images.Snapshots;

/// <summary>How a root filesystem lies on its layers.</summary>
public enum RootKind
{
    /// <summary>The kernel's overlay: made in a moment, shares all files.</summary>
    Overlay,

    /// <summary>An overlay of the program fuse-overlayfs.</summary>
    FuseOverlay,

    /// <summary>A copy of all files.</summary>
    Copy,
}
