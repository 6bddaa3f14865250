namespace Vessel.Core.Security.Seccomp;

/// <summary>The program under construction: rules, the distinct outcomes a call may have, and the code for both.</summary>
/// <remarks>
/// The code, in the order in which it runs: the architecture is compared; each architecture has a balanced search over the ranges of its
/// call numbers, which ends in a return or in the tests of a call's arguments. Returns and argument tests are written where they are first
/// needed and shared by all that follow.
/// </remarks>
internal sealed class SeccompProgram
{
    // struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;
    private const int NotWritten = -1;

    private readonly BpfAssembler _assembler = new();
    private readonly List<SeccompRule> _rules = [];
    private readonly List<Outcome> _outcomes = [];
    private readonly List<int> _labels = [];
    private readonly uint _defaultAction;

    public SeccompProgram(uint defaultAction)
    {
        _defaultAction = defaultAction;
        DefaultOutcome = ActionOutcome(defaultAction);
    }

    public int DefaultOutcome { get; }

    public int RuleCount => _rules.Count;

    /// <summary>Adds a rule, and returns its index.</summary>
    public int AddRule(in SeccompRule rule)
    {
        _rules.Add(rule);
        return _rules.Count - 1;
    }

    public SeccompRule Rule(int index) => _rules[index];

    /// <summary>The outcome that is this action.</summary>
    public int ActionOutcome(uint action)
    {
        for (int i = 0; i < _outcomes.Count; i++)
        {
            if (_outcomes[i].Chain is null && _outcomes[i].Action == action)
                return i;
        }
        return AddOutcome(new Outcome(action, null, false));
    }

    public int UnconditionalOutcome(int rule) => ActionOutcome(_rules[rule].Action);

