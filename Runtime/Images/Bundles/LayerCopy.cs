using Vessel.Images.Content;
using Vessel.Images.Layers;
using Vessel.Images.Store;
using Vessel.Native.Safe;
using Vessel.Oci.Reference;
using static Vessel.Native.Raw.Open;

namespace Vessel.Images.Bundles;

/// <summary>A root filesystem without overlay: the layers' archives unpacked one over the other, with what they take away taken away.</summary>
internal static class LayerCopy
{
    public static void Write(ImageStore store, Image image, string root)
    {
        using FileDescriptor folder = Files.Open(null, root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        foreach (Digest blob in image.Record.Layers)
        {
            using FileDescriptor file = store.Content.Open(blob);
            using DescriptorStream stream = new(file, blob.ToString());
            using Stream tar = LayerCompressions.Unpack(stream);
            LayerReader.Read(tar, new FolderTarget(folder, whiteouts: WhiteoutForm.Applied), new LayerLimits(), CancellationToken.None);
        }
    }
}
