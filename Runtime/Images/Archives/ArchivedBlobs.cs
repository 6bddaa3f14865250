using Vessel.Images.Content;
using Vessel.Oci.Image;

namespace Vessel.Images.Archives;

/// <summary>The blobs of an image in an archive.</summary>
internal sealed class ArchivedBlobs(ArchiveFiles files, ArchivedImage image) : IBlobSource
{
    public string Name => "the archive";

    public Task<(Stream Stream, long Offset)> OpenAsync(Descriptor descriptor, long offset, CancellationToken cancellation) =>
        Task.FromResult((files.Open(image.Blobs[descriptor.Digest]), 0L));
}
