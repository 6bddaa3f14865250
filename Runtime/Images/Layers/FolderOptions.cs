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

    /// <summary>
    /// The folder has what the layers below it made, and becomes what overlayfs would show of all together: marks take away. Entries come as from
    /// <see cref="FolderReader"/>: every folder before what is in it, every mark before what it must not hide.
    /// </summary>
    public bool Merges { get; init; }

    /// <summary>
    /// Marks are files with the names that they have in a tar (<c>.wh.x</c>), for where overlayfs's own cannot be made: on another overlay, and before
    /// Linux 5.8 in a user namespace. <see cref="FolderReader"/> understands them, overlayfs doesn't.
    /// </summary>
    public bool NamesMarks { get; init; }
}
