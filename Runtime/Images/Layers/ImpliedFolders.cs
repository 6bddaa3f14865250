namespace Vessel.Images.Layers;

/// <summary>The folders that a layer has no entry for, and that are there because something is in them. Their owner and mode are those of the layer below.</summary>
public sealed class ImpliedFolders
{
    // Past them they are root's, 0755: a layer with so many has none of its folders in another one.
    private const int MaximumFolders = 1 << 16, MaximumBytes = 8 << 20;

    private readonly HashSet<byte[]> paths = new(BytesComparer.Instance);
    private long bytes;

    /// <summary>Their paths; the empty one is the root. Some may not be there any more.</summary>
    public IReadOnlyCollection<byte[]> Paths => paths;

    /// <summary>The largest that <see cref="ToBytes"/> makes.</summary>
    public static int MaximumFileBytes => MaximumBytes + MaximumFolders;

    /// <summary>No more of them are noted.</summary>
    public bool IsFull => paths.Count >= MaximumFolders;

    /// <summary>A folder is made for what is in it.</summary>
    public void Add(ReadOnlySpan<byte> path)
    {
        if (!IsFull && bytes + path.Length <= MaximumBytes && paths.Add(path.ToArray()))
            bytes += path.Length;
    }

    /// <summary>An entry is about it.</summary>
    public void Remove(ReadOnlySpan<byte> path)
    {
        if (paths.Count > 0 && paths.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(path))
            bytes -= path.Length;
    }

    /// <summary>As a file: each path with a NUL, in order.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream file = new();
        foreach (byte[] path in paths.Order(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            file.Write(path);
            file.WriteByte(0);
        }
        return file.ToArray();
    }

    /// <summary>The paths in such a file, each after the folder that it is in.</summary>
    public static IEnumerable<byte[]> Read(byte[] file)
    {
        for (int at = 0; at < file.Length;)
        {
            int end = Array.IndexOf(file, (byte)0, at);
            if (end < 0)
                yield break;
            yield return file[at..end];
            at = end + 1;
        }
    }
}
