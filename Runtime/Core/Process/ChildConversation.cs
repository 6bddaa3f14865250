using System.Buffers.Binary;
using Vessel.Core.Errors;
using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Process;

/// <summary>A child that walks a plan, from clone to execve, and the parent's end of the sync channel.</summary>
public sealed class ChildConversation : IDisposable
{
    private const int ReapMilliseconds = 10_000;
    private const int ReapCheckMilliseconds = 20;

    private readonly InitProgram program;
    private readonly FileDescriptor sync;
    private readonly IChildQuestions questions;
    private ProcessHandle? intermediate;

    private ChildConversation(InitProgram program, FileDescriptor sync, ProcessHandle process, IChildQuestions questions)
    {
        this.program = program;
        this.sync = sync;
        this.questions = questions;
        Process = process;
    }

    /// <summary>The child; after a fork into namespaces, the one that will be the program.</summary>
    public ProcessHandle Process { get; private set; }

    /// <summary>Whether the child was born in the cgroup that <see cref="Begin"/> was given.</summary>
    public bool IsBornInCgroup { get; private init; }

    // A child that waits for mappings, and is then born once more in its namespaces, mounts after that.
    private bool Forks { get; init; }

    /// <summary>Paths that the child asks about by their number.</summary>
    public IReadOnlyList<string> Paths => program.Paths;

