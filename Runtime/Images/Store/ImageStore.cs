using Vessel.Images.Bundles;
using Vessel.Images.Content;
using Vessel.Images.Registry;
using Vessel.Images.Snapshots;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>The images of a data root. Several processes may have one open at the same time.</summary>
public sealed class ImageStore
{
    private const int MaximumRecordBytes = 4 << 20;
    private const int ShortestId = 1;

    /// <summary>Opens the images of a data root. It may be missing: whoever brings the first image makes it.</summary>
    /// <param name="dataRoot">Where it is.</param>
    /// <param name="form">What new layers are to be kept as; null for what is best here.</param>
    public ImageStore(string dataRoot, LayerForm? form = null)
    {
        Folder = new StoreFolder(dataRoot);
        Content = new ContentStore(Folder);
        Layers = new LayerStore(Folder, form);
    }

    /// <summary>Where it is.</summary>
    public StoreFolder Folder { get; }

    /// <summary>What registries served.</summary>
    public ContentStore Content { get; }

    /// <summary>The same, unpacked.</summary>
    public LayerStore Layers { get; }

    /// <summary>Whether there is something of an interrupted pull, for the next one to resume.</summary>
    public bool HasPartialDownloads => Folder.Ingests().Any(path => new FileInfo(path).Length > 0);

    /// <summary>All images, the newest first. What is damaged, or removed meanwhile, is none: <see cref="StoreCheck"/> tells of it.</summary>
    public IReadOnlyList<Image> List()
    {
        ILookup<Digest, ImageReference> names = ImageNames.Load(Folder).All.ToLookup(n => n.Id, n => n.Name);
        List<Image> images = [];
        foreach (Digest id in StoreFolder.DigestsIn(Folder.Images, ".json").ToList())
            if (TryLoad(id, [.. names[id]]) is { } image)
                images.Add(image);
        return [.. images.OrderByDescending(i => i.Config.Created ?? "", StringComparer.Ordinal)];
    }

    /// <summary>The image that a name, an id or the beginning of an id means.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>, or <see cref="ImageErrorKind.Invalid"/> where several ids begin so.</exception>
    public Image Find(string text)
    {
        ImageNames names = ImageNames.Load(Folder);
        Digest id = Resolve(names, text).Id;
        return new Image(Content, Layers, id, ReadRecord(id) ?? throw NoSuchImage(text), [.. names.All.Where(n => n.Id == id).Select(n => n.Name)]);
    }

    /// <summary>Pulls an image: fetched, verified, unpacked, named.</summary>
    public Task<PulledImage> PullAsync(ImageReference reference, RegistryClient registry, PullOptions options, IPullObserver observer, CancellationToken cancellation = default) =>
        new ImagePuller(this, registry, options, observer).PullAsync(reference, cancellation);

    /// <summary>
    /// Refuses to bring an image for a user who cannot keep one, before anything is downloaded or read.
    /// </summary>
    /// <exception cref="ImageException">
    /// <see cref="ImageErrorKind.Unauthorized"/>: the user is not root, or does not own the data root.
    /// </exception>
    public void RequireWriter()
    {
        if (Kernel.Call(SYS.geteuid) != 0)
            throw new ImageException(ImageErrorKind.Unauthorized, "only root can keep images, since the files of their layers have owners: run the command as root, with sudo for example");
        Folder.Prepare();
    }

