namespace Vessel.Core.Security.Seccomp;

/// <summary>What the profile's rules say on each call of one architecture.</summary>
/// <remarks>
/// Where several rules name one call:
/// <list type="bullet">
/// <item>An unconditional rule stands alone: libseccomp drops the conditional ones when it meets it, wherever it stands, as well as any
/// that follow. Of two unconditional rules the first counts.</item>
/// <item>Among conditional rules the first in the document that matches wins. libseccomp orders them itself (higher argument index
/// first, equality before ranges, narrow ranges before wide ones) and refuses two actions for the same condition; a difference shows
/// where rules with different actions overlap, and where libseccomp (seen in 2.5.4) merges the halves of several 64-bit ranges, or rules on
/// different arguments, into one tree and loses a case. Here each rule means what it says.</item>
/// <item>A call whose conditional rules all fail gets the default action.</item>
/// </list>
/// </remarks>
internal sealed class SyscallOutcomes(SeccompArchitecture architecture)
{
    // Numbers below 1000, then the private calls of arm.
    // The last slots of both parts stand for no call, so that a run of equal outcomes ends before them.
    private const int PrivateSlot = 1000;
    private const uint PrivateBase = 0x000F_0000;
    private const int SlotCount = PrivateSlot + 16;

    // An element: 0 nothing; above 0 an unconditional rule, its index + 1; below 0 the last link of its conditional rules, ~link.
    private readonly int[] _slots = new int[SlotCount];
    private readonly List<(int Rule, int Previous)> _links = [];

    public SeccompArchitecture Architecture { get; } = architecture;

    public bool HasWideArguments { get; } = SeccompArchitectures.HasWideArguments(architecture);

    /// <summary>The largest number of a call that any rule names, whatever its action; 0 where none is named.</summary>
    public uint LargestNumber { get; private set; }

    public void Name(uint number)
    {
        if (number > LargestNumber)
            LargestNumber = number;
    }

    public void Add(uint number, int ruleIndex, in SeccompRule rule)
    {
        ref int slot = ref _slots[SlotOf(number)];
        if (slot > 0)
            return;
        if (rule.IsUnconditional(HasWideArguments))
        {
            slot = ruleIndex + 1;
            return;
        }
        int previous = slot < 0 ? ~slot : -1;
        // A name that a rule repeats.
        if (previous >= 0 && _links[previous].Rule == ruleIndex)
            return;
        _links.Add((ruleIndex, previous));
        slot = ~(_links.Count - 1);
    }

    /// <summary>Appends the runs of numbers with one outcome, in ascending order; the last one is open.</summary>
    public void AppendRanges(List<SyscallRange> ranges, SeccompProgram program)
    {
        // x32 numbers begin at their bit; what lies below belongs to x86-64.
        uint origin = NumberOf(0);
        SyscallRange.Append(ranges, origin, program.DefaultOutcome);
        List<int> chain = [];
        int last = 0;
        for (int i = 0; i < SlotCount; i++)
        {
            int slot = _slots[i];
            if (slot == last)
                continue;
            last = slot;
            SyscallRange.Append(ranges, NumberOf(i), OutcomeOf(slot, program, chain));
        }
    }

    private int OutcomeOf(int slot, SeccompProgram program, List<int> chain)
    {
        if (slot == 0)
            return program.DefaultOutcome;
        if (slot > 0)
            return program.UnconditionalOutcome(slot - 1);
        chain.Clear();
        for (int link = ~slot; link >= 0; link = _links[link].Previous)
            chain.Add(_links[link].Rule);
        chain.Reverse();
        return program.ConditionalOutcome(chain, HasWideArguments);
    }

    private uint NumberOf(int slot) => slot < PrivateSlot
        ? (uint)slot | (Architecture == SeccompArchitecture.X32 ? SeccompArchitectures.X32SyscallBit : 0)
        : PrivateBase + (uint)(slot - PrivateSlot);

    private int SlotOf(uint number)
    {
        if (Architecture == SeccompArchitecture.X32)
            number &= ~SeccompArchitectures.X32SyscallBit;
        return number >= PrivateBase ? PrivateSlot + (int)(number - PrivateBase) : (int)number;
    }
}
