using System.Runtime.CompilerServices;
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

    private const int MaxArguments = 6;

    // A container's program has some seven hundred of these: they are kept small.
    private readonly Values values;
    private readonly Kinds kinds;
    private readonly byte argumentCount;
    private byte handlerCount;
    private Handlers handlers;
    private int next = -1;

    internal Instruction(int number, ReadOnlySpan<Operand> arguments, IPlanStep? step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, MaxArguments);
        Number = number;
        Step = step;
        argumentCount = (byte)arguments.Length;
        for (int i = 0; i < arguments.Length; i++)
            (kinds[i], values[i]) = (arguments[i].Kind, arguments[i].Value);
    }

    /// <summary>The system call's number, or an <see cref="Operation"/>.</summary>
    public int Number { get; }

    /// <summary>The step of the plan that this instruction belongs to; its description names the object when the kernel refuses.</summary>
    public IPlanStep? Step { get; }

    /// <summary>Where the result goes.</summary>
    public Slot Result { get; private set; }

    /// <summary>How many arguments were given.</summary>
    public int ArgumentCount => argumentCount;

    internal Label? Next => next < 0 ? null : new Label(next);

    /// <summary>The arguments, in order.</summary>
    public Operand Argument(int index) => new(kinds[index], values[index]);

    /// <summary>Keeps the result.</summary>
    public Instruction Into(Slot slot)
    {
        Result = slot;
        return this;
    }

    /// <summary>Goes on at <paramref name="target"/> when the kernel answers <paramref name="errno"/>. Three at most.</summary>
    public Instruction On(int errno, Label target)
    {
        if (handlerCount == MaxHandlers)
            throw new InvalidOperationException("an instruction has three handlers at most");
        handlers[handlerCount++] = ((ushort)errno, checked((ushort)target.Index));
        return this;
    }

    /// <summary>Goes on at <paramref name="target"/> after success.</summary>
    public Instruction Then(Label target)
    {
        next = target.Index;
        return this;
    }

    internal (ushort Errno, Label Target)? Handler(int index) => index >= handlerCount ? null : (handlers[index].Errno, new Label(handlers[index].Label));

    /// <inheritdoc/>
    public override string ToString() => Number < 0 ? ((Operation)Number).ToString() : SYS.NameOf(Number);

    [InlineArray(MaxArguments)]
    private struct Values
    {
        private ulong first;
    }

    [InlineArray(MaxArguments)]
    private struct Kinds
    {
        private OperandKind first;
    }

    [InlineArray(MaxHandlers)]
    private struct Handlers
    {
        private (ushort Errno, ushort Label) first;
    }
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
