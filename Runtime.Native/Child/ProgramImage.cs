using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using static Vessel.Native.Raw.Open;
using static Vessel.Native.Raw.ProcessControl;

namespace Vessel.Native.Child;

/// <summary>
/// A child program laid out for the walker: a header, the slots, the instructions and the data, with all addresses in place.
/// Either at an address of our own memory, or as an ELF executable of two segments in a sealed memfd.
/// </summary>
/// <remarks>
/// The header is { instructions: 8, slots: 8, index of the failure part: 4 }. An instruction takes 72 bytes:
/// { number: 4, mask of the arguments that are slots: 1, 0: 1, result slot: 2, arguments: 6 × 8, handlers: 3 × (errno: 2, target: 2), next: 2, own number from one: 2 }.
/// </remarks>
public static unsafe class ProgramImage
{
    internal const int HeaderSize = 32;
    internal const int InstructionSize = 72;

    // Where the executable lies: code in the first page of the file, the program from the second on. The walker's code knows ProgramAddress.
    internal const ulong CodeAddress = 0x200000;
    internal const ulong ProgramAddress = 0x201000;
    private const int PageSize = 4096;
    private const int CodeOffset = 0x100;

    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_POPULATE = 0x8000;

    /// <summary>Bytes that <paramref name="program"/> takes.</summary>
    public static int SizeOf(ChildProgram program) =>
        HeaderSize + program.SlotCount * 8 + program.Instructions.Count * InstructionSize + program.DataBytes.Length;

