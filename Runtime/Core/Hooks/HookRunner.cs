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

/// <summary>Runs hooks (runtime-spec, config.md, "POSIX-platform Hooks"): one after another, the state on standard input.</summary>
/// <param name="features">What the kernel has.</param>
/// <param name="bundle">The bundle's directory: where hooks in the runtime's namespaces begin.</param>
public sealed class HookRunner(KernelFeatures features, string bundle)
{
    private const int OutputShown = 4096;

    /// <summary>Runs hooks in the runtime's own namespaces.</summary>
    /// <exception cref="RuntimeException">A hook failed; those after it were not run.</exception>
    public void Run(string kind, IReadOnlyList<SpecHook> hooks, State state) => Run(kind, hooks, state, StartOnHost);

    /// <summary>Runs hooks in the container's namespaces, with the runtime's privileges, before the root is the root: createContainer hooks. Their paths are
    /// those of the mount namespace as it is now; their working directory is the container's root filesystem.</summary>
    /// <exception cref="RuntimeException">A hook failed; those after it were not run.</exception>
    public void RunInNamespaces(string kind, IReadOnlyList<SpecHook> hooks, State state, ContainerNamespaces namespaces, FileDescriptor root) =>
        Run(kind, hooks, state, program => StartInNamespaces(program, namespaces, root));

    /// <summary>Runs hooks that <paramref name="start"/> starts.</summary>
    /// <exception cref="RuntimeException">A hook failed; those after it were not run.</exception>
    public static void Run(string kind, IReadOnlyList<SpecHook> hooks, State state, Func<HookProgram, ProcessHandle> start)
    {
        for (int i = 0; i < hooks.Count; i++)
            RunOne(kind, i, hooks[i], state, start);
    }

    /// <summary>Runs hooks whose failure changes nothing any more, in the runtime's own namespaces.</summary>
    /// <returns>The errors, for the log.</returns>
    public IReadOnlyList<string> RunAll(string kind, IReadOnlyList<SpecHook> hooks, State state)
    {
        List<string> errors = [];
        for (int i = 0; i < hooks.Count; i++)
            try
            {
                RunOne(kind, i, hooks[i], state, StartOnHost);
            }
            catch (RuntimeException e)
            {
                errors.Add(e.Message);
            }
        return errors;
    }

    private static void RunOne(string kind, int index, SpecHook hook, State state, Func<HookProgram, ProcessHandle> start)
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
            using ProcessHandle process = start(new HookProgram(hook, new StandardStreams(input, output, errors)));
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

    private ProcessHandle StartOnHost(HookProgram program)
    {
        ChildProgram child = BootProgram.New();
        child.Begin(new ExecuteHook(program));
        child.Call(SYS.prctl, ProcessControl.PR_SET_PDEATHSIG, Signal.SIGKILL);
        child.Call(SYS.setpgid, 0, 0);
        // A poststop hook runs although its bundle is gone.
        Label gone = child.NewLabel(), there = child.NewLabel();
        child.Call(SYS.chdir, child.Text(bundle)).On(Errno.ENOENT, gone).On(Errno.ENOTDIR, gone).Then(there);
        child.Mark(gone);
        child.Call(SYS.chdir, child.Text("/"));
        child.Mark(there);
        RedirectStreams.Write(child, program.Streams.Numbers);
        BootProgram.KeepDescriptors(child, features, [], 0);
        ResetSignals.Write(child);
        ExecuteHook.Write(child, program);
        return Spawner.Start(child, 0, features);
    }

    private ProcessHandle StartInNamespaces(HookProgram program, ContainerNamespaces namespaces, FileDescriptor root)
    {
        ContainerPlan plan = new()
        {
            CloneFlags = 0,
            Steps =
            [
                new BeginInit(),
                .. namespaces.JoinSteps(),
                new NewSession(),
                new EnterRootfs(root.Number),
                new SetUmask(SetUmask.Usual),
                new RedirectStreams(program.Streams.Numbers),
                new CloseAllAtExec(3),
                new TellCreated(DiesWithParent: true),
                new ResetSignals(),
                new ExecuteHook(program),
            ],
            Targets = [],
            Inherited = [root.Number, .. program.Streams.Numbers, .. namespaces.Descriptors],
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
        if (timeout is > 0 && !process.WaitForEnd(checked(timeout.Value * 1000L) is <= int.MaxValue and long milliseconds ? (int)milliseconds : -1))
        {
            ProcessTree.Kill(process);
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
