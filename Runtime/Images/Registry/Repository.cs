using Vessel.Images.Content;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Registry;

/// <summary>The blobs of one repository.</summary>
internal sealed class Repository(RegistryClient registry, ImageReference reference) : IBlobSource
{
    public string Name => reference.Registry;

    public Task<(Stream Stream, long Offset)> OpenAsync(Descriptor descriptor, long offset, CancellationToken cancellation) => registry.OpenBlobAsync(reference, descriptor, offset, cancellation);
}
