namespace Vessel.Oci.Json;

/// <summary>
/// The member names of a kind of document. A reader that has them makes no string for a known name, and knows one in another case for
/// what it is: Go matches so, and documents exist that rely on it.
/// </summary>
public sealed class JsonNames
{
    private readonly string[] _names;
    private readonly short[] _slots;   // 0 is free, else 1 + index into _names

    public JsonNames(params string[] names)
    {
        _names = names;
        // A power of two, at most half full: a miss ends at the next free slot.
        _slots = new short[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)names.Length * 2 + 1)];
        for (int i = 0; i < names.Length; i++)
        {
            int slot = Slot(names[i]);
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = (short)(i + 1);
        }
    }

    /// <summary>The known name that is <paramref name="name"/>, or null.</summary>
    public string? Find(ReadOnlySpan<char> name)
    {
        for (int slot = Slot(name); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            string known = _names[_slots[slot] - 1];
            if (name.SequenceEqual(known))
                return known;
        }

        return null;
    }

    /// <summary>The known name that is <paramref name="name"/> but for its case, or null.</summary>
    public string? Fold(ReadOnlySpan<char> name)
    {
        for (int slot = Slot(name); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            string known = _names[_slots[slot] - 1];
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
                return known;
        }

        return null;
    }

    private int Slot(ReadOnlySpan<char> name)
    {
        uint hash = (uint)name.Length;
        // Bit 5 is the case of an ASCII letter; names that differ only there share a slot, which is what Fold needs.
        foreach (char c in name)
            hash = (hash ^ (c | 0x20u)) * 16777619;
        return (int)((hash ^ (hash >> 15)) & (uint)(_slots.Length - 1));
    }
}
