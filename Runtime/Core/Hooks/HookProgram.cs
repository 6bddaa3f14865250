using Vessel.Core.Process;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Hooks;

/// <summary>A hook that is about to run, and its standard streams, as descriptors that the child inherits.</summary>
/// <param name="Hook">The hook.</param>
/// <param name="Streams">The state document on standard input; files for output and errors.</param>
public sealed record HookProgram(SpecHook Hook, StandardStreams Streams)
{
    /// <summary>What the program is called with, its own name included.</summary>
    public IReadOnlyList<string> Arguments => Hook.Args.Count > 0 ? Hook.Args : [Hook.Path];
}
