using System.Buffers.Binary;
using System.Text;

namespace Vessel.Images.Layers.Erofs;

/// <summary>Extended attributes as they follow an inode. What several files have alike lies in the image once.</summary>
internal sealed class ErofsAttributes(ErofsFile file)
{
    public const int HeaderSize = 12;

    private const int EntryHeader = 4, MaximumShared = 255;

    // The count of words has 16 bits.
    private const int MaximumBytes = HeaderSize + (ushort.MaxValue - 1) * 4;

    // What is shared is called by its place, in words of 32 bits.
    private const long LastSharedPosition = uint.MaxValue * 4L;
    private const int LargestShared = 1024, MaximumTable = 4096;

    private static readonly (string Prefix, byte Index)[] Families = [("user.", 1), ("system.posix_acl_access", 2), ("system.posix_acl_default", 3), ("trusted.", 4), ("security.", 6)];

    private readonly Dictionary<byte[], uint> shared = new(BytesComparer.Instance);
    private byte[] bytes = new byte[256], entry = new byte[256];

    /// <summary>Whether an attribute is of a family that an image can have.</summary>
    public static bool IsKnown(string attribute) => FamilyOf(attribute).Index != 0;

    /// <summary>The bytes behind the inode: none without attributes. Valid until the next call; null where they are too many.</summary>
    public byte[]? Encode(IReadOnlyList<KeyValuePair<string, byte[]>> attributes, out int length)
    {
        length = 0;
        if (attributes.Count == 0)
            return bytes;
        // First the numbers of those that are shared, then the others themselves.
        bytes.AsSpan(0, HeaderSize).Clear();
        List<int>? own = null;
        int count = 0;
        length = HeaderSize;
        for (int i = 0; i < attributes.Count; i++)
        {
            int size = Write(attributes[i]);
            if (count < MaximumShared && Share(size) is { } place)
            {
                Grow(length + 4);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(length), place);
                length += 4;
                count++;
            }
            else
            {
                (own ??= []).Add(i);
            }
        }
        bytes[4] = (byte)count;
        foreach (int i in own ?? [])
        {
            int size = Write(attributes[i]);
            if (length + size > MaximumBytes)
                return null;
            Grow(length + size);
            entry.AsSpan(0, size).CopyTo(bytes.AsSpan(length));
            length += size;
        }
        return bytes;
    }

    private static (string Prefix, byte Index) FamilyOf(string attribute)
    {
        foreach ((string prefix, byte index) in Families)
            if (prefix.EndsWith('.') ? attribute.StartsWith(prefix, StringComparison.Ordinal) : attribute == prefix)
                return (prefix, index);
        return default;
    }

    // The length of the name without its family, the family's number, the length of the value; the name, the value, zeros up to a whole word.
    private int Write(KeyValuePair<string, byte[]> attribute)
    {
        (string prefix, byte index) = FamilyOf(attribute.Key);
        int nameLength = Encoding.UTF8.GetByteCount(attribute.Key.AsSpan(prefix.Length));
        int size = EntryHeader + nameLength + attribute.Value.Length + 3 & ~3;
        if (entry.Length < size)
            entry = new byte[Math.Max(size, 2 * entry.Length)];
        entry.AsSpan(Math.Max(size - 4, 0), Math.Min(size, 4)).Clear();
        entry[0] = (byte)nameLength;
        entry[1] = index;
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(2), (ushort)attribute.Value.Length);
        Encoding.UTF8.GetBytes(attribute.Key.AsSpan(prefix.Length), entry.AsSpan(EntryHeader));
        attribute.Value.CopyTo(entry, EntryHeader + nameLength);
        return size;
    }

    private uint? Share(int size)
    {
        ReadOnlySpan<byte> wanted = entry.AsSpan(0, size);
        Dictionary<byte[], uint>.AlternateLookup<ReadOnlySpan<byte>> known = shared.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (known.TryGetValue(wanted, out uint place))
            return place;
        // Asked before: whatever wasn't shared once is never shared, so that a folder's attributes keep their length.
        if (size > LargestShared || shared.Count == MaximumTable || file.Position > LastSharedPosition - ErofsFile.LargestExtent)
            return null;
        Span<byte> room = file.Place(size, 4, out long position);
        wanted.CopyTo(room);
        return shared[wanted.ToArray()] = (uint)(position / 4);
    }

    private void Grow(int length)
    {
        if (bytes.Length < length)
            Array.Resize(ref bytes, Math.Max(length, 2 * bytes.Length));
    }
}
