using Vessel.Images.Content;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Snapshots;

/// <summary>Where layers that are images are mounted: each once, for all containers, from when it is first needed until it is removed.</summary>
/// <remarks>
/// <para>One mount is one filesystem, and one page cache: a library that ten containers run is in memory once. Overlayfs makes private copies of the
/// mounts that it is given, so a mount for each container that is detached again would work as well and leave nothing to be seen; but each would be a
/// filesystem with pages of its own (measured: a second mount of an image of 117 MB costs 127 MB when it is read).</para>
/// <para>The folder that they are in is a private mount of its own: in the mount namespaces of other services and of containers nothing of them
/// appears, which would hold them for as long as those live. After a start of the machine there are no mounts, and they are made anew.</para>
/// </remarks>
public sealed class LayerMounts(StoreFolder folder)
{
    private const uint PrivateFolder = 0x1c0; // 0700

    /// <summary>Where a layer is mounted, or would be.</summary>
    public string PlaceOf(Digest diffId) => Path.Combine(folder.Mounted, NameOf(diffId));

    /// <summary>Mounts a layer, unless it is.</summary>
    /// <returns>Where.</returns>
    /// <exception cref="SyscallException">The kernel refuses it; nothing is mounted.</exception>
    internal string Mount(Digest diffId, string image)
    {
        string place = PlaceOf(diffId);
        using FileDescriptor mine = Lock();
        if (Mounts.IsMounted(folder.Mounted) != true)
            Mounts.MakePrivate(folder.Mounted);
        Files.MakeDirectories(place, PrivateFolder);
        if (Mounts.IsMounted(place) == true)
            return place;
        nint result = Mounts.TryOpenErofs(image, out FileDescriptor? mount);
        using (mount)
        {
            Check.Ok(result, "mount", image);
            Mounts.Attach(mount!, place);
        }
        return place;
    }

    /// <summary>Takes a layer's mount away, if there is one. What lies on it keeps it.</summary>
    internal void Unmount(Digest diffId)
    {
        using FileDescriptor mine = Lock();
        Unmount(PlaceOf(diffId));
    }

    /// <summary>Takes away what is mounted of layers that are not there. Under the store's lock, taken alone.</summary>
    internal void RemoveAbandoned()
    {
        using FileDescriptor mine = Lock();
        HashSet<string> there = [.. folder.UnpackedLayers().Select(NameOf)];
        foreach (string place in Directory.EnumerateDirectories(folder.Mounted).ToList())
            if (!there.Contains(Path.GetFileName(place)))
                Unmount(place);
    }

    private static void Unmount(string place)
    {
        while (Mounts.TryUnmount(place, isLazy: true) >= 0)
            continue;
        nint result = Files.TryRemove(null, place, AT_REMOVEDIR);
        if (result != -Errno.ENOENT)
            Check.Ok(result, "remove", place);
    }

    // Two processes that need the same layer would mount it twice.
    private FileDescriptor Lock()
    {
        FileDescriptor mounted = StoreFolder.OpenFolder(folder.Mounted);
        try
        {
            Files.Lock(mounted, folder.Mounted);
            return mounted;
        }
        catch
        {
            mounted.Dispose();
            throw;
        }
    }

    private static string NameOf(Digest diffId) => $"{diffId.Algorithm}-{diffId.Hex}";
}
