using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Hooks;

/// <summary>Gives a hook its standard streams.</summary>
internal sealed record RedirectStdio(int Input, int Output, int Errors) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "redirect the standard streams";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program.Child, Input, Output, Errors);

    internal static void Write(ChildProgram child, int input, int output, int errors)
    {
        child.Call(SYS.dup3, input, 0, 0);
        child.Call(SYS.dup3, output, 1, 0);
        child.Call(SYS.dup3, errors, 2, 0);
    }
}

/// <summary>Becomes the hook's program, with the hook's environment and no other.</summary>
internal sealed record ExecuteHook(SpecHook Hook) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => Hook.Path;

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => $"{Hook.Path}: {SyscallException.Describe(errno)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program.Child, Hook);

    internal static void Write(ChildProgram child, SpecHook hook) =>
        child.Call(SYS.execve, child.Text(hook.Path), child.TextList(hook.Args.Count > 0 ? hook.Args : [hook.Path]), child.TextList(hook.Env));
}
