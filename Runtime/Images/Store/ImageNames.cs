using Vessel.Images.Content;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>Which name is which image: <c>images/names.json</c>. Names are full: <c>docker.io/library/alpine:latest</c>, or with a digest.</summary>
internal sealed class ImageNames
{
    private const int Version = 1;
    private const int MaximumBytes = 256 << 20;

    private readonly SortedDictionary<string, Digest> names = new(StringComparer.Ordinal);
    private readonly string path;

    private ImageNames(string path) => this.path = path;

    /// <summary>All names, in order.</summary>
    public IEnumerable<(ImageReference Name, Digest Id)> All => names.Select(n => (ImageReference.Parse(n.Key), n.Value));

    /// <summary>The file.</summary>
    public static string PathIn(StoreFolder folder) => Path.Combine(folder.Images, "names.json");

    /// <summary>Reads them; a store that has none yet has no file.</summary>
    public static ImageNames Load(StoreFolder folder)
    {
        ImageNames result = new(PathIn(folder));
        using FileDescriptor? file = OpenIn(folder, result.path);
        if (file is null)
            return result;
        foreach ((string name, string id) in JsonMapReader.Read(Files.ReadAll(file, result.path, MaximumBytes), result.path, Map))
            result.names[name] = Digest.Parse(id);
        return result;
    }

    /// <summary>The image of a name; null where it names none.</summary>
    public Digest? Find(ImageReference name) => names.GetValueOrDefault(name.ToString());

    /// <summary>
    /// Refuses a name that could be read as an image's id. Callers ask before they download or unpack anything.
    /// </summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Invalid"/>.</exception>
    public static void RequireUnambiguous(ImageReference name)
    {
        if (name.LooksLikeDigest)
            throw new ImageException(ImageErrorKind.Invalid, "refusing to create an ambiguous tag using digest algorithm as name");
    }

    /// <summary>Lets a name mean an image.</summary>
    /// <exception cref="ImageException">
    /// <see cref="ImageErrorKind.Invalid"/>: the name could be read as an image's id.
    /// </exception>
    public void Set(ImageReference name, Digest id)
    {
        RequireUnambiguous(name);
        names[name.ToString()] = id;
    }

    /// <summary>Forgets a name.</summary>
    public void Remove(ImageReference name) => names.Remove(name.ToString());

    /// <summary>Writes them. Under the store's lock, taken alone since they were loaded.</summary>
    public void Save()
    {
        StoreFolder.WriteDurably(path, JsonMapWriter.ToBytes(this, indented: true, static (json, all) =>
        {
            json.Always("version", Version);
            json.Object("names", all.names, static (map, names) =>
            {
                foreach ((string name, Digest id) in names)
                    map.Always(name, id.ToString());
            });
        }));
    }

    private static FileDescriptor? OpenIn(StoreFolder folder, string path)
    {
        try
        {
            return Files.OpenIfThere(path, Open.O_RDONLY);
        }
        catch (SyscallException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw folder.NoAccess(e);
        }
    }

    private static IReadOnlyDictionary<string, string>? Map(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        long? version = null;
        IReadOnlyDictionary<string, string> names = EmptyMap.Of<string>();
        while (json.NextMember() is { } member)
            switch (member)
            {
                case "version": version = json.Int64(Version, Version); break;
                case "names": names = json.TextMap(); break;
                default: json.Skip(); break;
            }
        json.Required(version, "version");
        foreach ((string name, string id) in names)
            if (!ImageReference.TryParse(name, out _, out _) || !Digest.TryParse(id, out _, out _))
                json.Error($"{name}: no name of an image, or no digest");
        return names;
    }
}
