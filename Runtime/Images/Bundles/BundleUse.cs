using System.Security.Cryptography;
using System.Text;
using Vessel.Images.Content;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Bundles;

/// <summary>
/// Keeps the layers that a bundle's root filesystem lies on, also when their image is removed: a file for each bundle, with the bundle's path
/// and then a digest a line. It holds as long as the bundle has a <c>rootfs</c>.
/// </summary>
internal static class BundleUse
{
    private const int MaximumBytes = 1 << 20;

    /// <summary>Notes that a bundle uses layers; before they are mounted.</summary>
    public static void Begin(StoreFolder folder, string bundle, IReadOnlyList<Digest> layers) =>
        StoreFolder.WriteDurably(FileOf(folder, bundle), Encoding.UTF8.GetBytes($"{bundle}\n{string.Join('\n', layers)}\n"));

    /// <summary>The bundle is not made after all.</summary>
    public static void End(StoreFolder folder, string bundle) => Files.TryRemove(null, FileOf(folder, bundle));

    /// <summary>What bundles that are there hold; what is known of others is forgotten. Under the store's lock, taken alone.</summary>
    public static HashSet<Digest> Held(StoreFolder folder)
    {
        HashSet<Digest> held = [];
        foreach (string path in Directory.EnumerateFiles(folder.Bundles))
        {
            using FileDescriptor? file = Files.OpenIfThere(path, Open.O_RDONLY | Open.O_NOFOLLOW);
            if (file is null)
                continue;
            string[] lines = Encoding.UTF8.GetString(Files.ReadAll(file, path, MaximumBytes)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            // A bundle in making has a root already; its maker holds the store's lock shared meanwhile.
            if (lines.Length == 0 || !Directory.Exists(Path.Combine(lines[0], "rootfs")))
                Files.TryRemove(null, path);
            else
                held.UnionWith(StoreFolder.DigestLines(lines[1..]));
        }
        return held;
    }

    private static string FileOf(StoreFolder folder, string bundle) => Path.Combine(folder.Bundles, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bundle))));
}