    /// <summary>Sends an image to the registry of a name that it has.</summary>
    public async Task<PushedImage> PushAsync(ImageReference reference, RegistryClient registry, IPushObserver observer, CancellationToken cancellation = default)
    {
        using ImagePusher pusher = new(this, registry, observer);
        return await pusher.PushAsync(Find(reference.FamiliarText), reference, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives an image another name; what the name meant before keeps its other names.</summary>
    public void Tag(string source, ImageReference name)
    {
        if (name.Digest is not null)
            throw new ImageException(ImageErrorKind.Invalid, "refusing to create a tag with a digest reference");
        ImageNames.RequireUnambiguous(name);
        RequireKnown(source);
        using FileDescriptor storeLock = Folder.Lock(alone: true);
        ImageNames names = ImageNames.Load(Folder);
        names.Set(name.WithDefaultTag(), Resolve(names, source).Id);
        names.Save();
    }

    /// <summary>
    /// Removes a name, and with an image's last name the image; by id, the image with its names. Blobs and layers that another image has stay.
    /// </summary>
    /// <param name="text">A name, an id or the beginning of one.</param>
    /// <param name="force">Whether names in several repositories go together.</param>
    public IReadOnlyList<RemovedItem> Remove(string text, bool force = false)
    {
        RequireKnown(text);
        using DoomedLayers doomed = new(Folder);
        using FileDescriptor storeLock = Folder.Lock(alone: true);
        ImageNames names = ImageNames.Load(Folder);
        (Digest id, ImageReference? name) = Resolve(names, text);
        List<ImageReference> own = [.. names.All.Where(n => n.Id == id).Select(n => n.Name)];
        List<ImageReference> going;
        if (name is null)
        {
            // As docker: one repository, and in it one tag at most.
            if (!force && (own.Select(n => n.Name).Distinct().Count() > 1 || own.Count(n => n.Tag is not null) > 1))
                throw new ImageException(ImageErrorKind.InUse, $"conflict: unable to delete {id.Short} (must be forced) - image is referenced in multiple repositories");
            going = own;
        }
        else
            // With its last tag a repository's digests go as well: nobody would find the image by them.
            going = name.Digest is not null || own.Any(n => n != name && n.Tag is not null && n.Name == name.Name) ? [name] : [name, .. own.Where(n => n.Name == name.Name && n.Digest is not null && n != name)];
        List<RemovedItem> removed = [];
        foreach (ImageReference each in going)
        {
            names.Remove(each);
            removed.Add(new RemovedItem(each.FamiliarText, null));
        }
        bool isLast = own.Count == going.Count, isSaved = false;
        try
        {
            names.Save();
            isSaved = true;
        }
        catch (SyscallException e) when (isLast && e.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            // On a full disk there is room for names only when the image is gone. What a name without an image means is known: nothing.
        }
        if (!isLast)
            return removed;
        removed.Add(new RemovedItem(null, id.ToString()));
        Files.TryRemove(null, Folder.Image(id));
        removed.AddRange(Sweep(doomed).Select(d => new RemovedItem(null, d.ToString())));
        if (!isSaved)
        {
            doomed.Dispose();
            names.Save();
        }
        return removed;
    }

    /// <summary>Removes the blobs and layers that no image has and no pull under way holds, and what ended processes left.</summary>
    /// <returns>The layers that are gone.</returns>
    public IReadOnlyList<Digest> CollectGarbage()
    {
        using DoomedLayers doomed = new(Folder);
        using FileDescriptor storeLock = Folder.Lock(alone: true);
        foreach (string path in Folder.Ingests().ToList())
            RemoveAbandoned(path);
        Folder.RemoveUnfinished();
        return Sweep(doomed);
    }

    /// <summary>Takes over an image whose parts are all here, with names for it.</summary>
    /// <returns>Whether the image, or what a name means, is another than before.</returns>
    internal bool Keep(Digest id, ImageRecord record, IReadOnlyList<ImageReference> names)
    {
        foreach (ImageReference name in names)
            ImageNames.RequireUnambiguous(name);
        using FileDescriptor storeLock = Folder.Lock(alone: true);
        ImageNames all = ImageNames.Load(Folder);
        bool isKnown = TryReadRecord(id) is { } known && known.Manifest == record.Manifest && known.Target == record.Target;
        if (!isKnown)
            StoreFolder.WriteDurably(Folder.Image(id), record.ToBytes());
        if (names.All(n => all.Find(n) == id))
            return !isKnown;
        foreach (ImageReference name in names)
            all.Set(name, id);
        all.Save();
        return true;
    }

    /// <summary>Gives an image one more name, if it is still there.</summary>
    internal void AddName(Digest id, ImageReference name)
    {
        using FileDescriptor storeLock = Folder.Lock(alone: true);
        ImageNames all = ImageNames.Load(Folder);
        if (ReadRecord(id) is null || all.Find(name) == id)
            return;
        all.Set(name, id);
        all.Save();
    }

    /// <summary>Keeps all that images are made of for as long as the lease is held.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>: one was removed just now.</exception>
    internal Lease Hold(params IEnumerable<Image> images)
    {
        Lease lease = new(Folder);
        try
        {
            foreach (Image image in images)
            {
                foreach (Digest digest in image.Record.Parts.Prepend(image.Id))
                    lease.Hold(digest);
                Require(image);
            }
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Sees to it that an image that was looked up before is still there.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.NotFound"/>: it isn't.</exception>
    internal void Require(Image image)
    {
        if (ReadRecord(image.Id) is null)
            throw NoSuchImage(image.Id.ToString());
    }

    /// <summary>What an image is made of; null where there is none.</summary>
    /// <exception cref="ImageException"><see cref="ImageErrorKind.Corrupt"/>: it cannot be read.</exception>
    internal ImageRecord? ReadRecord(Digest id)
    {
        string path = Folder.Image(id);
        using FileDescriptor? file = Files.OpenIfThere(path, Open.O_RDONLY);
        try
        {
            return file is null ? null : ImageRecord.Read(Files.ReadAll(file, path, MaximumRecordBytes), path);
        }
        catch (Exception e) when (e is DocumentException or InvalidDataException)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"image {id.Short} is damaged ({e.Message}): pull it again, or remove it by `vessel system check --repair`", e);
        }
    }

    /// <summary>The same, where what is damaged is none.</summary>
    internal ImageRecord? TryReadRecord(Digest id)
    {
        try
        {
            return ReadRecord(id);
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt)
        {
            return null;
        }
    }

    private Image? TryLoad(Digest id, IReadOnlyList<ImageReference> names)
    {
        try
        {
            if (ReadRecord(id) is not { } record)
                return null;
            Image image = new(Content, Layers, id, record, names);
            image.Load();
            return image;
        }
        catch (Exception e) when (e is ImageException or DocumentException or InvalidDataException)
        {
            return null;
        }
    }

    private List<Digest> Sweep(DoomedLayers doomed)
    {
        HashSet<Digest> used = [.. Lease.Held(Folder), .. BundleUse.Held(Folder)];
        try
        {
            foreach (Digest id in StoreFolder.DigestsIn(Folder.Images, ".json").ToList())
                if (ReadRecord(id) is { } record)
                    used.UnionWith(record.Parts.Prepend(id));
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt)
        {
            // What a damaged image is made of nobody knows: until it is pulled again or removed, nothing goes.
            return [];
        }
        foreach (Digest blob in Folder.Blobs().Where(b => !used.Contains(b)).ToList())
            Files.TryRemove(null, Folder.Blob(blob));
        List<Digest> layers = [.. Folder.UnpackedLayers().Where(l => !used.Contains(l))];
        foreach (Digest layer in layers)
            Layers.Remove(layer, doomed);
        Layers.RemoveAbandoned();
        return layers;
    }

    // Before the store's lock is taken, which makes the store where there is none.
    private void RequireKnown(string text) => _ = Resolve(ImageNames.Load(Folder), text);

    // What a text means: a name, or else an id or the beginning of one; then there is no name.
    private (Digest Id, ImageReference? Name) Resolve(ImageNames names, string text)
    {
        // A text with an algorithm is an id, whatever names an older version of this program let through.
        bool hasAlgorithm = text.StartsWith("sha256:", StringComparison.Ordinal) || text.StartsWith("sha512:", StringComparison.Ordinal);
        if (!hasAlgorithm && ImageReference.TryParse(text, out ImageReference? reference, out _) && names.Find(reference.AsMeant()) is { } named)
            return (named, reference.AsMeant());
        string hex = hasAlgorithm ? text[(text.IndexOf(':') + 1)..] : text;
        if (hex.Length < ShortestId || !hex.All(char.IsAsciiHexDigitLower))
            throw NoSuchImage(text);
        List<Digest> found = [.. StoreFolder.DigestsIn(Folder.Images, ".json").Where(d => (hasAlgorithm ? d.ToString() : d.Hex).StartsWith(text, StringComparison.Ordinal))];
        return found.Count switch
        {
            1 => (found[0], null),
            0 => throw NoSuchImage(text),
            _ => throw new ImageException(ImageErrorKind.Invalid, $"multiple IDs found with provided prefix: {text}"),
        };
    }

    // What an interrupted transfer left; one that goes on is locked.
    private static void RemoveAbandoned(string ingest)
    {
        using FileDescriptor? file = Files.OpenIfThere(ingest, Open.O_RDWR | Open.O_NOFOLLOW);
        if (file is not null && Files.TryLock(file))
            Files.TryRemove(null, ingest);
    }

    private static ImageException NoSuchImage(string text) =>
        new(ImageErrorKind.NotFound, $"No such image: {(ImageReference.TryParse(text, out ImageReference? reference, out _) ? reference.WithDefaultTag().FamiliarText : text)}");
}
