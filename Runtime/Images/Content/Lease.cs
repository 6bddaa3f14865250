using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Content;

/// <summary>
/// Keeps blobs and layers from being collected while nothing names them yet. It is a file with a digest a line, locked by the process that
/// works with it: one whose lock is free belongs to a process that is gone, and holds nothing.
/// </summary>
public sealed class Lease : IDisposable
{
    private readonly StoreFolder folder;
    private readonly FileDescriptor file;
    private readonly string path;
    private readonly Lock gate = new();

    /// <summary>Takes an empty lease.</summary>
    public Lease(StoreFolder folder)
    {
        this.folder = folder;
        path = Path.Combine(folder.Leases, Guid.NewGuid().ToString("N"));
        using FileDescriptor storeLock = folder.Lock(alone: false);
        file = Files.Open(null, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0x180);
        Files.TryLock(file);
    }

    /// <summary>Holds a blob or layer from here on, whether it is there already or not.</summary>
    public void Hold(Digest digest)
    {
        using FileDescriptor storeLock = folder.Lock(alone: false);
        lock (gate)
            Files.Write(file, System.Text.Encoding.ASCII.GetBytes($"{digest}\n"), path);
    }

    /// <summary>Lets go of everything.</summary>
    public void Dispose()
    {
        Files.TryRemove(null, path);
        file.Dispose();
    }

    /// <summary>What leases of living processes hold; those of dead ones are removed. Under the store's lock, taken alone.</summary>
    internal static HashSet<Digest> Held(StoreFolder folder)
    {
        HashSet<Digest> held = [];
        foreach (string path in Directory.EnumerateFiles(folder.Leases))
        {
            using FileDescriptor? file = Files.OpenIfThere(path, O_RDONLY | O_NOFOLLOW);
            if (file is null)
                continue;
            if (Files.TryLock(file))
                Files.TryRemove(null, path);
            else
                held.UnionWith(StoreFolder.DigestLines(System.Text.Encoding.ASCII.GetString(Files.ReadAll(file, path, 64 << 20)).Split('\n')));
        }
        return held;
    }
}
