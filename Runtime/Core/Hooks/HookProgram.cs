using Vessel.Oci.Runtime;

namespace Vessel.Core.Hooks;

/// <summary>A hook that is about to run, and its standard streams, as descriptors that the child inherits.</summary>
/// <param name="Hook">The hook.</param>
/// <param name="Input">The state document.</param>
/// <param name="Output">Takes its output.</param>
/// <param name="Errors">Takes its errors.</param>
public sealed record HookProgram(SpecHook Hook, int Input, int Output, int Errors)
{
    /// <summary>What the program is called with, its own name included.</summary>
    public IReadOnlyList<string> Arguments => Hook.Args.Count > 0 ? Hook.Args : [Hook.Path];

    /// <summary>The three streams.</summary>
    public IEnumerable<int> Descriptors => [Input, Output, Errors];
}
