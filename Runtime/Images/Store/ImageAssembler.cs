using System.IO.Pipelines;
using Vessel.Images.Content;
using Vessel.Images.Snapshots;
using Vessel.Native.Safe;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>
/// Brings what a manifest names into the store: the config, then all layers at the same time, each fetched, hashed, decompressed and unpacked
/// as it arrives. Blobs and layers get their names when they are verified and on the disk.
/// </summary>
internal sealed class ImageAssembler(ImageStore store, IBlobSource source, TransferLimits limits, IPullObserver observer) : IDisposable
{
    // What a layer's unpacking may be behind its transfer.
    private const int PipeBytes = 4 << 20;

    private readonly SemaphoreSlim transfers = new(limits.Concurrent);

    /// <summary>Brings all of an image but its name.</summary>
    /// <param name="manifest">The manifest, and its digest.</param>
    /// <param name="target">What led to the manifest: an index, or itself.</param>
    /// <param name="lease">Holds what arrives.</param>
    /// <param name="check">Looks at the config before layers are fetched.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ImageRecord> AssembleAsync((Digest Digest, ImageManifest Document) manifest, Digest target, Lease lease, Action<ImageConfig> check, CancellationToken cancellation)
    {
        ImageConfig config = await FetchConfigAsync(manifest.Document, lease, cancellation).ConfigureAwait(false);
        check(config);
        if (config.RootFs.DiffIds.Count != manifest.Document.Layers.Count)
            throw new ImageException(ImageErrorKind.Corrupt, $"manifest {manifest.Digest} has {manifest.Document.Layers.Count} layers, its config {config.RootFs.DiffIds.Count}");
        await BringLayersAsync(manifest.Document.Layers, config.RootFs.DiffIds, isKnown: store.TryReadRecord(manifest.Document.Config.Digest) is not null, lease, cancellation).ConfigureAwait(false);
        return new ImageRecord(manifest.Digest, target, [.. manifest.Document.Layers.Select(l => l.Digest)], config.RootFs.DiffIds);
    }

    public void Dispose() => transfers.Dispose();

    private async Task<ImageConfig> FetchConfigAsync(ImageManifest manifest, Lease lease, CancellationToken cancellation)
    {
        if (manifest.Config.Size > ContentStore.MaximumDocumentBytes)
            throw new ImageException(ImageErrorKind.Corrupt, $"config {manifest.Config.Digest} is larger than {ContentStore.MaximumDocumentBytes} bytes");
        lease.Hold(manifest.Config.Digest);
        using (Ingest? ingest = await store.Content.BeginAsync(manifest.Config, cancellation).ConfigureAwait(false))
            if (ingest is not null)
            {
                await BringAsync(ingest, () => new BlobTransfer(source, limits, manifest.Config).RunAsync(ingest, static _ => ValueTask.CompletedTask, cancellation), static () => { }).ConfigureAwait(false);
                ingest.Commit();
            }
        return ImageDocumentReader.ReadConfig(store.Content.ReadDocument(manifest.Config.Digest), $"config {manifest.Config.Digest}");
    }

    private async Task BringLayersAsync(IReadOnlyList<Descriptor> blobs, IReadOnlyList<Digest> diffIds, bool isKnown, Lease lease, CancellationToken cancellation)
    {
        List<(Descriptor Blob, Digest DiffId)> layers = [.. blobs.Zip(diffIds).DistinctBy(l => (l.First.Digest, l.Second)).Select(l => (l.First, l.Second))];
        List<(Descriptor Blob, Digest DiffId)> missing = [];
        foreach ((Descriptor blob, Digest diffId) in layers)
        {
            lease.Hold(blob.Digest);
            lease.Hold(diffId);
            if (!store.Layers.Contains(diffId, blob.Digest) || store.Content.SizeOf(blob.Digest) != blob.Size)
                missing.Add((blob, diffId));
        }
        // Report nothing for an image that is already complete.
        if (missing.Count > 0 || !isKnown)
            foreach ((Descriptor blob, Digest diffId) in layers)
                observer.Layer(blob.Digest, missing.Contains((blob, diffId)) ? PullStage.Pending : PullStage.Exists);
        if (missing.Count == 0)
            return;
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<LayerInMaking?>> tasks = [.. missing.Select(l => Task.Run(() => BringAsync(l.Blob, l.DiffId, others), CancellationToken.None))];
        try
        {
            // Where one fails the others are called off. Theirs is no error: what is thrown is what happened to that one.
            await Task.WhenAll(tasks).ConfigureAwait(false);
            List<LayerInMaking?> made = [.. tasks.Select(t => t.Result)];
            if (made.Any(l => l is { NeedsSync: true }))
                using (FileDescriptor root = StoreFolder.OpenFolder(store.Folder.Root))
                    Files.SyncFilesystem(root, store.Folder.Root);
            foreach ((LayerInMaking? layer, (Descriptor blob, Digest _)) in made.Zip(missing))
                layer?.Commit(blob.Digest);
            // What has an image's name is on the disk, and so is its own name.
            foreach (string folder in missing.SelectMany(l => (string[])[store.Folder.Blob(l.Blob.Digest), store.Folder.Layer(l.DiffId)]).DistinctBy(Path.GetDirectoryName))
                StoreFolder.SyncFolderOf(folder);
        }
        finally
        {
            foreach (Task<LayerInMaking?> task in tasks.Where(t => t.IsCompletedSuccessfully))
                (await task.ConfigureAwait(false))?.Dispose();
        }
    }

