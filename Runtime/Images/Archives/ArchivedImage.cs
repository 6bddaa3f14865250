using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Images.Archives;

/// <summary>One image of an archive.</summary>
/// <param name="Digest">Its manifest's.</param>
/// <param name="Bytes">The manifest, byte for byte.</param>
/// <param name="Manifest">The same, read.</param>
/// <param name="Names">What it is to be called.</param>
/// <param name="Blobs">Where in the archive the config and the layers are.</param>
internal sealed record ArchivedImage(Digest Digest, byte[] Bytes, ImageManifest Manifest, IReadOnlyList<ImageReference> Names, IReadOnlyDictionary<Digest, string> Blobs)
{
    /// <summary>Names in the archive that the image does not get, each with the reason.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>One that has no manifest of the registry's kind: it is made.</summary>
    public static ArchivedImage Of(Descriptor config, IReadOnlyList<Descriptor> layers, IReadOnlyList<ImageReference> names, IReadOnlyDictionary<Digest, string> blobs)
    {
        ImageManifest manifest = new() { MediaType = MediaTypes.DockerManifest, Config = config, Layers = layers };
        byte[] bytes = ImageDocumentWriter.WriteManifest(manifest);
        return new ArchivedImage(Digest.Of(bytes), bytes, manifest, names, blobs);
    }
}
