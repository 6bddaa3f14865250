using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;

namespace Vessel.Core.Process;

/// <summary>Gives the child its standard streams.</summary>
/// <param name="Streams">Descriptors that the child inherits, for the numbers 0, 1 and 2.</param>
public sealed record RedirectStreams(IReadOnlyList<int> Streams) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "redirect the standard streams";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program.Child, Streams);

    internal static void Write(ChildProgram child, IReadOnlyList<int> streams)
    {
        for (int number = 0; number < streams.Count; number++)
            child.Call(SYS.dup3, streams[number], number, 0);
    }
}
