using System.Text;
using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
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
    private readonly MakingFolder folder;

    private ArchiveFiles(StoreFolder store) => folder = new MakingFolder(store);

    /// <summary>Reads an archive to its end; it may be compressed.</summary>
    /// <exception cref="ImageException">It is no tar, or a hostile one.</exception>
    public static ArchiveFiles Read(StoreFolder store, Stream archive, CancellationToken cancellation)
    {
        ArchiveFiles result = new(store);
        try
        {
            using Stream tar = LayerCompressions.Unpack(archive);
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
        if (files.Count + links.Count >= MaximumFiles)
            throw new ImageException(ImageErrorKind.Corrupt, $"the archive has more than {MaximumFiles} files");
        switch (entry.Kind)
        {
            case LayerEntryKind.File:
                string path = Path.Combine(folder.FullPath, files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
                using (FileDescriptor file = Files.Open(null, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, PrivateFile))
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
