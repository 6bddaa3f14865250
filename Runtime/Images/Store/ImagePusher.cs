using Vessel.Images.Content;
using Vessel.Images.Registry;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>
/// One push: the blobs that the repository hasn't got, several at a time, then the manifest, byte for byte as it was pulled or made. A blob
/// that another repository of the same registry is known to have is not sent: the registry mounts it.
/// </summary>
internal sealed class ImagePusher(ImageStore store, RegistryClient registry, IPushObserver observer) : IDisposable
{
    private readonly SemaphoreSlim uploads = new(registry.Settings.MaximumConcurrentUploads);

    public async Task<PushedImage> PushAsync(Image image, ImageReference reference, CancellationToken cancellation)
    {
        using Lease lease = store.Hold(image);
        byte[] bytes = store.Content.ReadDocument(image.Record.Manifest);
        ImageManifest manifest;
        try
        {
            manifest = ImageDocumentReader.ReadManifest(bytes, $"manifest {image.Record.Manifest}");
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
        }
        List<string> siblings = [.. image.Names.Where(n => n.Registry == reference.Registry && n.Repository != reference.Repository).Select(n => n.Repository).Distinct()];
        List<(Descriptor Blob, Digest Layer)> layers = [.. manifest.Layers.Zip(image.Record.DiffIds).DistinctBy(l => l.First.Digest).Select(l => (l.First, l.Second))];
        foreach ((Descriptor _, Digest layer) in layers)
            observer.Layer(layer, PushStage.Preparing);
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task> tasks = [.. layers.Select(l => SendAsync(reference, l.Blob, l.Layer, siblings, others))];
        // Where one fails the others are called off. Theirs is no error: what is thrown is what happened to that one.
        await Task.WhenAll(tasks).ConfigureAwait(false);
        await SendAsync(reference, manifest.Config, null, siblings, others).ConfigureAwait(false);
        await registry.SendManifestAsync(reference, image.Record.Manifest, bytes, manifest.MediaType ?? MediaTypes.OciManifest, cancellation).ConfigureAwait(false);
        store.AddName(image.Id, reference.WithNameOnly().WithDigest(image.Record.Manifest));
        return new PushedImage(image.Record.Manifest, bytes.Length);
    }

    public void Dispose() => uploads.Dispose();

    private async Task SendAsync(ImageReference reference, Descriptor blob, Digest? layer, List<string> siblings, CancellationTokenSource all)
    {
        Action<PushStage, long> tell = layer is null ? static (_, _) => { } : (stage, done) => observer.Layer(layer, stage, done, blob.Size);
        try
        {
            await uploads.WaitAsync(all.Token).ConfigureAwait(false);
            try
            {
                if (await registry.HasBlobAsync(reference, blob.Digest, all.Token).ConfigureAwait(false))
                {
                    tell(PushStage.Exists, 0);
                    return;
                }
                foreach (string from in siblings)
                    if (await registry.MountBlobAsync(reference, blob.Digest, from, all.Token).ConfigureAwait(false))
                    {
                        observer.Mounted(layer, from);
                        return;
                    }
                await registry.SendBlobAsync(reference, blob, () => new OwnedDescriptorStream(store.Content.Open(blob.Digest), blob.Digest.ToString()), done => tell(PushStage.Pushing, done), () => tell(PushStage.Retrying, 0), all.Token).ConfigureAwait(false);
                tell(PushStage.Pushed, 0);
            }
            finally
            {
                uploads.Release();
            }
        }
        catch
        {
            await all.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
