using System.Text;
using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Archives;

/// <summary>
/// The files of an archive, taken out of it into a private folder under numbers: what they are called in the archive stays a name in memory,
/// so none can lead anywhere. Old archives have links to files; they are followed here, among these names.
/// </summary>
internal sealed class ArchiveFiles : IDisposable
{
    private const uint PrivateFile = 0x180; // 0600
    private const int MaximumFiles = 100_000;
    private const int MaximumLinks = 8;
    private const int ChunkBytes = 1 << 17;

    private readonly Dictionary<string, string> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Descriptor> described = new(StringComparer.Ordinal);
    private readonly MakingFolder folder;
    private int paths;

    private ArchiveFiles(StoreFolder store) => folder = new MakingFolder(store);

    /// <summary>Reads an archive to its end; it may be compressed.</summary>
    /// <exception cref="ImageException">It is no tar, or a hostile one.</exception>
    public static ArchiveFiles Read(StoreFolder store, Stream archive, CancellationToken cancellation)
    {
        ArchiveFiles result = new(store);
        try
        {
            using Stream tar = LayerCompressions.Unpack(ExternalCompression.Unpack(archive));
            TarReader reader = new(tar, LayerLimits.Default, cancellation);
            while (reader.Next() is { } entry)
                result.Add(entry, reader);
            return result;
        }
        catch (Exception e)
        {
            result.Dispose();
            if (e is LayerException or InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
                throw new ImageException(ImageErrorKind.Corrupt, $"archive: {e.Message}", e);
            throw;
        }
    }

    /// <summary>No file yet: for what is put together here.</summary>
    public static ArchiveFiles Empty(StoreFolder store) => new(store);

    /// <summary>Adds a file with all that a stream has.</summary>
    public void Add(string name, Stream content, CancellationToken cancellation)
    {
        string path = NewPath();
        byte[] buffer = new byte[ChunkBytes];
        using (FileDescriptor file = Create(path))
            for (int count; (count = content.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                Files.Write(file, buffer.AsSpan(0, count), path);
            }
        files[name] = path;
    }

    /// <summary>What a manifest says of a file; it is read for that, once.</summary>
    /// <param name="name">The file.</param>
    /// <param name="mediaType">What it is; null for a layer, packed as it may be.</param>
    /// <param name="blobs">Gets the file's name by its digest.</param>
    /// <param name="cancellation">Ends it.</param>
    public Descriptor Describe(string name, string? mediaType, Dictionary<Digest, string> blobs, CancellationToken cancellation)
    {
        if (!described.TryGetValue($"{mediaType} {name}", out Descriptor? descriptor))
            described[$"{mediaType} {name}"] = descriptor = Describe(name, mediaType, cancellation);
        blobs[descriptor.Digest] = name;
        return descriptor;
    }

    /// <summary>Whether the archive has a file of that name.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Opens a file.</summary>
    public Stream Open(string name) => new OwnedDescriptorStream(OpenFile(name), name);

    /// <summary>Reads a small file.</summary>
    public byte[] ReadDocument(string name)
    {
        using FileDescriptor file = OpenFile(name);
        return Files.ReadAll(file, name, ContentStore.MaximumDocumentBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private void Add(LayerEntry entry, TarReader reader)
    {
        string name = Encoding.UTF8.GetString(entry.Path.Span);
        if (paths + links.Count >= MaximumFiles)
            throw new ImageException(ImageErrorKind.Corrupt, $"the archive has more than {MaximumFiles} files");
        switch (entry.Kind)
        {
            case LayerEntryKind.File:
                string path = NewPath();
                using (FileDescriptor file = Create(path))
                {
                    ReadOnlySpan<byte> piece;
                    while (!(piece = reader.BorrowData(ChunkBytes)).IsEmpty)
                        Files.Write(file, piece, path);
                }
                files[name] = path;
                break;
            case LayerEntryKind.SymbolicLink:
                string target = Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(name) ?? "", Encoding.UTF8.GetString(entry.LinkTarget.Span)))[1..];
                links[name] = target;
                break;
            case LayerEntryKind.HardLink:
                links[name] = Encoding.UTF8.GetString(entry.LinkTarget.Span);
                break;
        }
    }

    private Descriptor Describe(string name, string? mediaType, CancellationToken cancellation)
    {
        using Stream file = Open(name);
        using BlobHash hash = new("sha256");
        byte[] buffer = new byte[ChunkBytes];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            if (hash.Length == 0)
                mediaType ??= buffer is [0x1f, 0x8b, ..] ? MediaTypes.DockerLayerGzip : buffer is [0x28, 0xb5, 0x2f, 0xfd, ..] ? MediaTypes.DockerLayerZstd : MediaTypes.DockerLayer;
            hash.Add(buffer.AsSpan(0, count));
        }
        return new Descriptor { MediaType = mediaType ?? MediaTypes.DockerLayer, Digest = hash.Result(), Size = hash.Length };
    }

    // A name may come twice: the later file is the one, and the earlier stays beside it.
    private string NewPath() => Path.Combine(folder.FullPath, paths++.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static FileDescriptor Create(string path) => Files.Open(null, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, PrivateFile);

    private FileDescriptor OpenFile(string name) =>
        Files.Open(null, Find(name) ?? throw new ImageException(ImageErrorKind.Corrupt, $"the archive has no file {LayerText.Quote(Encoding.UTF8.GetBytes(name))}"), O_RDONLY | O_NOFOLLOW);

    private string? Find(string name)
    {
        for (int i = 0; i < MaximumLinks; i++)
        {
            if (files.TryGetValue(name, out string? path))
                return path;
            if (!links.TryGetValue(name, out string? next))
                return null;
            name = next;
        }
        return null;
    }
}
