using System.Buffers.Binary;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Native.Child;

/// <summary>A program for the child as it is written: instructions, slots and data. Made before the clone, then laid out once by <see cref="ProgramImage"/>.</summary>
/// <remarks>Data is text with its NUL, structs and buffers. Pointers inside data are noted, so that the layout can put addresses there.</remarks>
public sealed class ChildProgram
{
    private const int FirstFreeSlot = 3;

    private readonly Dictionary<string, Data> texts = new(StringComparer.Ordinal);
    private byte[] data = new byte[4096];
    private int dataLength;
    private IPlanStep? step;

    /// <summary>The instructions, in order.</summary>
    public List<Instruction> Instructions { get; } = new(256);

    /// <summary>How many slots the program uses.</summary>
    public int SlotCount { get; private set; } = FirstFreeSlot;

    /// <summary>Bytes of data laid down until now.</summary>
    public ReadOnlySpan<byte> DataBytes => data.AsSpan(0, dataLength);

    internal List<(int Offset, Data Target)> Pointers { get; } = [];

    internal List<int> LabelTargets { get; } = [];

    /// <summary>The failure part's label.</summary>
    public Label? Failure { get; private set; }

    /// <summary>All that follows belongs to this step, until the next.</summary>
    public void Begin(IPlanStep next) => step = next;

    /// <summary>A system call.</summary>
    public Instruction Call(int number, params ReadOnlySpan<Operand> arguments)
    {
        Instruction instruction = new(number, arguments, step);
        Instructions.Add(instruction);
        return instruction;
    }

    /// <summary>Goes on at <paramref name="target"/> where the two are equal.</summary>
    public void BranchIfEqual(Operand left, Operand right, Label target) => Call((int)Operation.BranchIfEqual, left, right, target);

    /// <summary>Goes on at <paramref name="target"/>.</summary>
    public void Jump(Label target) => Call((int)Operation.BranchIfEqual, 0, 0, target);

    /// <summary>Loads the 32-bit word at a place of the data.</summary>
    public Slot Load(Data place, uint mask = uint.MaxValue)
    {
        Slot slot = NewSlot();
        Call((int)Operation.Load, place, mask).Into(slot);
        return slot;
    }

    /// <summary>Stores a 32-bit word at a place of the data.</summary>
    public void Store(Data place, Operand value) => Call((int)Operation.Store, place, value);

    /// <summary>Puts a number or an address into a slot.</summary>
    public Instruction Set(Slot slot, Operand value) => Call((int)Operation.Set, value).Into(slot);

    /// <summary>A call whose result is kept in a new slot.</summary>
    public Slot CallInto(int number, params ReadOnlySpan<Operand> arguments)
    {
        Slot slot = NewSlot();
        Call(number, arguments).Into(slot);
        return slot;
    }

    /// <summary>A slot that nothing else uses.</summary>
    public Slot NewSlot() => new(checked((ushort)SlotCount++));

    /// <summary>A label, to be put down by <see cref="Mark"/>.</summary>
    public Label NewLabel()
    {
        LabelTargets.Add(-1);
        return new Label(LabelTargets.Count - 1);
    }

    /// <summary>Puts a label down before the next instruction.</summary>
    public void Mark(Label label) => LabelTargets[label.Index] = Instructions.Count;

    /// <summary>A new label, put down before the next instruction.</summary>
    public Label MarkHere()
    {
        Label label = NewLabel();
        Mark(label);
        return label;
    }

    /// <summary>The exception for what the child told about itself: the instruction's number, from one, and the errno.</summary>
    public SyscallException Failed(int number, int errno)
    {
        Instruction instruction = Instructions[number - 1];
        return instruction.Step is { } failed
            ? new SyscallException(failed.Describe(), errno, failed.DescribeFailure(errno))
            : new SyscallException(instruction.ToString(), errno);
    }

    /// <summary>Where the walk goes on after an error that no handler names.</summary>
    public void SetFailure(Label label) => Failure = label;

    /// <summary>A text with its NUL; the same text is laid down once.</summary>
    public Data Text(string text)
    {
        if (texts.TryGetValue(text, out Data known))
            return known;
        byte[] bytes = Safe.ByteText.Encode(text);
        Data place = Reserve(bytes.Length + 1, alignment: 1);
        bytes.CopyTo(data.AsSpan(place.Offset));
        texts.Add(text, place);
        return place;
    }

    /// <summary>Bytes, aligned to eight.</summary>
    public Data Bytes(ReadOnlySpan<byte> bytes)
    {
        Data place = Reserve(bytes.Length);
        bytes.CopyTo(data.AsSpan(place.Offset));
        return place;
    }

    /// <summary>A struct, as it lies in memory.</summary>
    public unsafe Data Struct<T>(T value) where T : unmanaged => Bytes(new ReadOnlySpan<byte>(&value, sizeof(T)));

    /// <summary>Zeroed room.</summary>
    public Data Reserve(int length, int alignment = 8)
    {
        int start = (dataLength + alignment - 1) & -alignment;
        int end = start + length;
        if (end > data.Length)
            Array.Resize(ref data, Math.Max(end, data.Length * 2));
        dataLength = end;
        return new Data(start);
    }

    /// <summary>A list of pointers to texts with a null at its end, as execve(2) takes it.</summary>
    public Data TextList(IReadOnlyList<string> list)
    {
        Data place = Reserve((list.Count + 1) * 8);
        for (int i = 0; i < list.Count; i++)
            PointTo(place.At(i * 8), Text(list[i]));
        return place;
    }

    /// <summary>Writes a 64-bit number into data laid down before.</summary>
    public void Put(Data place, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(place.Offset), value);

    /// <summary>Writes a 32-bit number into data laid down before.</summary>
    public void Put(Data place, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(place.Offset), value);

    /// <summary>Makes eight bytes of data the address of other data.</summary>
    public void PointTo(Data place, Data target) => Pointers.Add((place.Offset, target));

    /// <summary>A message for sendmsg(2) or recvmsg(2): one buffer, and room for the ancillary data of <paramref name="descriptors"/> descriptors.</summary>
    public unsafe (Data Header, Data Descriptors) Message(Data buffer, int length, int descriptors)
    {
        Data piece = Struct(new iovec { iov_len = (ulong)length });
        PointTo(piece, buffer);
        int used = sizeof(cmsghdr) + descriptors * sizeof(int);
        Data control = Reserve((used + 7) & ~7);
        cmsghdr ancillary = new() { cmsg_len = (ulong)used, cmsg_level = Socket.SOL_SOCKET, cmsg_type = Socket.SCM_RIGHTS };
        new ReadOnlySpan<byte>(&ancillary, sizeof(cmsghdr)).CopyTo(data.AsSpan(control.Offset));
        Data header = Struct(new msghdr { msg_iovlen = 1, msg_controllen = descriptors == 0 ? 0UL : (ulong)((used + 7) & ~7) });
        PointTo(header.At(16), piece);
        if (descriptors > 0)
            PointTo(header.At(32), control);
        return (header, control.At(sizeof(cmsghdr)));
    }
}
