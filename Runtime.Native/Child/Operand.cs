namespace Vessel.Native.Child;

/// <summary>A place of the child's that holds the result of a call: a descriptor, a pid, a loaded value.</summary>
public readonly record struct Slot(ushort Index)
{
    /// <summary>Results that nobody wants.</summary>
    public static Slot None => new(0);

    /// <summary>The errno of the call that failed last.</summary>
    public static Slot Errno => new(1);

    /// <summary>The number, from one, of the instruction that failed without a handler.</summary>
    public static Slot FailedInstruction => new(2);
}

/// <summary>A piece of the program's data, by its distance from the start of the data.</summary>
public readonly record struct Data(int Offset)
{
    /// <summary>A place inside this piece.</summary>
    public Data At(int distance) => new(Offset + distance);
}

/// <summary>A place in the program to go on at.</summary>
public readonly record struct Label(int Index);

/// <summary>One argument of an instruction: a number, what a slot holds, or the address of data.</summary>
public readonly record struct Operand(OperandKind Kind, ulong Value)
{
    public static implicit operator Operand(int value) => new(OperandKind.Number, (ulong)(long)value);

    public static implicit operator Operand(uint value) => new(OperandKind.Number, value);

    public static implicit operator Operand(long value) => new(OperandKind.Number, (ulong)value);

    public static implicit operator Operand(ulong value) => new(OperandKind.Number, value);

    public static implicit operator Operand(Slot slot) => new(OperandKind.Slot, slot.Index);

    public static implicit operator Operand(Data data) => new(OperandKind.Data, (ulong)data.Offset);

    public static implicit operator Operand(Label label) => new(OperandKind.Label, (ulong)label.Index);
}

/// <summary>What an <see cref="Operand"/> is.</summary>
public enum OperandKind : byte
{
    Number,
    Slot,
    Data,
    Label,
}
