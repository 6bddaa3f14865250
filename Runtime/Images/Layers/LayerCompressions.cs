using System.IO.Compression;
using ZstdSharp;

namespace Vessel.Images.Layers;

/// <summary>How layers are packed. What counts is how the bytes begin: a media type may be wrong, and registries hold such images.</summary>
internal static class LayerCompressions
{
    private const int MagicBytes = 4;
    private const string StrictGzip = "System.IO.Compression.UseStrictValidation";

    // Otherwise .NET takes a gzip that is cut off for one that ends there. It asks once, at its first gzip.
    static LayerCompressions()
    {
        if (!AppContext.TryGetSwitch(StrictGzip, out _))
            AppContext.SetSwitch(StrictGzip, isEnabled: true);
    }

    /// <summary>The tar in a blob: gzip and zstd undone, anything else as it is.</summary>
    public static Stream Unpack(Stream blob)
    {
        byte[] start = new byte[MagicBytes];
        int length = blob.ReadAtLeast(start, MagicBytes, throwOnEndOfStream: false);
        Stream whole = new PrefixedStream(start.AsMemory(0, length), blob);
        return start switch
        {
            [0x1f, 0x8b, ..] => new UnpackedStream(new GZipStream(whole, CompressionMode.Decompress), "gzip"),
            [0x28, 0xb5, 0x2f, 0xfd] or [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18] => new UnpackedStream(new DecompressionStream(whole), "zstd"),
            _ => whole,
        };
    }
}
