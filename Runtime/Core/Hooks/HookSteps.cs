using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Hooks;

/// <summary>Goes to the container's root filesystem: the working directory of createContainer hooks.</summary>
/// <param name="Root">The root, as a descriptor that the child inherits: its path may not be open to a user namespace's root.</param>
internal sealed record EnterRootfs(int Root) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "chdir to the container's root filesystem";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.fchdir, Root);
}

/// <summary>Becomes the hook's program, with the hook's own environment, or the runtime's where the hook has none; never the container's.</summary>
internal sealed record ExecuteHook(HookProgram Program) : PlanStep
{
    private string Path => Program.Hook.Path;

    /// <inheritdoc/>
    public override string Describe() => Path;

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => $"{Path}: {SyscallException.Describe(errno)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program.Child, Program);

    internal static void Write(ChildProgram child, HookProgram program) =>
        child.Call(SYS.execve, child.Text(program.Hook.Path), child.TextList(program.Arguments), child.TextList(program.Hook.Env ?? RuntimesOwn()));

    private static List<string> RuntimesOwn()
    {
        List<string> variables = [];
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables.Add($"{variable.Key}={variable.Value}");
        return variables;
    }
}
