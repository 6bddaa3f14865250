using System.IO.Pipelines;
using Vessel.Images.Content;
using Vessel.Images.Registry;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>
/// One pull: manifest, config, then all layers at the same time, each fetched, hashed, decompressed and unpacked as it arrives. Blobs and
/// layers get their names when they are verified and on the disk; the image gets its name when it has them all.
/// </summary>
internal sealed class ImagePuller(ImageStore store, RegistryClient registry, PullOptions options, IPullObserver observer) : IDisposable
{
    // What a layer's unpacking may be behind its transfer.
    private const int PipeBytes = 4 << 20;

    private readonly SemaphoreSlim downloads = new(registry.Settings.MaximumConcurrentDownloads);

    public async Task<PulledImage> PullAsync(ImageReference reference, CancellationToken cancellation)
    {
        using Lease lease = new(store.Folder);
        FetchedManifest target = await registry.GetManifestAsync(reference, null, cancellation).ConfigureAwait(false);
        lease.Hold(target.Digest);
        try
        {
            (FetchedManifest fetched, ImageManifest manifest) = await ChooseAsync(reference, target, lease, cancellation).ConfigureAwait(false);
            observer.Found(reference);
            ImageConfig config = await FetchConfigAsync(reference, manifest, lease, cancellation).ConfigureAwait(false);
            CheckPlatform(reference, config);
            if (config.RootFs.DiffIds.Count != manifest.Layers.Count)
                throw new ImageException(ImageErrorKind.Corrupt, $"manifest {fetched.Digest} has {manifest.Layers.Count} layers, its config {config.RootFs.DiffIds.Count}");
            ImageRecord record = new(fetched.Digest, target.Digest, [.. manifest.Layers.Select(l => l.Digest)], config.RootFs.DiffIds);
            await BringLayersAsync(reference, manifest.Layers, config.RootFs.DiffIds, lease, cancellation).ConfigureAwait(false);
            store.Content.AddDocument(fetched.Digest, fetched.Bytes.Span);
            store.Content.AddDocument(target.Digest, target.Bytes.Span);
            return new PulledImage(manifest.Config.Digest, target.Digest, Name(reference, manifest.Config.Digest, target.Digest, record));
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
        }
    }

    public void Dispose() => downloads.Dispose();

    private async Task<(FetchedManifest Fetched, ImageManifest Manifest)> ChooseAsync(ImageReference reference, FetchedManifest target, Lease lease, CancellationToken cancellation)
    {
        FetchedManifest fetched = target;
        if (MediaTypes.IsIndex(target.MediaType))
        {
            ImageIndex index = ImageDocumentReader.ReadIndex(target.Bytes, $"index {target.Digest}", target.MediaType);
            Platform wanted = options.Platform ?? Platform.Host;
            Descriptor chosen = PlatformChoice.Best(index.Manifests, wanted)
                ?? throw new ImageException(ImageErrorKind.NotFound, $"no matching manifest for {wanted} in the manifest list entries: {reference.FamiliarText} is for {string.Join(", ", index.Manifests.Select(m => m.Platform?.ToString() ?? "any").Distinct())}");
            lease.Hold(chosen.Digest);
            fetched = await registry.GetManifestAsync(reference, chosen.Digest, cancellation).ConfigureAwait(false);
            if (fetched.Bytes.Length != chosen.Size)
                throw new ImageException(ImageErrorKind.Corrupt, $"manifest {chosen.Digest} has {fetched.Bytes.Length} bytes, {chosen.Size} by its index");
        }
        return (fetched, ImageDocumentReader.ReadManifest(fetched.Bytes, $"manifest {fetched.Digest}", fetched.MediaType));
    }