    /// <summary>The outcome of testing these rules one after the other, and taking the default action where none matches.</summary>
    public int ConditionalOutcome(List<int> chain, bool wide)
    {
        for (int i = 0; i < _outcomes.Count; i++)
        {
            if (_outcomes[i].Chain is { } other && _outcomes[i].IsWide == wide && chain.Count == other.Length
                && other.AsSpan().SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(chain)))
                return i;
        }
        return AddOutcome(new Outcome(_defaultAction, chain.ToArray(), wide));
    }

    /// <summary>The whole program; of the sections the first one is the likeliest.</summary>
    public byte[] Assemble(List<SeccompSection> sections, uint otherArchitectures)
    {
        int next = _assembler.Return(otherArchitectures);
        for (int i = sections.Count - 1; i >= 0; i--)
        {
            SeccompSection section = sections[i];
            int start = WriteSection(section.Ranges);
            next = _assembler.Branch(BpfAssembler.BPF_JEQ_K, section.AuditNumber, start, next);
            // The next test of the architecture follows directly or through a jump; only the first one loads it.
        }
        _assembler.Load(ArchitectureOffset);
        if (_assembler.Count > SeccompFilter.MaxInstructions)
        {
            throw SeccompCompiler.Invalid("linux.seccomp",
                $"the filter has {_assembler.Count} instructions, and the kernel takes {SeccompFilter.MaxInstructions}");
        }
        return _assembler.ToArray();
    }

    private int AddOutcome(Outcome outcome)
    {
        _outcomes.Add(outcome);
        _labels.Add(NotWritten);
        return _outcomes.Count - 1;
    }

    private int WriteSection(List<SyscallRange> ranges)
    {
        if (ranges.Count == 1)
            return Target(ranges[0].Outcome);
        List<int> leaves = Leaves(ranges);
        // A section of a single leaf of three ranges, or a tree: in both a jump on the number was written last.
        WriteTree(ranges, leaves, 0, leaves.Count - 1);
        return _assembler.Load(NumberOffset);
    }

    // Where each leaf of the search begins. A single number between two ranges of the same outcome is told apart by one comparison for
    // equality instead of two steps of the search, so that the three ranges make one leaf. The last element is the end.
    private static List<int> Leaves(List<SyscallRange> ranges)
    {
        List<int> leaves = new(ranges.Count + 1);
        int i = 0;
        while (i < ranges.Count)
        {
            leaves.Add(i);
            bool isTriple = i + 2 < ranges.Count && ranges[i].Outcome == ranges[i + 2].Outcome
                && ranges[i + 2].First == ranges[i + 1].First + 1;
            i += isTriple ? 3 : 1;
        }
        leaves.Add(ranges.Count);
        return leaves;
    }

    private int WriteTree(List<SyscallRange> ranges, List<int> leaves, int from, int to)
    {
        int first = leaves[from];
        if (to - from == 1)
        {
            int target = Target(ranges[first].Outcome);
            if (leaves[to] - first == 1)
                return target;
            SyscallRange single = ranges[first + 1];
            return _assembler.Branch(BpfAssembler.BPF_JEQ_K, single.First, Target(single.Outcome), target);
        }
        int middle = (from + to) / 2;
        int right = WriteTree(ranges, leaves, middle, to);
        int left = WriteTree(ranges, leaves, from, middle);
        return _assembler.Branch(BpfAssembler.BPF_JGE_K, ranges[leaves[middle]].First, right, left);
    }

    private int Target(int index)
    {
        Outcome outcome = _outcomes[index];
        if (outcome.Chain is null)
            return _assembler.Return(outcome.Action);
        if (_labels[index] == NotWritten)
            _labels[index] = WriteChain(outcome.Chain, outcome.IsWide);
        return _labels[index];
    }

    // From the last rule to the first: where one fails, the next is tested.
    private int WriteChain(int[] chain, bool wide)
    {
        int next = _assembler.Return(_defaultAction);
        int end = chain.Length;
        while (end > 0)
        {
            int start = StartOfEqualities(chain, end, wide);
            if (end - start > 1)
            {
                next = WriteEqualities(chain.AsSpan(start, end - start), wide, next);
                end = start;
                continue;
            }
            end--;
            next = WriteRule(_rules[chain[end]], wide, next);
        }
        return next;
    }

    private int WriteRule(in SeccompRule rule, bool wide, int whenFalse)
    {
        int whenTrue = _assembler.Return(rule.Action);
        SeccompCondition[] conditions = rule.Conditions;
        for (int i = conditions.Length - 1; i >= 0; i--)
        {
            if (!conditions[i].IsVacuous(wide))
                whenTrue = WriteCondition(conditions[i], wide, whenTrue, whenFalse);
        }
        return whenTrue;
    }

    // Rules in a row that compare one argument for equality share its loads, and the comparison of the high half. Profiles have such lists
    // (personality), and each socket call of the profile becomes one of socketcall's.
    private int StartOfEqualities(int[] chain, int end, bool wide)
    {
        int start = end;
        SeccompCondition first = default;
        while (start > 0)
        {
            SeccompCondition[] conditions = _rules[chain[start - 1]].Conditions;
            if (conditions.Length != 1 || conditions[0].Operator != SeccompOperator.Equal)
                break;
            if (start == end)
                first = conditions[0];
            else if (conditions[0].Index != first.Index || (wide && conditions[0].Datum >> 32 != first.Datum >> 32))
                break;
            start--;
        }
        return start;
    }

    private int WriteEqualities(ReadOnlySpan<int> rules, bool wide, int whenFalse)
    {
        int next = whenFalse;
        for (int i = rules.Length - 1; i >= 0; i--)
        {
            SeccompRule rule = _rules[rules[i]];
            next = _assembler.Branch(BpfAssembler.BPF_JEQ_K, (uint)rule.Conditions[0].Datum, _assembler.Return(rule.Action), next);
        }
        SeccompCondition first = _rules[rules[0]].Conditions[0];
        int low = _assembler.Load(LowHalf(first.Index));
        if (!wide)
            return low;
        _assembler.Branch(BpfAssembler.BPF_JEQ_K, (uint)(first.Datum >> 32), low, whenFalse);
        return _assembler.Load(HighHalf(first.Index));
    }

    private int WriteCondition(in SeccompCondition condition, bool wide, int whenTrue, int whenFalse)
    {
        switch (condition.Operator)
        {
            case SeccompOperator.Equal:
            case SeccompOperator.MaskedEqual:
                return WriteEqual(condition, wide, whenTrue, whenFalse);
            case SeccompOperator.NotEqual:
                return WriteEqual(condition, wide, whenFalse, whenTrue);
            case SeccompOperator.Greater:
                return WriteAbove(condition, BpfAssembler.BPF_JGT_K, wide, whenTrue, whenFalse);
            case SeccompOperator.LessOrEqual:
                return WriteAbove(condition, BpfAssembler.BPF_JGT_K, wide, whenFalse, whenTrue);
            case SeccompOperator.GreaterOrEqual:
                return WriteAbove(condition, BpfAssembler.BPF_JGE_K, wide, whenTrue, whenFalse);
            case SeccompOperator.Less:
                return WriteAbove(condition, BpfAssembler.BPF_JGE_K, wide, whenFalse, whenTrue);
            default:
                throw new InvalidOperationException($"operator {condition.Operator}");
        }
    }

    private int WriteEqual(in SeccompCondition condition, bool wide, int whenTrue, int whenFalse)
    {
        int label = whenTrue;
        if ((uint)condition.Mask != 0)
            label = WriteHalf(LowHalf(condition.Index), (uint)condition.Mask, (uint)condition.Datum, whenTrue, whenFalse);
        if (wide && condition.Mask >> 32 != 0)
            label = WriteHalf(HighHalf(condition.Index), (uint)(condition.Mask >> 32), (uint)(condition.Datum >> 32), label, whenFalse);
        return label;
    }

    private int WriteHalf(uint offset, uint mask, uint datum, int whenTrue, int whenFalse)
    {
        _assembler.Branch(BpfAssembler.BPF_JEQ_K, datum, whenTrue, whenFalse);
        if (mask != uint.MaxValue)
            _assembler.And(mask);
        return _assembler.Load(offset);
    }

    private int WriteAbove(in SeccompCondition condition, ushort compareLow, bool wide, int whenTrue, int whenFalse)
    {
        _assembler.Branch(compareLow, (uint)condition.Datum, whenTrue, whenFalse);
        int low = _assembler.Load(LowHalf(condition.Index));
        if (!wide)
            return low;
        uint high = (uint)(condition.Datum >> 32);
        int equal = _assembler.Branch(BpfAssembler.BPF_JEQ_K, high, low, whenFalse);
        _assembler.Branch(BpfAssembler.BPF_JGT_K, high, whenTrue, equal);
        return _assembler.Load(HighHalf(condition.Index));
    }

    // Little endian: the low half comes first.
    private static uint LowHalf(byte argument) => ArgumentsOffset + argument * 8u;

    private static uint HighHalf(byte argument) => LowHalf(argument) + 4;

    private readonly record struct Outcome(uint Action, int[]? Chain, bool IsWide);
}

/// <summary>The ranges of one architecture, or of x86-64 and x32, which the kernel does not tell apart.</summary>
internal readonly record struct SeccompSection(uint AuditNumber, List<SyscallRange> Ranges);
