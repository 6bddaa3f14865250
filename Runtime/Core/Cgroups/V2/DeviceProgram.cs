using Vessel.Native.Raw;
using static Vessel.Native.Raw.Bpf;

namespace Vessel.Core.Cgroups.V2;

/// <summary>Device rules as an eBPF program: on cgroup v2 there is no list to write, the kernel asks a program.</summary>
/// <remarks>
/// The kernel passes <c>struct bpf_cgroup_dev_ctx</c>: access and type in one word, major, minor. The last rule that says something decides, so
/// the rules are tested from the last to the first; the default comes at the end. An allowing rule must allow all that is asked for at once;
/// a denying rule denies when any of it is denied.
/// </remarks>
public static class DeviceProgram
{
    private const byte Context = 1, Type = 2, Access = 3, Major = 4, Minor = 5, Scratch = 6;

    private const byte LoadWord = 0x61, MoveRegister = 0xbf, MoveConstant = 0xb7, AndConstant = 0x57, ShiftRight = 0x77;
    private const byte JumpIfNotEqual = 0x55, JumpIfEqual = 0x15, Exit = 0x95;

    /// <summary>Assembles the program.</summary>
    public static bpf_insn[] Assemble(DeviceRules rules)
    {
        List<bpf_insn> code =
        [
            new(LoadWord, Registers(Type, Context), 0, 0),
            new(AndConstant, Type, 0, 0xffff),
            new(LoadWord, Registers(Access, Context), 0, 0),
            new(ShiftRight, Access, 0, 16),
            new(LoadWord, Registers(Major, Context), 4, 0),
            new(LoadWord, Registers(Minor, Context), 8, 0),
        ];
        for (int i = rules.Exceptions.Count - 1; i >= 0; i--)
            AppendRule(code, rules.Exceptions[i]);
        code.Add(new(MoveConstant, 0, 0, rules.AllowByDefault ? 1 : 0));
        code.Add(new(Exit, 0, 0, 0));
        return [.. code];
    }

    private static void AppendRule(List<bpf_insn> code, DeviceRule rule)
    {
        List<bpf_insn> tests = [new(JumpIfNotEqual, Type, 0, rule.Type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR)];
        tests.Add(new(MoveRegister, Registers(Scratch, Access), 0, 0));
        int mask = AccessMask(rule.Access);
        if (rule.Allow)
        {
            tests.Add(new(AndConstant, Scratch, 0, ~mask));
            tests.Add(new(JumpIfNotEqual, Scratch, 0, 0));
        }
        else
        {
            tests.Add(new(AndConstant, Scratch, 0, mask));
            tests.Add(new(JumpIfEqual, Scratch, 0, 0));
        }
        if (rule.Major is { } major)
            tests.Add(new(JumpIfNotEqual, Major, 0, (int)major));
        if (rule.Minor is { } minor)
            tests.Add(new(JumpIfNotEqual, Minor, 0, (int)minor));

        // A test that fails goes on behind the rule's two last instructions.
        for (int i = 0; i < tests.Count; i++)
            code.Add(tests[i].Code is JumpIfNotEqual or JumpIfEqual ? tests[i] with { Offset = (short)(tests.Count - i - 1 + 2) } : tests[i]);
        code.Add(new(MoveConstant, 0, 0, rule.Allow ? 1 : 0));
        code.Add(new(Exit, 0, 0, 0));
    }

    private static int AccessMask(string access)
    {
        int mask = 0;
        foreach (char letter in access)
            mask |= letter switch { 'r' => BPF_DEVCG_ACC_READ, 'w' => BPF_DEVCG_ACC_WRITE, 'm' => BPF_DEVCG_ACC_MKNOD, _ => 0 };
        return mask;
    }

    private static byte Registers(byte destination, byte source) => (byte)(destination | (source << 4));
}