    private async Task<ImageConfig> FetchConfigAsync(ImageReference reference, ImageManifest manifest, Lease lease, CancellationToken cancellation)
    {
        if (manifest.Config.Size > ContentStore.MaximumDocumentBytes)
            throw new ImageException(ImageErrorKind.Corrupt, $"config {manifest.Config.Digest} is larger than {ContentStore.MaximumDocumentBytes} bytes");
        lease.Hold(manifest.Config.Digest);
        using (Ingest? ingest = await store.Content.BeginAsync(manifest.Config, cancellation).ConfigureAwait(false))
            if (ingest is not null)
            {
                await new BlobTransfer(registry, reference, manifest.Config).RunAsync(ingest, static _ => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
                ingest.Commit();
            }
        return ImageDocumentReader.ReadConfig(store.Content.ReadDocument(manifest.Config.Digest), $"config {manifest.Config.Digest}");
    }

    private void CheckPlatform(ImageReference reference, ImageConfig config)
    {
        Platform own = config.Platform;
        if (options.Platform is { } wanted && (wanted.Os != own.Os || wanted.Architecture != own.Architecture))
            throw new ImageException(ImageErrorKind.NotFound, $"image with reference {reference.FamiliarText} was found but its platform ({own}) does not match the specified platform ({wanted})");
        if (config.Os is not ("linux" or ""))
            throw new ImageException(ImageErrorKind.Unsupported, $"image operating system \"{config.Os}\" cannot be used on this platform");
    }

    private async Task BringLayersAsync(ImageReference reference, IReadOnlyList<Descriptor> blobs, IReadOnlyList<Digest> diffIds, Lease lease, CancellationToken cancellation)
    {
        List<(Descriptor Blob, Digest DiffId)> layers = [.. blobs.Zip(diffIds).DistinctBy(l => (l.First.Digest, l.Second)).Select(l => (l.First, l.Second))];
        List<(Descriptor Blob, Digest DiffId)> missing = [];
        foreach ((Descriptor blob, Digest diffId) in layers)
        {
            lease.Hold(blob.Digest);
            lease.Hold(diffId);
            bool exists = store.Layers.Contains(diffId) && store.Content.Contains(blob.Digest);
            observer.Layer(blob.Digest, exists ? PullStage.Exists : PullStage.Pending);
            if (!exists)
                missing.Add((blob, diffId));
        }
        if (missing.Count == 0)
            return;
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<LayerInMaking?>> tasks = [.. missing.Select(l => Task.Run(() => BringAsync(reference, l.Blob, l.DiffId, others), CancellationToken.None))];
        try
        {
            await Task.WhenAll(tasks).ConfigureAwait(false);
            using (FileDescriptor root = StoreFolder.OpenFolder(store.Folder.Root))
                Files.SyncFilesystem(root, store.Folder.Root);
            foreach ((Task<LayerInMaking?> task, (Descriptor blob, Digest _)) in tasks.Zip(missing))
            {
                (await task.ConfigureAwait(false))?.Commit();
                observer.Layer(blob.Digest, PullStage.Complete);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // One failed, and the others were called off: that one's error is what happened.
            throw tasks.Where(t => t.IsFaulted).Select(t => t.Exception!.InnerException!).First(e => e is not OperationCanceledException);
        }
        finally
        {
            foreach (Task<LayerInMaking?> task in tasks.Where(t => t.IsCompletedSuccessfully))
                (await task.ConfigureAwait(false))?.Dispose();
        }
    }

    private async Task<LayerInMaking?> BringAsync(ImageReference reference, Descriptor blob, Digest diffId, CancellationTokenSource all)
    {
        observer.Layer(blob.Digest, PullStage.Waiting);
        LayerInMaking? making = null;
        try
        {
            await downloads.WaitAsync(all.Token).ConfigureAwait(false);
            try
            {
                making = store.Layers.Contains(diffId) ? null : store.Layers.Begin(diffId);
                using Ingest? ingest = await store.Content.BeginAsync(blob, all.Token).ConfigureAwait(false);
                if (ingest is not null)
                    await FetchAsync(reference, blob, ingest, making, all.Token).ConfigureAwait(false);
                else if (making is not null)
                {
                    observer.Layer(blob.Digest, PullStage.Extracting);
                    using FileDescriptor file = store.Content.Open(blob.Digest);
                    using DescriptorStream stream = new(file, blob.Digest.ToString());
                    making.Unpack(stream, all.Token);
                }
            }
            finally
            {
                downloads.Release();
            }
            return making;
        }
        catch
        {
            making?.Dispose();
            await all.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task FetchAsync(ImageReference reference, Descriptor blob, Ingest ingest, LayerInMaking? making, CancellationToken cancellation)
    {
        BlobTransfer transfer = new(registry, reference, blob)
        {
            Progress = done => observer.Layer(blob.Digest, PullStage.Downloading, done, blob.Size),
            Retrying = () => observer.Layer(blob.Digest, PullStage.Retrying),
        };
        if (making is null)
        {
            await transfer.RunAsync(ingest, static _ => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
            observer.Layer(blob.Digest, PullStage.Downloaded);
            ingest.Commit();
            return;
        }
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2, minimumSegmentSize: 1 << 17, useSynchronizationContext: false));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task unpacking = Task.Factory.StartNew(() => Unpack(pipe.Reader, making, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await transfer.RunAsync(ingest, async bytes => await pipe.Writer.WriteAsync(bytes, stop.Token).ConfigureAwait(false), stop.Token).ConfigureAwait(false);
            await pipe.Writer.CompleteAsync().ConfigureAwait(false);
            observer.Layer(blob.Digest, PullStage.Downloaded);
            observer.Layer(blob.Digest, PullStage.Extracting);
            ingest.Commit();
        }
        catch (Exception e)
        {
            await pipe.Writer.CompleteAsync(e).ConfigureAwait(false);
            // A layer that cannot be unpacked ends its transfer: then that is the error.
            await unpacking.ConfigureAwait(e is OperationCanceledException ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        await unpacking.ConfigureAwait(false);
    }

    private static void Unpack(PipeReader reader, LayerInMaking making, CancellationTokenSource stop)
    {
        try
        {
            using Stream stream = reader.AsStream();
            making.Unpack(stream, stop.Token);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
        finally
        {
            reader.Complete();
        }
    }

    // Whether the name means another image than before.
    private bool Name(ImageReference reference, Digest id, Digest target, ImageRecord record)
    {
        using FileDescriptor storeLock = store.Folder.Lock(alone: true);
        ImageNames names = ImageNames.Load(store.Folder);
        bool isNew = names.Find(reference) != id || store.ReadRecord(id) is not { } known || known.Target != target;
        StoreFolder.WriteDurably(store.Folder.Image(id), record.ToBytes());
        if (isNew || names.Find(reference.WithNameOnly().WithDigest(target)) != id)
        {
            names.Set(reference, id);
            names.Set(reference.WithNameOnly().WithDigest(target), id);
            names.Save();
        }
        return isNew;
    }
}
