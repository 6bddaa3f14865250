using System.Buffers.Binary;
using Vessel.Core.Security.Seccomp;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>A call as a filter sees it: <c>struct seccomp_data</c>.</summary>
internal readonly record struct SeccompCall(uint Number, uint AuditNumber, params ulong[] Arguments)
{
    public SeccompCall(SeccompArchitecture architecture, string name, params ulong[] arguments)
        : this(NumberOf(architecture, name), SeccompArchitectures.AuditNumber(architecture), arguments)
    {
    }

    public SeccompCall(SeccompArchitecture architecture, uint number, params ulong[] arguments)
        : this(number, SeccompArchitectures.AuditNumber(architecture), arguments)
    {
    }

    public ulong Argument(int index) => index < Arguments.Length ? Arguments[index] : 0;

    public byte[] ToBytes()
    {
        byte[] data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, Number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), AuditNumber);
        for (int i = 0; i < 6; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + 8 * i), Argument(i));
        return data;
    }

    public override string ToString() =>
        $"call {Number:x} of {AuditNumber:x8} ({string.Join(", ", Arguments.Select(a => a.ToString("x")))})";

    private static uint NumberOf(SeccompArchitecture architecture, string name) =>
        SyscallTable.TryGetNumber(architecture, name, out uint number)
            ? number
            : throw new ArgumentException($"{architecture} has no {name}");
}

/// <summary>Checks a classic BPF program as the kernel does before loading it (seccomp_check_filter), and runs it.</summary>
internal sealed class BpfInterpreter
{
    private readonly (ushort Code, byte JumpTrue, byte JumpFalse, uint Operand)[] _program;

    public BpfInterpreter(byte[] program)
    {
        if (program.Length == 0 || program.Length % 8 != 0 || program.Length / 8 > 4096)
            throw new InvalidDataException($"{program.Length} bytes are not a program");
        _program = new (ushort, byte, byte, uint)[program.Length / 8];
        for (int i = 0; i < _program.Length; i++)
        {
            ReadOnlySpan<byte> bytes = program.AsSpan(i * 8, 8);
            _program[i] = (BinaryPrimitives.ReadUInt16LittleEndian(bytes), bytes[2], bytes[3], BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
        }
        Verify();
    }

    public int Count => _program.Length;

    /// <summary>How many instructions the last run took.</summary>
    public int Steps { get; private set; }

    public uint Run(in SeccompCall call)
    {
        byte[] data = call.ToBytes();
        uint accumulator = 0;
        Steps = 0;
        for (int at = 0; ; at++)
        {
            Steps++;
            (ushort code, byte jumpTrue, byte jumpFalse, uint operand) = _program[at];
            switch (code)
            {
                case 0x20:
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)operand));
                    break;
                case 0x54:
                    accumulator &= operand;
                    break;
                case 0x05:
                    at += (int)operand;
                    break;
                case 0x15:
                    at += accumulator == operand ? jumpTrue : jumpFalse;
                    break;
                case 0x25:
                    at += accumulator > operand ? jumpTrue : jumpFalse;
                    break;
                case 0x35:
                    at += accumulator >= operand ? jumpTrue : jumpFalse;
                    break;
                case 0x45:
                    at += (accumulator & operand) != 0 ? jumpTrue : jumpFalse;
                    break;
                case 0x06:
                    return operand;
                default:
                    throw new InvalidDataException($"code {code:x} at {at}");
            }
        }
    }

    private void Verify()
    {
        int length = _program.Length;
        for (int i = 0; i < length; i++)
        {
            (ushort code, byte jumpTrue, byte jumpFalse, uint operand) = _program[i];
            bool isGood = code switch
            {
                0x20 => operand < 64 && operand % 4 == 0,
                0x54 or 0x06 => true,
                0x05 => operand < (uint)(length - i - 1),
                0x15 or 0x25 or 0x35 or 0x45 => i + 1 + jumpTrue < length && i + 1 + jumpFalse < length,
                _ => false,
            };
            if (!isGood)
                throw new InvalidDataException($"the kernel refuses instruction {i} of {length}: {code:x} {jumpTrue} {jumpFalse} {operand:x}");
        }
        if (_program[^1].Code != 0x06)
            throw new InvalidDataException("the last instruction is not a return");
    }
}
