using Vessel.Images.Layers;
using Vessel.Images.Store;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Bundles;

/// <summary>A bundle that was made of an image of the store.</summary>
public sealed class Bundle
{
    private readonly BundleNote note;

    private Bundle(BundleNote note) => this.note = note;

    /// <summary>Its directory.</summary>
    public string FullPath => note.Path;

    /// <summary>The image that it was made of; null where that is not known.</summary>
    public Digest? Image => note.Image;

    /// <summary>What the image was called then; empty where it had no name.</summary>
    public string ImageName => note.ImageName;

    /// <summary>The layers of the store that its root filesystem lies on; none where that is a copy.</summary>
    public IReadOnlyList<Digest> Layers => note.Layers;

    /// <summary>Whether its root filesystem can be used: it is a copy, or mounted.</summary>
    public bool IsReady => note.Layers.Count == 0 || Mounts.IsMounted(Root) != false;

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created => Directory.GetLastWriteTimeUtc(Path.Combine(FullPath, "rootfs") is var root && note.Layers.Count == 0 ? root : Path.Combine(FullPath, ImageBundle.ChangesName));

    /// <summary>
    /// The bytes of its own files: what containers have written, or the copy of the image. The layers below are not
    /// counted.
    /// </summary>
    public long OwnBytes
    {
        get
        {
            string own = note.Layers.Count == 0 ? Root : Path.Combine(FullPath, ImageBundle.ChangesName, "upper");
            return Directory.Exists(own) ? new DirectoryInfo(own).EnumerateFiles("*", Everything).Sum(f => f.Length) : 0;
        }
    }

    // Links are not followed: a container could have made them.
    private static EnumerationOptions Everything => new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    private string Root => Path.Combine(FullPath, ImageBundle.RootName);

    /// <summary>All bundles that are there, by their paths.</summary>
    public static IReadOnlyList<Bundle> List(ImageStore store) => [.. BundleUse.All(store.Folder).Select(n => new Bundle(n))];

    /// <summary>Unmounts and removes a bundle, with what containers have written to it.</summary>
    /// <param name="store">The store that has the bundle's image.</param>
    /// <param name="path">The bundle's directory.</param>
    /// <param name="force">Whether it is removed although a container runs on it.</param>
    /// <exception cref="ImageException">
    /// The directory is not a bundle of this store, or a container runs on it. Nothing is removed then.
    /// </exception>
    /// <exception cref="SyscallException">
    /// A file cannot be removed; the bundle is unmounted then, and the rest of it can be removed later.
    /// </exception>
    public static void Remove(ImageStore store, string path, bool force = false)
    {
        path = ImageBundle.FullPath(path);
        if (!BundleUse.Has(store.Folder, path))
            throw new ImageException(ImageErrorKind.NotFound, $"{path} is not a bundle of {store.Folder.Root}; `vessel bundle ls` lists them");
        string root = Path.Combine(path, ImageBundle.RootName);
        if (!force && Directory.Exists(root) && UserOf(root) is { } pid)
            throw new ImageException(ImageErrorKind.InUse, $"bundle {path} is in use by a container (process {pid}): stop it first, or remove the bundle by force");
        while (Mounts.TryUnmount(root, isLazy: true) >= 0)
            continue;
        if (Directory.Exists(path))
            TreeRemoval.Remove(path);
        BundleUse.End(store.Folder, path);
    }

    // A process in another mount namespace whose root is this root filesystem.
    private static int? UserOf(string root)
    {
        Check.Ok(Files.TryStat(null, root, out statx own), "stat", root);
        foreach (string process in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(process), out int pid)
                && Files.TryStat(null, $"{process}/root", out statx other) >= 0
                && (other.stx_dev_major, other.stx_dev_minor, other.stx_ino) == (own.stx_dev_major, own.stx_dev_minor, own.stx_ino))
                return pid;
        return null;
    }
}
