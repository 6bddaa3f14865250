namespace Vessel.Images.Layers;

/// <summary>Paths as a layer may have them.</summary>
internal static class LayerPath
{
    private const int MaximumComponent = 255;

    /// <summary>
    /// The path relative to the layer's root, without empty and <c>.</c> parts. A <c>..</c> is refused wherever it stands: what it means behind a
    /// symbolic link depends on who reads it, and no program that writes layers has one.
    /// </summary>
    /// <exception cref="LayerException">No path of a layer.</exception>
    public static byte[] Clean(ReadOnlySpan<byte> raw)
    {
        Span<byte> clean = raw.Length <= 1024 ? stackalloc byte[raw.Length] : new byte[raw.Length];
        int length = 0;
        ReadOnlySpan<byte> left = raw;
        while (!left.IsEmpty)
        {
            int slash = left.IndexOf((byte)'/');
            ReadOnlySpan<byte> component = slash < 0 ? left : left[..slash];
            left = slash < 0 ? default : left[(slash + 1)..];
            if (component.IsEmpty || component is [(byte)'.'])
                continue;
            if (component is [(byte)'.', (byte)'.'])
                throw new LayerException(raw, Escapes(raw) ? "leads out of the layer" : "has a `..` in its path");
            if (component.Length > MaximumComponent)
                throw new LayerException(raw, $"a part of its path has {component.Length} bytes, of at most {MaximumComponent}");
            if (length > 0)
                clean[length++] = (byte)'/';
            component.CopyTo(clean[length..]);
            length += component.Length;
        }
        return clean[..length].ToArray();
    }

    public static ReadOnlySpan<byte> Folder(ReadOnlySpan<byte> path) => path[..Math.Max(path.LastIndexOf((byte)'/'), 0)];

    public static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>A path in a folder.</summary>
    public static byte[] Below(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> name) => folder.IsEmpty ? name.ToArray() : [.. folder, (byte)'/', .. name];

    private static bool Escapes(ReadOnlySpan<byte> path)
    {
        int depth = 0;
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = path[range];
            if (component is [(byte)'.', (byte)'.'])
                depth--;
            else if (!component.IsEmpty && component is not [(byte)'.'])
                depth++;
            if (depth < 0)
                return true;
        }
        return false;
    }
}
