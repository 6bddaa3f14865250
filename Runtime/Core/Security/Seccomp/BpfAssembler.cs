using System.Runtime.InteropServices;

namespace Vessel.Core.Security.Seccomp;

/// <summary>Writes a classic BPF program from its end to its beginning.</summary>
/// <remarks>
/// Classic BPF jumps only forward, and a conditional jump reaches 255 instructions. Written backwards, every target already has its
/// place, so that a distance is known when the jump is written, and one that is too long is cured on the spot by an unconditional jump
/// (32-bit distance) or, where the target is a return, by another copy of it. A label is the number of instructions behind the one it
/// names. Whatever is written next stands in front of what was written before: a load must be written directly after the jump that
/// uses it, with nothing in between.
/// </remarks>
internal sealed class BpfAssembler
{
    // linux/bpf_common.h, linux/filter.h
    public const ushort BPF_JEQ_K = 0x15;   // BPF_JMP | BPF_JEQ | BPF_K
    public const ushort BPF_JGT_K = 0x25;
    public const ushort BPF_JGE_K = 0x35;
    private const ushort BPF_LD_W_ABS = 0x20;
    private const ushort BPF_AND_K = 0x54;
    private const ushort BPF_JA = 0x05;
    private const ushort BPF_RET_K = 0x06;

    private const int Reach = byte.MaxValue;

    private readonly Dictionary<int, int> _trampolines = [];
    private ulong[] _code = new ulong[512];
    private int _count;
    private (uint Value, int Label)[] _returns = new (uint, int)[8];
    private int _returnCount;

    public int Count => _count;

    /// <summary>A <c>return value</c> that a conditional jump written now or soon can reach.</summary>
    public int Return(uint value)
    {
        for (int i = 0; i < _returnCount; i++)
        {
            if (_returns[i].Value != value)
                continue;
            if (Distance(_returns[i].Label) >= Reach - 1)
                _returns[i].Label = Emit(BPF_RET_K, 0, 0, value);
            return _returns[i].Label;
        }
        if (_returnCount == _returns.Length)
            Array.Resize(ref _returns, _returnCount * 2);
        int label = Emit(BPF_RET_K, 0, 0, value);
        _returns[_returnCount++] = (value, label);
        return label;
    }

    /// <summary>A conditional jump on the accumulator.</summary>
    public int Branch(ushort code, uint operand, int whenTrue, int whenFalse)
    {
        // Bringing the second target near may write one instruction, which moves the first one away by one.
        whenTrue = Near(whenTrue, 1);
        whenFalse = Near(whenFalse, 0);
        return Emit(code, Distance(whenTrue), Distance(whenFalse), operand);
    }

    /// <summary>Loads a word of <c>struct seccomp_data</c>; falls into what was written just before.</summary>
    public int Load(uint offset) => Emit(BPF_LD_W_ABS, 0, 0, offset);

    /// <summary>Masks the accumulator; falls into what was written just before.</summary>
    public int And(uint mask) => Emit(BPF_AND_K, 0, 0, mask);

    public byte[] ToArray()
    {
        ulong[] forward = new ulong[_count];
        for (int i = 0; i < _count; i++)
            forward[i] = _code[_count - 1 - i];
        // Both supported processors are little endian, so that the packed words have the layout of struct sock_filter.
        return MemoryMarshal.AsBytes<ulong>(forward).ToArray();
    }

    private int Near(int label, int reserve)
    {
        if (Distance(label) + reserve <= Reach)
            return label;
        ulong target = _code[label];
        if ((ushort)target == BPF_RET_K)
            return Return((uint)(target >> 32));
        if (_trampolines.TryGetValue(label, out int known) && Distance(known) + reserve <= Reach)
            return known;
        int jump = Emit(BPF_JA, 0, 0, (uint)Distance(label));
        _trampolines[label] = jump;
        return jump;
    }

    private int Distance(int label) => _count - 1 - label;

    private int Emit(ushort code, int jumpTrue, int jumpFalse, uint operand)
    {
        // A distance cut down to eight bits would be a filter that decides something else.
        if ((uint)jumpTrue > Reach || (uint)jumpFalse > Reach)
            throw new InvalidOperationException($"a jump over {Math.Max(jumpTrue, jumpFalse)} instructions");
        if (_count == _code.Length)
            Array.Resize(ref _code, _count * 2);
        _code[_count] = code | (ulong)jumpTrue << 16 | (ulong)jumpFalse << 24 | (ulong)operand << 32;
        return _count++;
    }
}
