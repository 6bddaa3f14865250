namespace Vessel.Images.Layers;

/// <summary>How a layer becomes files, where that depends on who unpacks and for whom.</summary>
public sealed record FolderOptions
{
    /// <summary>Marks for overlayfs in <c>user.overlay.*</c>, as its mount option <c>userxattr</c> reads them: in a user namespace <c>trusted.*</c> is not to be had.</summary>
    public bool UsesUserAttributes { get; init; }

    /// <summary>Devices and attributes that the kernel refuses with EPERM, as it does in a user namespace, are left out with a warning. False: they are errors.</summary>
    public bool SkipsRefused { get; init; }

    /// <summary>False where there is one user only: everything is the caller's then, and loses the bits that would lend the caller's rights to others.</summary>
    public bool KeepsOwner { get; init; } = true;
}
