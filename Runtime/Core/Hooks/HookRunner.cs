using System.Text;
using Vessel.Core.Errors;
using Vessel.Core.Namespaces;
using Vessel.Core.Plan;
using Vessel.Core.Process;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Hooks;

/// <summary>Runs hooks (runtime-spec, config.md, "POSIX-platform Hooks"): one after another, the state on standard input, with their own environment only.</summary>
public sealed class HookRunner(KernelFeatures features, string bundle)
{
    private const int OutputShown = 4096;
    private const int TimedOutSignal = Signal.SIGKILL;

    /// <summary>Runs hooks in the runtime's own namespaces.</summary>
    /// <exception cref="RuntimeException">A hook failed; those after it were not run.</exception>
    public void Run(string kind, IReadOnlyList<SpecHook> hooks, State state) => Run(kind, hooks, state, null);

    /// <summary>Runs hooks in the container's namespaces. Their paths are those of its mount namespace as it is now.</summary>
    public void RunInside(string kind, IReadOnlyList<SpecHook> hooks, State state, ContainerNamespaces namespaces) => Run(kind, hooks, state, namespaces);

    /// <summary>Runs hooks whose failure changes nothing any more; the errors are given back for the log.</summary>
    public IReadOnlyList<string> RunAll(string kind, IReadOnlyList<SpecHook> hooks, State state)
    {
        List<string> errors = [];
        for (int i = 0; i < hooks.Count; i++)
            try
            {
                RunOne(kind, i, hooks[i], state, null);
            }
            catch (RuntimeException e)
            {
                errors.Add(e.Message);
            }
        return errors;
    }

    private void Run(string kind, IReadOnlyList<SpecHook> hooks, State state, ContainerNamespaces? namespaces)
    {
        for (int i = 0; i < hooks.Count; i++)
            RunOne(kind, i, hooks[i], state, namespaces);
    }

    private void RunOne(string kind, int index, SpecHook hook, State state, ContainerNamespaces? namespaces)
    {
        using FileDescriptor input = Files.CreateMemory("state"), output = Files.CreateMemory("output"), errors = Files.CreateMemory("errors");
        using (StringWriter text = new())
        {
            StateWriter.Write(state, text);
            Files.Write(input, Encoding.UTF8.GetBytes(text.ToString()), "state");
            Files.Rewind(input);
        }
        string name = $"error running {kind} hook #{index}";
        try
        {
            using ProcessHandle process = namespaces is null ? Start(hook, input, output, errors) : StartInside(hook, input, output, errors, namespaces);
            int code = Wait(process, hook.Timeout) ?? throw new RuntimeException(ErrorKind.Internal, $"{name}: {hook.Path}: timed out after {hook.Timeout} s");
            if (code != 0)
                throw new RuntimeException(ErrorKind.Internal,
                    $"{name}: {hook.Path}: {(code > 128 ? $"killed by {Signal.NameOf(code - 128)}" : $"exit status {code}")}, stdout: {Shown(output)}, stderr: {Shown(errors)}");
        }
        catch (SyscallException e)
        {
            throw new RuntimeException(ErrorKind.Internal, $"{name}: {e.Message}", e);
        }
    }

    private ProcessHandle Start(SpecHook hook, FileDescriptor input, FileDescriptor output, FileDescriptor errors)
    {
        ChildProgram child = BootProgram.New();
        child.Begin(new ExecuteHook(hook));
        child.Call(SYS.prctl, ProcessControl.PR_SET_PDEATHSIG, Signal.SIGKILL);
        child.Call(SYS.chdir, child.Text(bundle));
        RedirectStdio.Write(child, input.Number, output.Number, errors.Number);
        BootProgram.KeepDescriptors(child, features, [], 0);
        ResetSignals.Write(child);
        ExecuteHook.Write(child, hook);
        return Spawner.Start(child, 0, features);
    }

    private ProcessHandle StartInside(SpecHook hook, FileDescriptor input, FileDescriptor output, FileDescriptor errors, ContainerNamespaces namespaces)
    {
        ContainerPlan plan = new()
        {
            CloneFlags = 0,
            Steps =
            [
                new BeginInit(),
                .. namespaces.JoinSteps(),
                new SetUmask(SetUmask.Usual),
                new RedirectStdio(input.Number, output.Number, errors.Number),
                new CloseAllAtExec(3),
                new TellCreated(DiesWithParent: true),
                new ResetSignals(),
                new ExecuteHook(hook),
            ],
            Targets = [],
            Inherited = [input.Number, output.Number, errors.Number, .. namespaces.Descriptors],
        };
        using ChildConversation child = ChildConversation.Begin(plan, features, new NoQuestions());
        try
        {
            child.Converse();
            return child.Process;
        }
        catch
        {
            child.Abort();
            throw;
        }
    }

    private static int? Wait(ProcessHandle process, int? timeout)
    {
        if (timeout is > 0 && !process.WaitForEnd(timeout.Value * 1000))
        {
            process.TryKill(TimedOutSignal);
            process.Wait();
            return null;
        }
        return process.Wait();
    }

    private static string Shown(FileDescriptor file)
    {
        Files.Rewind(file);
        byte[] buffer = new byte[OutputShown];
        int length = Files.Read(file, buffer, "output");
        return Encoding.UTF8.GetString(buffer, 0, length).Trim().ReplaceLineEndings("\\n");
    }

    private sealed class NoQuestions : IChildQuestions;
}