    private async Task<LayerInMaking?> BringAsync(Descriptor blob, Digest diffId, CancellationTokenSource all)
    {
        observer.Layer(blob.Digest, PullStage.Waiting);
        LayerInMaking? making = null;
        try
        {
            await transfers.WaitAsync(all.Token).ConfigureAwait(false);
            try
            {
                making = store.Layers.Contains(diffId, blob.Digest) ? null : store.Layers.Begin(diffId);
                using Ingest? ingest = await store.Content.BeginAsync(blob, all.Token).ConfigureAwait(false);
                if (ingest is not null)
                    await BringAsync(ingest, () => FetchAsync(blob, ingest, making, all.Token), () =>
                    {
                        making?.Dispose();
                        making = making is null ? null : store.Layers.Begin(diffId);
                    }).ConfigureAwait(false);
                else if (making is not null)
                {
                    using FileDescriptor file = store.Content.Open(blob.Digest);
                    using ProgressStream stream = new(new DescriptorStream(file, blob.Digest.ToString()), done => observer.Layer(blob.Digest, PullStage.Extracting, done, blob.Size));
                    making.Unpack(stream, all.Token);
                }
            }
            finally
            {
                transfers.Release();
            }
            observer.Layer(blob.Digest, PullStage.Complete);
            return making;
        }
        catch
        {
            making?.Dispose();
            await all.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Bytes that are wrong, or cannot be unpacked, are nothing to go on with. Where they may be what an earlier attempt left, it is begun anew.
    private static async Task BringAsync(Ingest ingest, Func<Task> fetch, Action again)
    {
        try
        {
            try
            {
                await fetch().ConfigureAwait(false);
            }
            catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt && ingest.HasLeftover)
            {
                ingest.Discard();
                again();
                await fetch().ConfigureAwait(false);
            }
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Corrupt)
        {
            ingest.Discard();
            throw;
        }
    }

    private async Task FetchAsync(Descriptor blob, Ingest ingest, LayerInMaking? making, CancellationToken cancellation)
    {
        BlobTransfer transfer = new(source, limits, blob)
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
        // While the blob arrives that is what there is to report; what is left to unpack then is reported by whoever
        // unpacks it.
        long taken = 0;
        int isHere = 0;
        void Taken(long done)
        {
            Volatile.Write(ref taken, done);
            if (Volatile.Read(ref isHere) != 0)
                observer.Layer(blob.Digest, PullStage.Extracting, done, blob.Size);
        }

        Task unpacking = Task.Factory.StartNew(() => Unpack(pipe.Reader, making, Taken, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await transfer.RunAsync(ingest, async bytes => await pipe.Writer.WriteAsync(bytes, stop.Token).ConfigureAwait(false), stop.Token).ConfigureAwait(false);
            await pipe.Writer.CompleteAsync().ConfigureAwait(false);
            observer.Layer(blob.Digest, PullStage.Downloaded);
            observer.Layer(blob.Digest, PullStage.Extracting, Volatile.Read(ref taken), blob.Size);
            Volatile.Write(ref isHere, 1);
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

    private static void Unpack(PipeReader reader, LayerInMaking making, Action<long> taken, CancellationTokenSource stop)
    {
        try
        {
            using ProgressStream stream = new(reader.AsStream(), taken);
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
}
