using Vessel.Images.Content;
using Vessel.Images.Registry;
using Vessel.Oci.Image;
using Vessel.Oci.Json;
using Vessel.Oci.Reference;

namespace Vessel.Images.Store;

/// <summary>One pull: the manifest for the wanted platform, what it names, and then the image's names.</summary>
internal sealed class ImagePuller(ImageStore store, RegistryClient registry, PullOptions options, IPullObserver observer)
{
    public async Task<PulledImage> PullAsync(ImageReference reference, CancellationToken cancellation)
    {
        using Lease lease = new(store.Folder);
        FetchedManifest target = await registry.GetManifestAsync(reference, null, cancellation).ConfigureAwait(false);
        lease.Hold(target.Digest);
        try
        {
            (FetchedManifest fetched, ImageManifest manifest) = await ChooseAsync(reference, target, lease, cancellation).ConfigureAwait(false);
            observer.Found(reference);
            using ImageAssembler assembler = new(store, new Repository(registry, reference), registry.Settings.Transfers, observer);
            ImageRecord record = await assembler.AssembleAsync((fetched.Digest, manifest), target.Digest, lease, config => CheckPlatform(reference, config), cancellation).ConfigureAwait(false);
            store.Content.AddDocument(fetched.Digest, fetched.Bytes.Span);
            store.Content.AddDocument(target.Digest, target.Bytes.Span);
            bool isNew = store.Keep(manifest.Config.Digest, record, [reference, reference.WithNameOnly().WithDigest(target.Digest)]);
            return new PulledImage(manifest.Config.Digest, target.Digest, isNew);
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
        }
    }

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

    private void CheckPlatform(ImageReference reference, ImageConfig config)
    {
        Platform own = config.Platform;
        if (options.Platform is { } wanted && (wanted.Os != own.Os || wanted.Architecture != own.Architecture))
            throw new ImageException(ImageErrorKind.NotFound, $"image with reference {reference.FamiliarText} was found but its platform ({own}) does not match the specified platform ({wanted})");
        if (config.Os is not ("linux" or ""))
            throw new ImageException(ImageErrorKind.Unsupported, $"image operating system \"{config.Os}\" cannot be used on this platform");
    }
}
