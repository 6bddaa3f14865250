using System.Formats.Tar;
using System.Text;
using Vessel.Images.Content;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>
/// Writes images as docker does since its version 25: an OCI layout with docker's <c>manifest.json</c> beside it, so that everybody can read
/// it. Blobs are as they were pulled, so digests stay. The same images give the same bytes.
/// </summary>
public static class ImageArchiveWriter
{
    /// <summary>Writes some images.</summary>
    /// <param name="store">Where they are.</param>
    /// <param name="images">Each with the names that it is to have in the archive. A digest is no name there: it is seen from what the archive has.</param>
    /// <param name="output">Where they go; it stays open.</param>
    /// <param name="cancellation">Ends it.</param>
    public static void Save(ImageStore store, IReadOnlyList<(Image Image, IReadOnlyList<ImageReference> Names)> images, Stream output, CancellationToken cancellation = default)
    {
        using Lease lease = store.Hold(images.Select(i => i.Image));
        using TarWriter tar = new(output, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (Digest blob in images.SelectMany(i => i.Image.Record.Layers.Append(i.Image.Id).Append(i.Image.Record.Manifest)).Distinct().OrderBy(d => d.ToString(), StringComparer.Ordinal))
            using (OwnedDescriptorStream stream = new(store.Content.Open(blob), blob.ToString()))
            using (SizedStream sized = new(stream, store.Content.SizeOf(blob)!.Value, cancellation))
                Add(tar, OciLayout.PathOf(blob), sized);
        Add(tar, OciLayout.IndexName, Index(store, images));
        Add(tar, DockerArchive.ManifestName, Manifest(images));
        Add(tar, OciLayout.MarkName, Encoding.UTF8.GetBytes(OciLayout.Mark));
    }

    private static byte[] Index(ImageStore store, IReadOnlyList<(Image Image, IReadOnlyList<ImageReference> Names)> images) => ImageDocumentWriter.WriteIndex(new ImageIndex
    {
        MediaType = MediaTypes.OciIndex,
        Manifests = [.. images.SelectMany(i => Tagged(i.Names).Select(n => (ImageReference?)n).DefaultIfEmpty().Select(n => Describe(store, i.Image, n)))],
    });

    private static Descriptor Describe(ImageStore store, Image image, ImageReference? name)
    {
        byte[] bytes = store.Content.ReadDocument(image.Record.Manifest);
        return new Descriptor
        {
            MediaType = ImageDocumentReader.ReadManifest(bytes, $"manifest {image.Record.Manifest}").MediaType ?? MediaTypes.OciManifest,
            Digest = image.Record.Manifest,
            Size = bytes.Length,
            Annotations = name is null ? EmptyMap.Of<string>() : new Dictionary<string, string> { [OciLayout.FullName] = name.ToString(), [OciLayout.RefName] = name.Tag! },
        };
    }

    private static byte[] Manifest(IReadOnlyList<(Image Image, IReadOnlyList<ImageReference> Names)> images)
    {
        // The document is a list, which the writer of objects doesn't begin with.
        IEnumerable<string> items = images.Select(item =>
        {
            using StringWriter text = new();
            JsonMapWriter.Write(text, indented: false, item, static (json, i) =>
            {
                json.Always("Config", OciLayout.PathOf(i.Image.Id));
                json.AlwaysList("RepoTags", [.. Tagged(i.Names).Select(n => n.FamiliarText)]);
                json.AlwaysList("Layers", [.. i.Image.Record.Layers.Select(OciLayout.PathOf)]);
            });
            return text.ToString();
        });
        return Encoding.UTF8.GetBytes($"[{string.Join(',', items)}]");
    }

    private static IEnumerable<ImageReference> Tagged(IReadOnlyList<ImageReference> names) => names.Where(n => n.Digest is null);

    private static void Add(TarWriter tar, string name, byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        Add(tar, name, stream);
    }

    private static void Add(TarWriter tar, string name, Stream data) =>
        tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = data, ModificationTime = DateTimeOffset.UnixEpoch, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead });
}
