using System.Numerics;

namespace Vessel.Core.Security;

/// <summary>A set of capabilities as the kernel keeps it: bit n stands for capability n (capget(2)).</summary>
/// <param name="Bits">The set; its low half is word 0 of <c>cap_user_data_t</c>, its high half word 1.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    private const int BitCount = 64;

    public static CapabilitySet Empty => default;

    /// <summary>Every capability with a name in <see cref="Capabilities"/>.</summary>
    public static CapabilitySet All => UpTo(Capabilities.Last);

    public bool IsEmpty => Bits == 0;

    public int Count => BitOperations.PopCount(Bits);

    public static CapabilitySet operator |(CapabilitySet left, CapabilitySet right) => new(left.Bits | right.Bits);

    public static CapabilitySet operator &(CapabilitySet left, CapabilitySet right) => new(left.Bits & right.Bits);

    /// <summary>Every capability up to and including a number, as a kernel with that <c>cap_last_cap</c> has them.</summary>
    public static CapabilitySet UpTo(int last) => new(last >= BitCount - 1 ? ulong.MaxValue : (1UL << (last + 1)) - 1);

    /// <summary>
    /// The set of the named capabilities. Names that are none are left out and given back, for a warning: a container that asks for a
    /// capability of a newer kernel runs without it, as under runc. Names are compared exactly; <c>cap_chown</c> and <c>CHOWN</c> are none.
    /// </summary>
    public static CapabilitySet Parse(IReadOnlyList<string> names, out IReadOnlyList<string> unknown)
    {
        ArgumentNullException.ThrowIfNull(names);
        ulong bits = 0;
        List<string>? strangers = null;
        for (int i = 0; i < names.Count; i++)
        {
            if (Capabilities.TryGetNumber(names[i], out int number))
                bits |= 1UL << number;
            else
                (strangers ??= []).Add(names[i]);
        }
        unknown = strangers is null ? [] : strangers;
        return new CapabilitySet(bits);
    }

    public bool Contains(int capability) => capability is >= 0 and < BitCount && (Bits & 1UL << capability) != 0;

    public bool IsSubsetOf(CapabilitySet other) => (Bits & ~other.Bits) == 0;

    public CapabilitySet Except(CapabilitySet other) => new(Bits & ~other.Bits);

    /// <summary>Names in the order of their numbers; a capability without a name is written as its number, as libcap does.</summary>
    public string[] ToNames()
    {
        string[] names = new string[Count];
        int next = 0;
        for (ulong rest = Bits; rest != 0; rest &= rest - 1)
        {
            int number = BitOperations.TrailingZeroCount(rest);
            names[next++] = Capabilities.GetName(number) ?? number.ToString();
        }
        return names;
    }

    /// <summary>The names, separated by commas.</summary>
    public override string ToString() => string.Join(',', ToNames());
}