    /// <summary>Lays out the plan, clones, and lets the child walk.</summary>
    /// <param name="plan">What the child does.</param>
    /// <param name="features">What the kernel has.</param>
    /// <param name="questions">Answers.</param>
    /// <param name="cgroup">A v2 cgroup to be born in, or null.</param>
    public static ChildConversation Begin(ContainerPlan plan, KernelFeatures features, IChildQuestions questions, FileDescriptor? cgroup = null)
    {
        (FileDescriptor ours, FileDescriptor theirs) = UnixSockets.Pair();
        try
        {
            using (theirs)
            {
                // The lowest number that is free: a table of descriptors begins with 64 places, and to enlarge that of a process with several threads
                // takes the kernel a grace period of RCU, 12 to 17 ms.
                using FileDescriptor path = new((int)Check.Ok(
                    Kernel.Call(SYS.fcntl, theirs.Number, Open.F_DUPFD_CLOEXEC, 3 + plan.PreservedCount), "duplicate", "descriptor"));
                InitProgram program = new(features, theirs.Number, path.Number);
                List<int> kept = [theirs.Number, path.Number, .. plan.Inherited];
                program.Emit([new CloseAtExec(kept), .. plan.Steps]);
                using FileDescriptor image = ProgramImage.ToExecutable(program.Child);
                ChildProgram boot = BootProgram.Into(image, features, kept, plan.PreservedCount);
                ProcessHandle process = Clone(boot, plan.CloneFlags, features, ref cgroup);
                // Executed once, and never again: an entrypoint of /proc/self/exe, or a script's #!, finds a file that nobody may execute.
                Check.Ok(Kernel.Call(SYS.fchmod, image.Number, 0), "fchmod", "memfd");
                return new ChildConversation(program, ours, process, questions)
                {
                    IsBornInCgroup = cgroup is not null,
                    Forks = plan.Steps.Any(step => step is Namespaces.ForkIntoNamespaces),
                };
            }
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    /// <summary>Answers until the child has executed its program, or waits for <c>start</c>: then the channel closes.</summary>
    /// <param name="meanwhile">The parent's own work, which is done while the child mounts: as soon as the child needs no answer for a while.</param>
    /// <exception cref="SyscallException">A step failed; the message names it.</exception>
    /// <exception cref="RuntimeException">The child died, or a hook failed.</exception>
    public void Converse(Action? meanwhile = null)
    {
        if (!Forks)
            meanwhile?.Invoke();
        Span<byte> message = stackalloc byte[InitProgram.MessageSize];
        Span<int> answerDescriptors = stackalloc int[64];
        bool created = false;
        while (true)
        {
            int length = UnixSockets.Receive(sync, message, out FileDescriptor? first, out FileDescriptor? second);
            using FileDescriptor? closedFirst = first, closedSecond = second;
            if (length == 0)
            {
                if (!created)
                    throw new RuntimeException(ErrorKind.Internal, HowItDied());
                return;
            }
            InitMessage kind = (InitMessage)BinaryPrimitives.ReadUInt32LittleEndian(message);
            int argument = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
            long value = BinaryPrimitives.ReadInt64LittleEndian(message[8..]);
            switch (kind)
            {
                case InitMessage.Failed:
                    throw program.Child.Failed(argument, (int)value);
                case InitMessage.MapIds:
                    questions.MapIds(Process.Id);
                    break;
                case InitMessage.Forked:
                    intermediate = Process;
                    Process = ProcessHandle.Open((int)value) ?? throw new RuntimeException(ErrorKind.Internal, "the container's process ended at its start");
                    Answer([]);
                    meanwhile?.Invoke();
                    continue;
                case InitMessage.ResolveTarget:
                    using (FileDescriptor target = questions.ResolveTarget(first!, argument))
                        Answer([target.Number]);
                    continue;
                case InitMessage.ResolveExisting:
                    using (FileDescriptor? existing = questions.ResolveExisting(first!, argument))
                        Answer(existing is null ? [] : [existing.Number]);
                    continue;
                case InitMessage.MakeDevices:
                    using (FileDescriptor? devices = questions.MakeDevices())
                        Answer(devices is null ? [] : [devices.Number]);
                    continue;
                case InitMessage.CopyUp:
                    questions.CopyUp(first!, second!);
                    break;
                case InitMessage.JoinCgroups:
                    IReadOnlyList<FileDescriptor> files = questions.JoinCgroups(Process.Id);
                    for (int i = 0; i < files.Count; i++)
                        answerDescriptors[i] = files[i].Number;
                    Answer(answerDescriptors[..files.Count]);
                    foreach (FileDescriptor file in files)
                        file.Dispose();
                    continue;
                case InitMessage.CreateHooks:
                    questions.RunCreateHooks(Process.Id, first!);
                    break;
                case InitMessage.NextHostProc:
                    AnswerText(questions.NextHostProc(first!, second!));
                    continue;
                case InitMessage.GiveStdio:
                    questions.GiveStdio(Process.Id);
                    break;
                case InitMessage.Terminal:
                    questions.TakeTerminal(first!);
                    break;
                case InitMessage.SeccompListener:
                    questions.TakeSeccompListener(Process.Id, (int)value);
                    break;
                case InitMessage.Created:
                    questions.Created(Process.Id);
                    created = true;
                    break;
            }
            Answer([]);
        }
    }

    /// <summary>Ends the child and waits for it.</summary>
    public void Abort()
    {
        // best effort: it may be gone already.
        Process.TryKill(Signal.SIGKILL);
        intermediate?.TryKill(Signal.SIGKILL);
        Reap(Process);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        sync.Dispose();
        if (intermediate is not null)
        {
            Reap(intermediate);
            intermediate.Dispose();
        }
    }

    private static ProcessHandle Clone(ChildProgram boot, ulong flags, KernelFeatures features, ref FileDescriptor? cgroup)
    {
        try
        {
            return Spawner.Start(boot, flags, features, ref cgroup);
        }
        catch (SyscallException e) when (flags != 0 && e.Attempt.StartsWith("clone", StringComparison.Ordinal))
        {
            throw new SyscallException(e.Attempt, e.Errno, e.Message + Namespaces.NamespaceRefusal.Explain(e.Errno, flags));
        }
    }

    private static void Reap(ProcessHandle process)
    {
        try
        {
            // A process in a cgroup that somebody froze does not end before it is thawed.
            for (long end = Environment.TickCount64 + ReapMilliseconds; process.TryReap() is null; process.WaitForEnd(ReapCheckMilliseconds))
                if (Environment.TickCount64 > end)
                    throw new RuntimeException(ErrorKind.Internal, $"process {process.Id} does not end; is its cgroup frozen?");
        }
        catch (SyscallException e) when (e.Errno == Errno.ECHILD)
        {
            // Reaped before, while its end was looked at.
        }
    }

    private string HowItDied()
    {
        int code = Process.Wait();
        return code > 128
            ? $"the container's process was killed by {Signal.NameOf(code - 128)} while it was set up{(code == 128 + Signal.SIGKILL ? " (out of memory under the container's own limit?)" : "")}"
            : $"the container's process ended with code {code} while it was set up";
    }

    private void AnswerText(string text)
    {
        byte[] bytes = ByteText.Encode(text + '\0');
        if (bytes.Length > InitProgram.TextSize)
            throw new RuntimeException(ErrorKind.Unsupported, $"{text}: the path is longer than {InitProgram.TextSize} bytes");
        UnixSockets.Send(sync, bytes, []);
    }

    private void Answer(ReadOnlySpan<int> descriptors)
    {
        Span<byte> answer = stackalloc byte[InitProgram.MessageSize];
        answer.Clear();
        UnixSockets.Send(sync, answer, descriptors);
    }
}
