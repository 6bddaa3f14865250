using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>
/// A private folder for what is not complete yet. It is locked as long as somebody works in it: one whose lock is free was left by a process
/// that is gone.
/// </summary>
internal sealed class MakingFolder : IDisposable
{
    private const uint PrivateFolder = 0x1c0; // 0700

    /// <summary>Makes an empty one.</summary>
    /// <param name="store">Where.</param>
    /// <param name="isLocked">Whether the caller has the store's lock already, and waiting for it would be for ever.</param>
    public MakingFolder(StoreFolder store, bool isLocked = false)
    {
        FullPath = Path.Combine(store.LayersInMaking, Guid.NewGuid().ToString("N"));
        // Under the store's lock, so that whoever tidies up never meets the folder between its making and its locking.
        using FileDescriptor? storeLock = isLocked ? null : store.Lock(alone: false);
        Check.Ok(Files.TryMakeDirectory(null, FullPath, PrivateFolder), "mkdir", FullPath);
        Descriptor = StoreFolder.OpenFolder(FullPath);
        Files.TryLock(Descriptor);
    }

    /// <summary>Where it is.</summary>
    public string FullPath { get; }

    /// <summary>The folder itself; it follows when the folder is moved.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Removes it with all that is in it, unless it was moved to its own place.</summary>
    public void Dispose()
    {
        if (Directory.Exists(FullPath))
            TreeRemoval.Remove(FullPath);
        Descriptor.Dispose();
    }

    /// <summary>Removes what processes that are gone have left. Under the store's lock, taken alone.</summary>
    public static void RemoveAbandoned(StoreFolder store)
    {
        foreach (string path in Directory.EnumerateDirectories(store.LayersInMaking))
        {
            using FileDescriptor? folder = Files.OpenIfThere(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            if (folder is not null && Files.TryLock(folder))
                TreeRemoval.Remove(path);
        }
    }
}
