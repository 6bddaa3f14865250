using Vessel.Native.Child;
using Vessel.Native.Safe;

namespace Vessel.Core.Plan;

/// <summary>One thing that is done to make a container: a value that can be printed and compared, and that writes its instructions for the child.</summary>
public abstract record PlanStep : IPlanStep
{
    /// <inheritdoc/>
    public abstract string Describe();

    /// <inheritdoc/>
    public virtual string DescribeFailure(int errno) => $"{Describe()}: {SyscallException.Describe(errno)}";

    /// <summary>What is attempted, with all that decides the outcome: options, flags, values.</summary>
    public virtual string Explain() => Describe();

    /// <summary>Writes the instructions that do it.</summary>
    public abstract void Emit(InitProgram program);

    /// <inheritdoc/>
    public sealed override string ToString() => Explain();
}
