using Vessel.Images.Content;
using Vessel.Images.Layers.Erofs;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>Which form new layers get.</summary>
internal static class LayerFormChoice
{
    /// <summary>What was asked for; otherwise erofs where it can be mounted, by whoever we are and wherever the store is, but not in memory.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Unsupported"/>: erofs was asked for, and isn't to be had.</exception>
    public static LayerForm Choose(StoreFolder store, LayerForm? asked)
    {
        if (asked == LayerForm.Folder || (asked is null && IsInMemory(store)))
            return LayerForm.Folder;
        if (Try(store) is not { } refusal)
            return LayerForm.Erofs;
        return asked is null ? LayerForm.Folder
            : throw new ImageException(ImageErrorKind.Unsupported, $"storage-driver erofs: {refusal}; use overlay2 here");
    }

    // An image in a tmpfs is mounted by a loop device, and what is read of it is in memory twice; its files are there once, and there is no disk to spare.
    private static bool IsInMemory(StoreFolder store)
    {
        // A data root that is not there yet will be where the nearest directory above it is.
        string place = store.Root;
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } above)
            place = above;
        using FileDescriptor root = StoreFolder.OpenFolder(place);
        return Files.FilesystemTypeOf(root, place) == FilesystemMagic.TMPFS_MAGIC;
    }

    // Nothing tells it but a mount: of an image with nothing in it, in the store, attached nowhere. It takes a millisecond or two.
    private static string? Try(StoreFolder store)
    {
        // It has nothing to say to who may not mount anyway.
        if (Kernel.Call(SYS.geteuid) != 0)
            return "needs root";
        store.Prepare();
        if (Mounts.IsMounted(store.Root) is null)
            return "needs Linux 5.8";
        using MakingFolder making = new(store);
        string path = Path.Combine(making.FullPath, "probe");
        using FileDescriptor file = Files.Open(making.Descriptor, "probe", O_RDWR | O_CREAT | O_EXCL, 0x180);
        using (ErofsTarget empty = new(file, new byte[ErofsTarget.IdentityBytes]))
            empty.Complete();
        nint result = Mounts.TryOpenErofs(path, out FileDescriptor? mount);
        mount?.Dispose();
        return result >= 0 ? null : result == -Errno.ENODEV ? "this kernel has no erofs" : $"this kernel mounts no image of it here: {Errno.Describe((int)-result)}";
    }
}
