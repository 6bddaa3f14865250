using System.IO.Compression;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Tests.Support;

/// <summary>A layer that a test makes.</summary>
internal sealed record FakeLayer(byte[] Blob, Digest DiffId, string MediaType)
{
    public Digest Digest { get; } = Digest.Of(Blob);

    /// <summary>Of a tar.</summary>
    public static FakeLayer Of(byte[] tar, bool isGzip = true) =>
        new(isGzip ? Gzip(tar) : tar, Digest.Of(tar), isGzip ? MediaTypes.OciLayerGzip : MediaTypes.OciLayer);

    /// <summary>With one file, of bytes that cannot be compressed.</summary>
    /// <param name="name">The file's name, which makes the layer another one.</param>
    /// <param name="size">The file's length.</param>
    /// <param name="isGzip">Whether it is packed all the same.</param>
    public static FakeLayer Random(string name, int size, bool isGzip = true)
    {
        byte[] content = new byte[size];
        new Random(name.Sum(c => c)).NextBytes(content);
        return Of(new TarBuilder().Entry('0', name, content).End(), isGzip);
    }

    /// <summary>With one small file.</summary>
    public static FakeLayer Text(string name, string content, bool isGzip = true) => Of(new TarBuilder().File(name, content).End(), isGzip);

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
