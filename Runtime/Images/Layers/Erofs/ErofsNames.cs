using System.Numerics;
using System.Runtime.InteropServices;
using Vessel.Native.Safe;

namespace Vessel.Images.Layers.Erofs;

/// <summary>The names of a layer while its image is made: which folder has which, and what each of them is.</summary>
/// <remarks>
/// <para>A name takes 25 bytes and its own length, outside of the collected heap, so that a layer of 40,000 files takes 2 MB. They are found by linear
/// hashing: there are as many buckets as names, and with each name that comes one bucket is split, so that nothing is ever copied.</para>
/// <para>What is removed is marked, with all that was in it: nothing of it is found any more, for a folder that comes in its place is another one.</para>
/// </remarks>
internal sealed class ErofsNames : IDisposable
{
    public const int None = -1, Root = 0;

    private const int MaximumBytes = 128 << 20;
    private const int MaximumNames = 4_100_000;

    private readonly NativeList<Node> nodes = new();
    private readonly NativeList<byte> pool = new();

    public ErofsNames() => nodes.Add(new Node { Parent = Root, Next = None, Bucket = None, IsDirectory = true, NameAt = Keep([]) });

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
        int length = 0;
        for (int each = node; each != Root; each = nodes[each].Parent)
            length += NameOf(each).Length + 1;
        byte[] path = new byte[Math.Max(length - 1, 0)];
        for (int at = path.Length; node != Root; node = nodes[node].Parent, at--)
        {
            if (at < path.Length)
                path[at] = (byte)'/';
            at -= NameOf(node).Length;
            NameOf(node).CopyTo(path.AsSpan(at));
        }
        return path;
    }

    /// <summary>What has a name in a folder; <see cref="None"/> where nothing has.</summary>
    public int Find(int folder, ReadOnlySpan<byte> name)
    {
        int node = nodes[BucketOf(folder, name)].Bucket;
        while (node != None && !(nodes[node].Parent == folder && NameOf(node).SequenceEqual(name)))
            node = nodes[node].Next;
        return node;
    }

    /// <summary>Adds a name that the folder hasn't got.</summary>
    public int Add(int folder, ReadOnlySpan<byte> name, in Node what)
    {
        if (nodes.Count >= MaximumNames)
            throw new LayerException($"more than {MaximumNames} names");
        int node = nodes.Add(what);
        ref Node added = ref nodes[node];
        (added.Parent, added.NameAt, added.Bucket) = (folder, Keep(name), None);
        Split(node);
        Enchain(node);
        return node;
    }

    /// <summary>Removes a name, with all that is in it if it is a folder.</summary>
    public void Remove(int node)
    {
        nodes[node].IsGone = true;
        Unchain(node, BucketOf(nodes[node].Parent, NameOf(node)));
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

    private int BucketOf(int folder, ReadOnlySpan<byte> name)
    {
        HashCode hash = default;
        hash.Add(folder);
        hash.AddBytes(name);
        int all = (int)BitOperations.RoundUpToPowerOf2((uint)nodes.Count), bucket = hash.ToHashCode() & (all - 1);
        return bucket < nodes.Count ? bucket : bucket & ((all >> 1) - 1);
    }

    private void Enchain(int node)
    {
        ref int bucket = ref nodes[BucketOf(nodes[node].Parent, NameOf(node))].Bucket;
        (nodes[node].Next, bucket) = (bucket, node);
    }

    private void Unchain(int node, int bucket)
    {
        ref int from = ref nodes[bucket].Bucket;
        while (from != node)
            from = ref nodes[from].Next;
        from = nodes[node].Next;
    }

    // What a new last bucket is to have was in the one whose number is without the highest bit.
    private void Split(int last)
    {
        int from = last & ~(1 << BitOperations.Log2((uint)last));
        for (int node = nodes[from].Bucket, next; node != None; node = next)
        {
            next = nodes[node].Next;
            if (BucketOf(nodes[node].Parent, NameOf(node)) != last)
                continue;
            Unchain(node, from);
            Enchain(node);
        }
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
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct Node
    {
        public int Parent;

        /// <summary>The next one in the same bucket.</summary>
        public int Next;

        public int NameAt;

        /// <summary>Of the bucket that has this number: the first name in it.</summary>
        public int Bucket;

        private uint valueLow;
        private byte valueHigh;

        /// <summary>As directories have it.</summary>
        public byte Type;

        private Flags flags;

        /// <summary>Where it is: of a folder its index among the folders; of all else the number of its inode. At most 40 bits: the inode of 32 TB.</summary>
        public long Value
        {
            readonly get => (long)valueHigh << 32 | valueLow;
            set => (valueLow, valueHigh) = ((uint)value, checked((byte)(value >> 32)));
        }

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