    /// <summary>Lays the program out in <paramref name="target"/> as it must lie at <paramref name="address"/>.</summary>
    public static void Write(ChildProgram program, Span<byte> target, ulong address)
    {
        int slots = HeaderSize;
        int instructions = slots + program.SlotCount * 8;
        int data = instructions + program.Instructions.Count * InstructionSize;
        BinaryPrimitives.WriteUInt64LittleEndian(target, address + (ulong)instructions);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], address + (ulong)slots);
        BinaryPrimitives.WriteInt32LittleEndian(target[16..], Resolve(program, program.Failure ?? throw new InvalidOperationException("the program has no failure part")));
        target[slots..instructions].Clear();

        ulong dataAddress = address + (ulong)data;
        for (int i = 0; i < program.Instructions.Count; i++)
            WriteInstruction(program, i, target.Slice(instructions + i * InstructionSize, InstructionSize), dataAddress);

        program.DataBytes.CopyTo(target[data..]);
        foreach ((int offset, Data pointee) in program.Pointers)
            BinaryPrimitives.WriteUInt64LittleEndian(target[(data + offset)..], dataAddress + (ulong)pointee.Offset);
    }

    /// <summary>The program as an executable in a sealed memfd: nobody can change it, and it leads to no file of the host.</summary>
    public static FileDescriptor ToExecutable(ChildProgram program) => ToExecutable(program, RuntimeInformation.ProcessArchitecture);

    /// <summary>The same for another architecture: its walker, its calls' numbers are the program's own affair.</summary>
    public static FileDescriptor ToExecutable(ChildProgram program, Architecture architecture)
    {
        int size = SizeOf(program);
        FileDescriptor memory = CreateMemory();
        try
        {
            Check.Ok(Files.TrySetLength(memory, PageSize + size), "set length of", "memfd");
            WriteInto(memory, PageSize + size, program, architecture);
            Check.Ok(Kernel.Call(SYS.fcntl, memory.Number, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), "seal memfd");
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    // Straight into its pages: laid out elsewhere first, it would be in memory twice.
    private static void WriteInto(FileDescriptor memory, int size, ChildProgram program, Architecture architecture)
    {
        nint address = Check.Ok(Kernel.Call(SYS.mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory.Number, 0), "mmap", "memfd");
        try
        {
            Span<byte> file = new((void*)address, size);
            ReadOnlySpan<byte> code = Walker.CodeFor(architecture);
            WriteElfHeader(file, architecture, code.Length, size - PageSize);
            code.CopyTo(file[CodeOffset..]);
            Write(program, file[PageSize..], ProgramAddress);
        }
        finally
        {
            Kernel.Call(SYS.munmap, address, size);
        }
    }

    private static FileDescriptor CreateMemory()
    {
        fixed (byte* name = "vrun:init\0"u8)
        {
            // MFD_EXEC: Linux 6.3; where the host forbids executable memfds by default (vm.memfd_noexec=1) it must be asked for.
            nint result = Kernel.Call(SYS.memfd_create, (nint)name, (nint)(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
            if (result == -Errno.EINVAL)
                result = Kernel.Call(SYS.memfd_create, (nint)name, (nint)(MFD_CLOEXEC | MFD_ALLOW_SEALING));
            return new FileDescriptor((int)Check.Ok(result, "memfd_create"));
        }
    }

    private static void WriteInstruction(ChildProgram program, int index, Span<byte> target, ulong dataAddress)
    {
        Instruction instruction = program.Instructions[index];
        BinaryPrimitives.WriteInt32LittleEndian(target, instruction.Number);
        byte mask = 0;
        for (int a = 0; a < 6; a++)
        {
            Operand argument = instruction.Argument(a);
            ulong value = argument.Kind switch
            {
                OperandKind.Data => dataAddress + argument.Value,
                OperandKind.Label => (ulong)Resolve(program, new Label((int)argument.Value)),
                _ => argument.Value,
            };
            if (argument.Kind == OperandKind.Slot)
                mask |= (byte)(1 << a);
            BinaryPrimitives.WriteUInt64LittleEndian(target[(8 + a * 8)..], value);
        }
        target[4] = mask;
        target[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], instruction.Result.Index);
        for (int h = 0; h < Instruction.MaxHandlers; h++)
        {
            (ushort errno, int goOn) = instruction.Handler(h) is { } handler ? (handler.Errno, Resolve(program, handler.Target)) : ((ushort)0, 0);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(56 + h * 4)..], errno);
            BinaryPrimitives.WriteUInt16LittleEndian(target[(58 + h * 4)..], (ushort)goOn);
        }
        int next = instruction.Next is { } label ? Resolve(program, label) : index + 1;
        BinaryPrimitives.WriteUInt16LittleEndian(target[68..], (ushort)next);
        // Counted from one, so that zero means: none has failed.
        BinaryPrimitives.WriteUInt16LittleEndian(target[70..], (ushort)(index + 1));
    }

    private static int Resolve(ChildProgram program, Label label)
    {
        int target = program.LabelTargets[label.Index];
        // A label behind the last instruction, or never put down, would let the child run out of its program.
        if (target < 0 || target >= program.Instructions.Count || target > ushort.MaxValue)
            throw new InvalidOperationException($"label {label.Index} leads nowhere");
        return target;
    }

    private static void WriteElfHeader(Span<byte> file, Architecture architecture, int codeLength, int programLength)
    {
        const int EhdrSize = 64, PhdrSize = 56;
        const uint PF_X = 1, PF_W = 2, PF_R = 4, PT_LOAD = 1, PT_GNU_STACK = 0x6474e551;
        const ushort EM_X86_64 = 62, EM_AARCH64 = 183;

        "\u007fELF"u8.CopyTo(file);
        file[4] = 2; // 64 bit
        file[5] = 1; // little endian
        file[6] = 1; // version
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2); // ET_EXEC: at fixed addresses
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], architecture == Architecture.Arm64 ? EM_AARCH64 : EM_X86_64);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], CodeAddress + CodeOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], EhdrSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], EhdrSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], PhdrSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 3);
        Segment(file[EhdrSize..], PT_LOAD, PF_R | PF_X, 0, CodeAddress, CodeOffset + codeLength);
        Segment(file[(EhdrSize + PhdrSize)..], PT_LOAD, PF_R | PF_W, PageSize, ProgramAddress, programLength);
        Segment(file[(EhdrSize + 2 * PhdrSize)..], PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
    }

    private static void Segment(Span<byte> header, uint type, uint flags, ulong offset, ulong address, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], PageSize);
    }
}
