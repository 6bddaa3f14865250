using System.Runtime.InteropServices;
using Vessel.Native.Safe;

namespace Vessel.Images.Layers.Erofs;

/// <summary>The names of a layer while its image is made: which folder has which, and what each of them is.</summary>
/// <remarks>
/// A name takes some 40 bytes and its own length, outside of the collected heap, so that a layer of 40,000 files takes 2 MB. What is removed is marked, with all that was in it:
/// nothing of it is found any more, for a folder that comes in its place is another one.
/// </remarks>
internal sealed class ErofsNames : IDisposable
{
    public const int None = -1, Root = 0;

    private const int MaximumBytes = 128 << 20;
    private const int MaximumNames = 4_100_000;

    private readonly NativeList<Node> nodes = new();
    private readonly NativeList<byte> pool = new();
    private int[] buckets = new int[1024];

    public ErofsNames() => nodes.Add(new Node { Parent = Root, Next = None, IsDirectory = true, NameAt = Keep([]) });

    /// <summary>How many there are, with those that are gone.</summary>
    public int Count => nodes.Count;

    /// <summary>One of them, to look at and to change.</summary>
    public ref Node this[int node] => ref nodes[node];

    /// <summary>The name itself.</summary>
    public ReadOnlySpan<byte> NameOf(int node)
    {
        int at = nodes[node].NameAt;
        return pool.Slice(at + 1, pool[at]);
    }

    /// <summary>The path from the root.</summary>
    public byte[] PathOf(int node)
    {
        List<byte> path = [];
        for (; node != Root; node = nodes[node].Parent)
        {
            if (path.Count > 0)
                path.Insert(0, (byte)'/');
            path.InsertRange(0, NameOf(node));
        }
        return [.. path];
    }

    /// <summary>What has a name in a folder; <see cref="None"/> where nothing has.</summary>
    public int Find(int folder, ReadOnlySpan<byte> name)
    {
        int node = buckets[Bucket(folder, name)] - 1;
        while (node != None && !(nodes[node].Parent == folder && NameOf(node).SequenceEqual(name)))
            node = nodes[node].Next;
        return node;
    }

    /// <summary>Adds a name that the folder hasn't got.</summary>
    public int Add(int folder, ReadOnlySpan<byte> name, in Node what)
    {
        if (nodes.Count >= MaximumNames)
            throw new LayerException($"more than {MaximumNames} names");
        if (nodes.Count >= buckets.Length)
            Spread();
        int node = nodes.Add(what);
        ref Node added = ref nodes[node];
        added.Parent = folder;
        added.NameAt = Keep(name);
        Enchain(node);
        return node;
    }

    /// <summary>Removes a name, with all that is in it if it is a folder.</summary>
    public void Remove(int node)
    {
        nodes[node].IsGone = true;
        ref int from = ref buckets[Bucket(nodes[node].Parent, NameOf(node))];
        if (from - 1 == node)
        {
            from = nodes[node].Next + 1;
            return;
        }
        int before = from - 1;
        while (nodes[before].Next != node)
            before = nodes[before].Next;
        nodes[before].Next = nodes[node].Next;
    }

    /// <summary>Whether a name is still there: neither it nor a folder above it was removed.</summary>
    public bool IsThere(int node)
    {
        for (; node != Root; node = nodes[node].Parent)
            if (nodes[node].IsGone)
                return false;
        return true;
    }

    /// <summary>Forgets them all.</summary>
    public void Dispose()
    {
        nodes.Dispose();
        pool.Dispose();
    }

    private int Bucket(int folder, ReadOnlySpan<byte> name)
    {
        HashCode hash = default;
        hash.Add(folder);
        hash.AddBytes(name);
        return hash.ToHashCode() & (buckets.Length - 1);
    }

    private void Enchain(int node)
    {
        ref int bucket = ref buckets[Bucket(nodes[node].Parent, NameOf(node))];
        nodes[node].Next = bucket - 1;
        bucket = node + 1;
    }

    private void Spread()
    {
        buckets = new int[2 * buckets.Length];
        for (int node = 1; node < nodes.Count; node++)
            if (!nodes[node].IsGone)
                Enchain(node);
    }

    // With its length before it.
    private int Keep(ReadOnlySpan<byte> name)
    {
        if (pool.Count >= MaximumBytes)
            throw new LayerException($"names of more than {MaximumBytes} bytes in all");
        Span<byte> kept = stackalloc byte[byte.MaxValue + 1];
        kept[0] = (byte)name.Length;
        name.CopyTo(kept[1..]);
        return pool.AddRange(kept[..(name.Length + 1)]);
    }

    /// <summary>A name, and what it is.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct Node
    {
        /// <summary>Where it is: of a folder its index among the folders; of all else the number of its inode.</summary>
        public long Value;

        public int Parent;

        /// <summary>The next one in the same bucket.</summary>
        public int Next;

        public int NameAt;

        /// <summary>As directories have it.</summary>
        public byte Type;

        private Flags flags;

        public bool IsDirectory { readonly get => Has(Flags.Directory); set => Set(Flags.Directory, value); }

        public bool IsLink { readonly get => Has(Flags.Link); set => Set(Flags.Link, value); }

        public bool IsWhiteout { readonly get => Has(Flags.Whiteout); set => Set(Flags.Whiteout, value); }

        /// <summary>Its inode has, or had, other names too.</summary>
        public bool IsShared { readonly get => Has(Flags.Shared); set => Set(Flags.Shared, value); }

        public bool IsGone { readonly get => Has(Flags.Gone); set => Set(Flags.Gone, value); }

        private readonly bool Has(Flags flag) => (flags & flag) != 0;

        private void Set(Flags flag, bool value) => flags = value ? flags | flag : flags & ~flag;

        [Flags]
        private enum Flags : byte
        {
            Directory = 1,
            Link = 2,
            Whiteout = 4,
            Shared = 8,
            Gone = 16,
        }
    }
}
