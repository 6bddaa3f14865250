using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>A list that grows to millions of items outside of the collected heap: it is never moved, never copied, and takes what it holds and no more.</summary>
/// <remarks>
/// In the heap such a list is twice as large: the collector waits until much is garbage, and copies what is left. A reference to an item is valid until
/// the list is disposed. Not for several threads.
/// </remarks>
public sealed unsafe class NativeList<T> : IDisposable
    where T : unmanaged
{
    private const int ChunkBits = 16, ChunkLength = 1 << ChunkBits;

    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32;

    private static readonly nint ChunkBytes = (nint)ChunkLength * sizeof(T);

    private readonly List<nint> chunks = [];

    ~NativeList() => Free();

    /// <summary>How many items there are, with those that were skipped (<see cref="AddRange"/>).</summary>
    public int Count { get; private set; }

    /// <summary>An item, to look at and to change.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public ref T this[int index]
    {
        get
        {
            // SAFETY: the chunk is there up to Count, and lives as long as this.
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref ((T*)chunks[index >> ChunkBits])[index & (ChunkLength - 1)];
        }
    }

    /// <summary>Adds an item; its index.</summary>
    public int Add(in T item)
    {
        if (Count == chunks.Count * ChunkLength)
            Grow();
        Count++;
        this[Count - 1] = item;
        return Count - 1;
    }

    /// <summary>Adds items that stay side by side, for <see cref="Slice"/>; the index of the first. Some before it may be skipped for that.</summary>
    public int AddRange(ReadOnlySpan<T> items)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items.Length, ChunkLength, nameof(items));
        if (Count + items.Length > chunks.Count * ChunkLength)
        {
            Count = chunks.Count * ChunkLength;
            Grow();
        }
        int first = Count;
        Count += items.Length;
        items.CopyTo(Slice(first, items.Length));
        return first;
    }

    /// <summary>Items that were added together, or some of them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They were not.</exception>
    public Span<T> Slice(int index, int count)
    {
        if (count == 0)
            return default;
        int at = index & (ChunkLength - 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(Math.Min(ChunkLength - at, Count - index)), nameof(count));
        // SAFETY: all of them are in one chunk, below Count.
        return new Span<T>((T*)chunks[index >> ChunkBits] + at, count);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // Pages of the kernel's: those that nobody has touched are not there yet, and go back at once.
    private void Grow() =>
        chunks.Add(Check.Ok(Kernel.Call(SYS.mmap, 0, ChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "map memory for", "a list"));

    private void Free()
    {
        foreach (nint chunk in chunks)
            _ = Kernel.Call(SYS.munmap, chunk, ChunkBytes);
        chunks.Clear();
        Count = 0;
    }
}
