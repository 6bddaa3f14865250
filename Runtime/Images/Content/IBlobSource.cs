using Vessel.Oci.Image;

namespace Vessel.Images.Content;

/// <summary>Where blobs come from that the store hasn't got: a repository of a registry, an archive.</summary>
public interface IBlobSource
{
    /// <summary>What it is, for messages.</summary>
    string Name { get; }

    /// <summary>Opens a blob at an offset.</summary>
    /// <returns>The stream, and where in the blob it really begins: 0 where the source knows no ranges.</returns>
    /// <exception cref="ImageException">It hasn't got the blob, or not with this length.</exception>
    Task<(Stream Stream, long Offset)> OpenAsync(Descriptor descriptor, long offset, CancellationToken cancellation);
}
