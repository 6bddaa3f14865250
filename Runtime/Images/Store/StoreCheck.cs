using Vessel.Images.Content;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>Looks whether all that the store has is what its names say.</summary>
/// <param name="Blobs">How many were read and hashed.</param>
/// <param name="Layers">How many were looked at.</param>
/// <param name="Images">How many were looked at.</param>
/// <param name="Problems">What is wrong, one thing each.</param>
public sealed record StoreCheck(int Blobs, int Layers, int Images, IReadOnlyList<string> Problems)
{
    private const int ChunkBytes = 1 << 17;

    /// <summary>Checks everything, while nobody changes names.</summary>
    /// <param name="store">The store.</param>
    /// <param name="repair">Whether what is damaged is removed, with the images that need it: the next pull brings it anew.</param>
    /// <param name="cancellation">Ends it.</param>
    public static StoreCheck Run(ImageStore store, bool repair, CancellationToken cancellation = default)
    {
        using DoomedLayers doomed = new(store.Folder);
        using FileDescriptor storeLock = store.Folder.Lock(alone: true);
        List<string> problems = [];
        HashSet<Digest> blobs = [], layers = [];
        foreach (Digest blob in store.Folder.Blobs().ToList())
            if (FaultOf(store, blob, cancellation) is not { } fault)
                blobs.Add(blob);
            else
            {
                problems.Add($"blob {blob} {fault}");
                if (repair)
                    Files.TryRemove(null, store.Folder.Blob(blob));
            }
        Dictionary<Digest, Digest> blobOf = BlobsOfLayers(store, blobs);
        foreach (Digest layer in store.Folder.UnpackedLayers().ToList())
            if (Fault(store, layer, blobOf, cancellation) is not { } fault)
                layers.Add(layer);
            else
            {
                problems.Add($"layer {layer} {fault}");
                if (repair)
                    store.Layers.Remove(layer, doomed);
            }
        HashSet<Digest> images = [];
        foreach (Digest id in StoreFolder.DigestsIn(store.Folder.Images, ".json").ToList())
        {
            string? missing = Missing(store, id, blobs, layers);
            if (missing is null)
            {
                images.Add(id);
                continue;
            }
            problems.Add($"image {id} lacks {missing}");
            if (repair)
                Files.TryRemove(null, store.Folder.Image(id));
        }
        CheckNames(store, images, repair, problems);
        return new StoreCheck(blobs.Count, layers.Count, images.Count, problems);
    }

    private static void CheckNames(ImageStore store, HashSet<Digest> images, bool repair, List<string> problems)
    {
        ImageNames names;
        try
        {
            names = ImageNames.Load(store.Folder);
        }
        catch (Exception e) when (e is DocumentException or InvalidDataException)
        {
            problems.Add($"the list of names cannot be read: {e.Message}");
            // Without it every image has lost its names, and what is left of it helps nobody.
            if (repair)
                Files.TryRemove(null, ImageNames.PathIn(store.Folder));
            return;
        }
        List<(ImageReference Name, Digest Id)> lost = [.. names.All.Where(n => !images.Contains(n.Id))];
        foreach ((ImageReference name, Digest id) in lost)
        {
            problems.Add($"name {name.FamiliarText} means image {id}, which isn't there");
            names.Remove(name);
        }
        List<(ImageReference Name, Digest Id)> ambiguous = [.. names.All.Where(n => n.Name.LooksLikeDigest)];
        foreach ((ImageReference name, Digest id) in ambiguous)
        {
            problems.Add($"name {name.FamiliarText} of image {id} looks like the id of another image");
            names.Remove(name);
        }
        if (repair && lost.Count + ambiguous.Count > 0)
            names.Save();
    }

    private static string? FaultOf(ImageStore store, Digest digest, CancellationToken cancellation)
    {
        try
        {
            return IsIntact(store, digest, cancellation) ? null : "has other bytes than its name says";
        }
        catch (SyscallException e)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    private static bool IsIntact(ImageStore store, Digest digest, CancellationToken cancellation)
    {
        using FileDescriptor file = store.Content.Open(digest);
        using BlobHash hash = new(digest.Algorithm);
        byte[] buffer = new byte[ChunkBytes];
        for (int count; (count = Files.Read(file, buffer, digest.ToString())) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.Add(buffer.AsSpan(0, count));
        }
        return hash.Result() == digest;
    }

    // From which blob each layer was unpacked, so far as images tell, and the blob is intact.
    private static Dictionary<Digest, Digest> BlobsOfLayers(ImageStore store, HashSet<Digest> blobs)
    {
        Dictionary<Digest, Digest> blobOf = [];
        foreach (Digest id in StoreFolder.DigestsIn(store.Folder.Images, ".json").ToList())
            try
            {
                if (store.ReadRecord(id) is { } record)
                    foreach ((Digest diffId, Digest blob) in record.DiffIds.Zip(record.Layers))
                        if (blobs.Contains(blob))
                            blobOf.TryAdd(diffId, blob);
            }
            catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt)
            {
                // Told when the images are looked at.
            }
        return blobOf;
    }

    private static string? Fault(ImageStore store, Digest layer, Dictionary<Digest, Digest> blobOf, CancellationToken cancellation)
    {
        try
        {
            if (!store.Layers.IsComplete(layer))
                return "is not complete";
            // One that no image needs is collected soon.
            if (!blobOf.TryGetValue(layer, out Digest? blob))
                return null;
            using OwnedDescriptorStream stream = new(store.Content.Open(blob), blob.ToString());
            return store.Layers.IsIntact(layer, stream, cancellation) ? null : $"has other files than its blob {blob}";
        }
        catch (Exception e) when (e is ImageException or DocumentException or InvalidDataException or SyscallException)
        {
            return $"is not complete: {e.Message}";
        }
    }

    private static string? Missing(ImageStore store, Digest id, HashSet<Digest> blobs, HashSet<Digest> layers)
    {
        try
        {
            if (store.ReadRecord(id) is not { } record)
                return "its record";
            foreach (Digest blob in (Digest[])[id, record.Manifest, record.Target, .. record.Layers])
                if (!blobs.Contains(blob))
                    return $"blob {blob}";
            foreach (Digest layer in record.DiffIds)
                if (!layers.Contains(layer))
                    return $"layer {layer}";
            return null;
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt)
        {
            return $"a record that can be read: {(e.InnerException ?? e).Message}";
        }
    }
}
