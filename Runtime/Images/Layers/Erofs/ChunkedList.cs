namespace Vessel.Images.Layers.Erofs;

/// <summary>A list that grows without moving what is in it: nothing is held twice meanwhile.</summary>
internal sealed class ChunkedList<T>
    where T : struct
{
    // Chunks of less than 85 KB, which the garbage collector takes back soon.
    private const int ChunkBits = 10, ChunkLength = 1 << ChunkBits;

    private readonly List<T[]> chunks = [];

    public int Count { get; private set; }

    public ref T this[int index] => ref chunks[index >> ChunkBits][index & (ChunkLength - 1)];

    /// <summary>Adds an item; its index.</summary>
    public int Add(in T item)
    {
        if (Count == chunks.Count * ChunkLength)
            chunks.Add(new T[ChunkLength]);
        this[Count] = item;
        return Count++;
    }
}
