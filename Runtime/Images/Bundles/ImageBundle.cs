using System.Text;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Images.Store;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Bundles;

/// <summary>An image as a bundle, as a low-level runtime takes it: a folder with <c>config.json</c> and <c>rootfs</c>.</summary>
public static class ImageBundle
{
    private const uint FolderMode = 0x1c0; // 0700
    private const uint RootMode = 0x1ed; // 0755
    private const uint FileMode = 0x1a4; // 0644
    internal const string RootName = "rootfs";
    internal const string ChangesName = "changes";

    /// <summary>Makes a bundle in a folder that is empty or not there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="image">The image.</param>
    /// <param name="path">The folder.</param>
    /// <param name="options">What is wanted beside what the image says; null for nothing.</param>
    /// <param name="cancellation">Ends it; nothing is left behind.</param>
    /// <returns>What the root filesystem is.</returns>
    /// <exception cref="ImageException">The folder is not empty, or no folder, or the image names a user that it doesn't have. Nothing is left behind.</exception>
    /// <exception cref="SyscallException">A mount or a file could not be made. Nothing is left behind.</exception>
    public static RootFilesystem Create(ImageStore store, Image image, string path, BundleOptions? options = null, CancellationToken cancellation = default)
    {
        path = FullPath(path);
        if (File.Exists(path))
            throw new ImageException(ImageErrorKind.InUse, $"{path} is a file; a bundle is a folder");
        if (path.Contains('\n'))
            throw new ImageException(ImageErrorKind.Invalid, "a bundle's path has no line end in it");
        bool isNew = !Directory.Exists(path);
        if (!isNew && Directory.EnumerateFileSystemEntries(path).Any())
            throw new ImageException(ImageErrorKind.InUse, $"{path} is not empty");
        Files.MakeDirectories(path, FolderMode);
        string root = Path.Combine(path, RootName);
        // So that no layer is collected between being looked up and being noted as used.
        using FileDescriptor storeLock = store.Folder.Lock(alone: false);
        try
        {
            Files.MakeDirectories(root, RootMode);
            store.Require(image);
            BundleUse.Begin(store.Folder, path, image, image.Record.DiffIds);
            RootFilesystem made = options is { Copies: true } ? RootFilesystem.Copy(store.Layers, image.Record.DiffIds, root, cancellation)
                : RootFilesystem.Make(store.Layers, image.Record.DiffIds, root, Path.Combine(path, ChangesName), cancellation);
            if (made.Kind == RootKind.Copy)
                BundleUse.Begin(store.Folder, path, image, []);
            using FileDescriptor rootFolder = Files.Open(null, root, O_RDONLY | O_DIRECTORY);
            Spec spec = ImageSpec.Of(image.Config, ImageUser.Find(rootFolder, image.Config.Config.User), image.Id.Short, options);
            using StringWriter text = new();
            SpecWriter.Write(spec, text, indented: true);
            using FileDescriptor folder = Files.Open(null, path, O_RDONLY | O_DIRECTORY);
            Files.Replace(folder, "config.json", Encoding.UTF8.GetBytes(text + "\n"), FileMode);
            return made;
        }
        catch
        {
            Mounts.TryUnmount(root, isLazy: true);
            BundleUse.End(store.Folder, path);
            foreach (string entry in Directory.EnumerateFileSystemEntries(path))
                TreeRemoval.Remove(entry);
            if (isNew)
                Files.TryRemove(null, path, AT_REMOVEDIR);
            throw;
        }
    }

    /// <summary>A bundle's directory as an absolute path, without a slash at its end.</summary>
    /// <exception cref="ImageException">The path is empty.</exception>
    internal static string FullPath(string path) => path.Length > 0
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
        : throw new ImageException(ImageErrorKind.Invalid, "a bundle is a folder, and its path is empty");
}
