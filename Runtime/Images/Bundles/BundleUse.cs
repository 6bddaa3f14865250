using System.Security.Cryptography;
using System.Text;
using Vessel.Images.Content;
using Vessel.Images.Store;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;

namespace Vessel.Images.Bundles;

/// <summary>
/// Notes which bundles there are, and keeps the layers that a bundle's root filesystem lies on, also when their image
/// is removed. Each bundle has a file: the bundle's path, <c>image</c> with the image's id and name, then the digest of
/// a layer on each line. A note holds as long as the bundle has a
/// <c>rootfs</c>.
/// </summary>
internal static class BundleUse
{
    private const int MaximumBytes = 1 << 20;
    private const string ImageMark = "image ";

    /// <summary>Notes that a bundle uses layers; before they are mounted.</summary>
    public static void Begin(StoreFolder folder, string bundle, Image image, IReadOnlyList<Digest> layers) => StoreFolder.WriteDurably(
        FileOf(folder, bundle),
        Encoding.UTF8.GetBytes($"{bundle}\n{ImageMark}{image.Id} {image.Names.Select(n => n.FamiliarText).FirstOrDefault("")}\n{string.Concat(layers.Select(l => $"{l}\n"))}"));

    /// <summary>The bundle is not made after all, or is removed.</summary>
    public static void End(StoreFolder folder, string bundle) => Files.TryRemove(null, FileOf(folder, bundle));

    /// <summary>Whether there is a note of a bundle.</summary>
    public static bool Has(StoreFolder folder, string bundle) => Files.TryStat(null, FileOf(folder, bundle), out _, followLinks: false) >= 0;

    /// <summary>All bundles that are there.</summary>
    public static List<BundleNote> All(StoreFolder folder) => [.. Notes(folder).Select(n => n.Note).OfType<BundleNote>().OrderBy(n => n.Path, StringComparer.Ordinal)];

    /// <summary>
    /// The layers that bundles hold; what is known of bundles that are gone is forgotten. Under the store's lock, taken
    /// alone.
    /// </summary>
    public static HashSet<Digest> Held(StoreFolder folder)
    {
        HashSet<Digest> held = [];
        foreach ((string file, BundleNote? note) in Notes(folder))
            if (note is null)
                Files.TryRemove(null, file);
            else
                held.UnionWith(note.Layers);
        return held;
    }

    // Each file with what it says; null of a bundle that is gone.
    private static List<(string File, BundleNote? Note)> Notes(StoreFolder folder)
    {
        List<(string, BundleNote?)> notes = [];
        if (!Directory.Exists(folder.Bundles))
            return notes;
        foreach (string path in Directory.EnumerateFiles(folder.Bundles))
        {
            using FileDescriptor? file = Files.OpenIfThere(path, Open.O_RDONLY | Open.O_NOFOLLOW);
            if (file is null)
                continue;
            string[] lines = Encoding.UTF8.GetString(Files.ReadAll(file, path, MaximumBytes)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            // A bundle in making has a root already; its maker holds the store's lock shared meanwhile.
            notes.Add((path, lines.Length == 0 || !Directory.Exists(Path.Combine(lines[0], "rootfs")) ? null : NoteOf(lines)));
        }
        return notes;
    }

    // Notes of an earlier version do not name the image.
    private static BundleNote NoteOf(string[] lines)
    {
        string[] image = lines.Length > 1 && lines[1].StartsWith(ImageMark, StringComparison.Ordinal) ? lines[1][ImageMark.Length..].Split(' ', 2) : [];
        Digest? id = image.Length > 0 && Digest.TryParse(image[0], out Digest? parsed, out _) ? parsed : null;
        return new BundleNote(lines[0], id, image.Length > 1 ? image[1] : "", [.. StoreFolder.DigestLines(lines[1..])]);
    }

    private static string FileOf(StoreFolder folder, string bundle) => Path.Combine(folder.Bundles, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bundle))));
}
