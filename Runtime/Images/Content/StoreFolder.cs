using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Content;

/// <summary>The folder that all images of a data root are in, and where in it everything lies. Nobody but its owner enters it.</summary>
/// <remarks>
/// <code>
/// content/blobs/sha256/HEX     what registries serve, byte for byte, under its digest
/// content/ingest/sha256-HEX    the same while it arrives; what an interrupted transfer left is gone on with
/// layers/sha256/HEX            an unpacked layer, under the digest of its uncompressed tar (the diff ID): an image or a folder, see LayerStore
/// layers/making/               layers that are being unpacked
/// mounted/sha256-HEX           where layers that are images are mounted; after a start of the machine nothing is
/// bundles/                     which layers bundles lie on
/// images/sha256/HEX.json       an image that is complete, under its id (the digest of its config)
/// images/names.json            which names are which image
/// leases/                      what is held while it has no name yet
/// lock                         held shared while something is added to a lease, and alone while garbage is collected or names change
/// </code>
/// </remarks>
public sealed class StoreFolder
{
    private const uint PrivateFolder = 0x1c0; // 0700
    private const uint PrivateFile = 0x180; // 0600

    private static readonly string[] Directories =
    [
        "content/blobs/sha256", "content/blobs/sha512", "content/ingest", "layers/sha256", "layers/sha512", "layers/making", "mounted", "bundles",
        "images/sha256", "images/sha512", "leases",
    ];

    private volatile bool isPrepared;

    /// <summary>The store of a data root. Nothing is made yet: a store that is only looked at may be missing.</summary>
    public StoreFolder(string dataRoot) => Root = Path.GetFullPath(dataRoot);

    /// <summary>The data root, absolute.</summary>
    public string Root { get; }

    /// <summary>Where images are listed: <c>images</c>.</summary>
    public string Images => In("images");

    /// <summary>Where leases are.</summary>
    public string Leases => In("leases");

    /// <summary>Where it is noted which layers bundles lie on.</summary>
    public string Bundles => In("bundles");

    /// <summary>Where layers are while they are being unpacked.</summary>
    public string LayersInMaking => In("layers/making");

    /// <summary>Where layers that are images are mounted.</summary>
    public string Mounted => In("mounted");

    /// <summary>A blob, whether it is there or not.</summary>
    public string Blob(Digest digest) => In($"content/blobs/{digest.Algorithm}/{digest.Hex}");

    /// <summary>What has arrived of a blob.</summary>
    public string Ingest(Digest digest) => In($"content/ingest/{digest.Algorithm}-{digest.Hex}");

    /// <summary>An unpacked layer.</summary>
    public string Layer(Digest diffId) => In($"layers/{diffId.Algorithm}/{diffId.Hex}");

    /// <summary>An image's record.</summary>
    public string Image(Digest id) => In($"images/{id.Algorithm}/{id.Hex}.json");

    /// <summary>Makes the directories that are missing, before something is written.</summary>
    /// <exception cref="ImageException">The data root belongs to another user.</exception>
    /// <exception cref="SyscallException">A directory cannot be made.</exception>
    public void Prepare()
    {
        if (isPrepared)
            return;
        try
        {
            foreach (string directory in Directories)
                Files.MakeDirectories(In(directory), PrivateFolder);
        }
        catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw NoAccess(e);
        }
        isPrepared = true;
    }

    /// <summary>Takes the store's lock; it ends with the descriptor.</summary>
    /// <param name="alone">Whether nobody else may hold it meanwhile.</param>
    public FileDescriptor Lock(bool alone)
    {
        Prepare();
        FileDescriptor file = Files.Open(null, In("lock"), O_RDWR | O_CREAT | O_NOFOLLOW, PrivateFile);
        try
        {
            Files.Lock(file, In("lock"), shared: !alone);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file complete at once: written beside its place, on the disk, then renamed to it.</summary>
    public static void WriteDurably(string path, ReadOnlySpan<byte> bytes)
    {
        using FileDescriptor folder = OpenFolder(Path.GetDirectoryName(path)!);
        Files.ReplaceDurably(folder, Path.GetFileName(path), bytes, PrivateFile);
    }

    /// <summary>Makes sure that the names that were given in the folder of a file are on the disk.</summary>
    public static void SyncFolderOf(string path)
    {
        using FileDescriptor folder = OpenFolder(Path.GetDirectoryName(path)!);
        Files.Sync(folder, path);
    }

    /// <summary>Opens a folder.</summary>
    public static FileDescriptor OpenFolder(string path) => Files.Open(null, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    /// <summary>The error for a user to whom the data root does not belong.</summary>
    internal ImageException NoAccess(Exception inner) =>
        new(ImageErrorKind.Unauthorized, $"the data root {Root} belongs to another user: run the command as that user, with sudo for root, or name another directory by --data-root", inner);

    /// <summary>
    /// The digests that files or folders below an <c>ALGORITHM/HEX</c> folder are named by; none where there is no such
    /// folder.
    /// </summary>
    internal static IEnumerable<Digest> DigestsIn(string folder, string suffix = "")
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (string algorithm in Directory.EnumerateDirectories(folder))
            foreach (string path in Directory.EnumerateFileSystemEntries(algorithm))
            {
                string name = Path.GetFileName(path);
                if (name.EndsWith(suffix, StringComparison.Ordinal) && Digest.TryParse($"{Path.GetFileName(algorithm)}:{name[..^suffix.Length]}", out Digest? digest, out _))
                    yield return digest;
            }
    }

    /// <summary>The digests in a file that has one a line; what is none is skipped.</summary>
    internal static IEnumerable<Digest> DigestLines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            if (Digest.TryParse(line, out Digest? digest, out _))
                yield return digest;
    }

    /// <summary>The digests of all blobs that are there.</summary>
    internal IEnumerable<Digest> Blobs() => DigestsIn(In("content/blobs"));

    /// <summary>The diff IDs of all layers that are there.</summary>
    internal IEnumerable<Digest> UnpackedLayers() => DigestsIn(In("layers"));

    /// <summary>The files of interrupted transfers.</summary>
    internal IEnumerable<string> Ingests() => Directory.Exists(In("content/ingest")) ? Directory.EnumerateFiles(In("content/ingest")) : [];

    /// <summary>Removes what writers that were killed left beside the places of their files. One that is at it takes seconds, not an hour. Under the store's lock, taken alone.</summary>
    internal void RemoveUnfinished()
    {
        DateTime old = DateTime.UtcNow.AddHours(-1);
        foreach (string folder in (string[])[.. Directory.EnumerateDirectories(In("content/blobs")), .. Directory.EnumerateDirectories(Images), Images, Bundles])
            foreach (string path in Directory.EnumerateFiles(folder, ".*.new").Where(p => File.GetLastWriteTimeUtc(p) < old).ToList())
                Files.TryRemove(null, path);
    }

    private string In(string path) => Path.Combine(Root, path);
}
