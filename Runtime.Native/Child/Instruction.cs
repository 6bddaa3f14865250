using Vessel.Native.Raw;

namespace Vessel.Native.Child;

/// <summary>One thing that the child does: a system call by number, or one of the four operations of <see cref="Operation"/>.</summary>
/// <remarks>A result of the kernel's that is no error goes to the result slot, and the walk goes on at the next instruction.
/// An error goes to the first handler that names it; without one the walk goes on at the program's failure part.</remarks>
public sealed class Instruction
{
    /// <summary>In a handler: whatever the error is.</summary>
    public const ushort AnyError = 0xffff;

    internal const int MaxHandlers = 3;

    private byte handlerCount;
    private (ushort Errno, Label Target) first, second, third;

    internal Instruction(int number, ReadOnlySpan<Operand> arguments, IPlanStep? step)
    {
        Number = number;
        Step = step;
        ArgumentCount = arguments.Length;
        Operand zero = 0;
        A0 = ArgumentCount > 0 ? arguments[0] : zero;
        A1 = ArgumentCount > 1 ? arguments[1] : zero;
        A2 = ArgumentCount > 2 ? arguments[2] : zero;
        A3 = ArgumentCount > 3 ? arguments[3] : zero;
        A4 = ArgumentCount > 4 ? arguments[4] : zero;
        A5 = ArgumentCount > 5 ? arguments[5] : zero;
    }

    /// <summary>The system call's number, or an <see cref="Operation"/>.</summary>
    public int Number { get; }

    /// <summary>The step of the plan that this instruction belongs to; its description names the object when the kernel refuses.</summary>
    public IPlanStep? Step { get; }

    /// <summary>Where the result goes.</summary>
    public Slot Result { get; private set; }

    /// <summary>How many arguments were given.</summary>
    public int ArgumentCount { get; }

    internal Operand A0 { get; }

    internal Operand A1 { get; }

    internal Operand A2 { get; }

    internal Operand A3 { get; }

    internal Operand A4 { get; }

    internal Operand A5 { get; }

    internal Label? Next { get; private set; }

    /// <summary>The arguments, in order.</summary>
    public Operand Argument(int index) => index switch { 0 => A0, 1 => A1, 2 => A2, 3 => A3, 4 => A4, _ => A5 };

    /// <summary>Keeps the result.</summary>
    public Instruction Into(Slot slot)
    {
        Result = slot;
        return this;
    }

    /// <summary>Goes on at <paramref name="target"/> when the kernel answers <paramref name="errno"/>. Three at most.</summary>
    public Instruction On(int errno, Label target)
    {
        (ushort, Label) handler = ((ushort)errno, target);
        switch (handlerCount++)
        {
            case 0: first = handler; break;
            case 1: second = handler; break;
            case 2: third = handler; break;
            default: throw new InvalidOperationException("an instruction has three handlers at most");
        }
        return this;
    }

    /// <summary>Goes on at <paramref name="target"/> after success.</summary>
    public Instruction Then(Label target)
    {
        Next = target;
        return this;
    }

    internal (ushort Errno, Label Target)? Handler(int index) => index >= handlerCount ? null : index switch { 0 => first, 1 => second, _ => third };

    /// <inheritdoc/>
    public override string ToString() => Number < 0 ? ((Operation)Number).ToString() : SYS.NameOf(Number);
}

/// <summary>What the child can do beside system calls.</summary>
public enum Operation
{
    /// <summary>The result is the 32-bit word at A0, and A1.</summary>
    Load = unchecked((int)0x80000001),

    /// <summary>Writes the low 32 bits of A1 to the word at A0.</summary>
    Store = unchecked((int)0x80000002),

    /// <summary>Goes on at A2 where A0 equals A1.</summary>
    BranchIfEqual = unchecked((int)0x80000003),

    /// <summary>The result is A0.</summary>
    Set = unchecked((int)0x80000004),
}

/// <summary>A step of a plan as a person sees it; an instruction that fails is described by its step.</summary>
public interface IPlanStep
{
    /// <summary>What is attempted, on which object: <c>mount proc on /proc</c>.</summary>
    string Describe();

    /// <summary>What is told when the kernel refuses it.</summary>
    string DescribeFailure(int errno);
}
