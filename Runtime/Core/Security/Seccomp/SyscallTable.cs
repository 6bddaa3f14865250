using System.Text;

namespace Vessel.Core.Security.Seccomp;

/// <summary>System call names and numbers of each <see cref="SeccompArchitecture"/>.</summary>
/// <remarks>
/// A profile names some four hundred calls for up to three architectures, on the path of every container start. So a name is hashed
/// once, to its place in the list of names, and the architectures' tables are read at that place.
/// </remarks>
public static partial class SyscallTable
{
    private const ushort None = ushort.MaxValue;

    // Calls private to 32-bit arm lie far above the others (__ARM_NR_BASE).
    private const uint ArmPrivateBase = 0x000F_0000;
    private const ushort ArmPrivateCode = 0xF000;

    /// <summary>Every name known on at least one architecture, in ordinal order.</summary>
    public static IEnumerable<string> Names
    {
        get
        {
            for (int index = 0; index < NameCount; index++)
                yield return NameAt(index);
        }
    }

    /// <summary>Whether any architecture has a call of this name.</summary>
    public static bool IsKnown(ReadOnlySpan<char> name) => Find(name) >= 0;

    /// <summary>The number of a call, with the x32 bit where the architecture is x32.</summary>
    public static bool TryGetNumber(SeccompArchitecture architecture, ReadOnlySpan<char> name, out uint number)
    {
        number = 0;
        int index = Find(name);
        return index >= 0 && TryGetNumberAt(architecture, index, out number);
    }

    /// <summary>The name of a call, or <see langword="null"/>.</summary>
    public static string? GetName(SeccompArchitecture architecture, uint number)
    {
        if (architecture == SeccompArchitecture.X32)
        {
            if ((number & SeccompArchitectures.X32SyscallBit) == 0)
                return null;
            number &= ~SeccompArchitectures.X32SyscallBit;
        }
        if (architecture == SeccompArchitecture.Arm && number is > ArmPrivateBase and <= ArmPrivateBase + 0xFFE)
            number = ArmPrivateCode | (number & 0xFFF);
        else if (number >= ArmPrivateCode)
            return null;
        int index = NumbersOf(architecture).IndexOf((ushort)number);
        return index < 0 ? null : NameAt(index);
    }

    /// <summary>Place of a name in the list of names, or -1.</summary>
    internal static int Find(ReadOnlySpan<char> name)
    {
        uint hash = 0;
        foreach (char c in name)
            hash = unchecked(hash * HashMultiplier + c);
        // The top ten bits of a multiplication by 2^32 / golden ratio: HashSlots has 1024 places.
        int slot = (int)(unchecked(hash * 0x9E37_79B1) >> 22);
        ReadOnlySpan<ushort> slots = HashSlots;
        while (true)
        {
            int index = slots[slot];
            if (index == None)
                return -1;
            if (Ascii.Equals(BytesAt(index), name))
                return index;
            slot = (slot + 1) & (slots.Length - 1);
        }
    }

    internal static bool TryGetNumberAt(SeccompArchitecture architecture, int index, out uint number)
    {
        ushort code = NumbersOf(architecture)[index];
        if (code == None)
        {
            number = 0;
            return false;
        }
        number = architecture switch
        {
            SeccompArchitecture.X32 => code | SeccompArchitectures.X32SyscallBit,
            SeccompArchitecture.Arm when code > ArmPrivateCode => ArmPrivateBase | (code & 0xFFFu),
            _ => code,
        };
        return true;
    }

    private static ReadOnlySpan<byte> BytesAt(int index)
    {
        ReadOnlySpan<ushort> offsets = NameOffsets;
        return NameBytes[offsets[index]..offsets[index + 1]];
    }

    private static string NameAt(int index) => Encoding.ASCII.GetString(BytesAt(index));

    private static ReadOnlySpan<ushort> NumbersOf(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X86_64 => X86_64Numbers,
        SeccompArchitecture.X86 => X86Numbers,
        SeccompArchitecture.X32 => X32Numbers,
        SeccompArchitecture.Arm64 => Arm64Numbers,
        SeccompArchitecture.Arm => ArmNumbers,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture)),
    };
}
