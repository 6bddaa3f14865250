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
        ImageNames.RequireUnambiguous(reference);
        store.RequireWriter();
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
            ImageReference exact = reference.WithNameOnly().WithDigest(target.Digest);
            // Who asks for a digest gets that content, and no tag that may mean another one at the registry.
            bool isNew = store.Keep(manifest.Config.Digest, record, reference.Digest is null ? [reference.WithDefaultTag(), exact] : [exact]);
            return new PulledImage(manifest.Config.Digest, target.Digest, isNew);
        }
        catch (DocumentException e)
        {
            throw new ImageException(ImageErrorKind.Corrupt, e.Message, e);
        }
    }

    private async Task<(FetchedManifest Fetched, ImageManifest Manifest)> ChooseAsync(ImageReference reference, FetchedManifest target, Lease lease, CancellationToken cancellation)
    {
        Platform wanted = options.Platform ?? Platform.Host;
        List<string> offered = [];
        (FetchedManifest fetched, string type) = await FindAsync(reference, target, TypeOf(target), wanted, 0, offered, lease, cancellation).ConfigureAwait(false)
            ?? throw new ImageException(ImageErrorKind.NotFound, $"no matching manifest for {wanted} in the manifest list entries: {reference.FamiliarText} is for {string.Join(", ", offered.Distinct())}");
        if (fetched != target)
            registry.Settings.Log($"platform {wanted}: manifest {fetched.Digest} is chosen; offered are {string.Join(", ", offered.Distinct())}");
        ImageManifest manifest = ImageDocumentReader.ReadManifest(fetched.Bytes, $"manifest {fetched.Digest}", type);
        if (manifest.OtherPart is { } other)
            throw new ImageException(ImageErrorKind.Unsupported, $"{reference.FamiliarText} is no image that containers are made of: it has a part of type {other.MediaType}");
        return (fetched, manifest);
    }

    // Of indexes in an index any may have it, if they don't say what they are for.
    private async Task<(FetchedManifest Fetched, string Type)?> FindAsync(
        ImageReference reference, FetchedManifest fetched, string type, Platform wanted, int depth, List<string> offered, Lease lease, CancellationToken cancellation)
    {
        if (!MediaTypes.IsIndex(type))
            return (fetched, type);
        if (depth == ImageDocumentReader.MaximumIndexDepth || offered.Count > ImageDocumentReader.MaximumItems)
            throw new ImageException(ImageErrorKind.Corrupt, $"{reference.FamiliarText}: indexes within indexes do not end");
        IReadOnlyList<Descriptor> manifests = ImageDocumentReader.ReadIndex(fetched.Bytes, $"index {fetched.Digest}", type).Manifests;
        offered.AddRange(manifests.Select(m => m.Platform?.ToString() ?? "any"));
        foreach (Descriptor chosen in PlatformChoice.InOrder(manifests, wanted))
        {
            lease.Hold(chosen.Digest);
            FetchedManifest inner = await registry.GetManifestAsync(reference, chosen.Digest, cancellation).ConfigureAwait(false);
            if (inner.Bytes.Length != chosen.Size)
                throw new ImageException(ImageErrorKind.Corrupt, $"manifest {chosen.Digest} has {inner.Bytes.Length} bytes, {chosen.Size} by its index");
            if (IsTelling(inner.MediaType) && !inner.MediaType.Equals(chosen.MediaType, StringComparison.OrdinalIgnoreCase))
                throw new ImageException(ImageErrorKind.Corrupt, $"manifest {chosen.Digest} is served as {inner.MediaType}, and is {chosen.MediaType} by its index");
            if (await FindAsync(reference, inner, chosen.MediaType, wanted, depth + 1, offered, lease, cancellation).ConfigureAwait(false) is { } found)
                return found;
        }
        return null;
    }

    // Who serves files knows no types of manifests: then the document itself says what it is.
    private static bool IsTelling(string type) => type.ToLowerInvariant() is not ("" or "application/json" or "application/octet-stream" or "text/plain");

    // What the registry says; where it says nothing, what the document says of itself.
    private static string TypeOf(FetchedManifest target) =>
        IsTelling(target.MediaType) ? target.MediaType.ToLowerInvariant() : JsonMapReader.Read(target.Bytes, $"manifest {target.Digest}", static json =>
        {
            if (!json.EnterObject())
                return null;
            string? type = null;
            bool isIndex = false;
            while (json.NextMember() is { } name)
            {
                isIndex |= name == "manifests";
                if (name == "mediaType")
                    type = json.AnyText();
                else
                    json.Skip();
            }
            return string.IsNullOrEmpty(type) ? isIndex ? MediaTypes.OciIndex : MediaTypes.OciManifest : type;
        });

    private void CheckPlatform(ImageReference reference, ImageConfig config)
    {
        Platform own = config.Platform;
        if (options.Platform is { } wanted && (wanted.Os != own.Os || wanted.Architecture != own.Architecture))
            throw new ImageException(ImageErrorKind.NotFound, $"image with reference {reference.FamiliarText} was found but its platform ({own}) does not match the specified platform ({wanted})");
        if (config.Os is not ("linux" or ""))
            throw new ImageException(ImageErrorKind.Unsupported, $"image operating system \"{config.Os}\" cannot be used on this platform");
    }
}
