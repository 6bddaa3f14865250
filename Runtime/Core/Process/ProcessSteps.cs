using Vessel.Core.Plan;
using Vessel.Core.Security.Seccomp;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;
using static Vessel.Native.Raw.ProcessControl;

namespace Vessel.Core.Process;

/// <summary>What the child does before all else: nobody may look into it, and it dies with the runtime.</summary>
public sealed record BeginInit : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "begin";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.prctl, PR_SET_DUMPABLE, 0);
        Namespaces.DieWithParent.Write(program);
        child.Call(SYS.prctl, PR_SET_NAME, child.Text("vrun:init"));
        child.Call(SYS.umask, 0);
    }
}

/// <summary>Makes some inherited descriptors close at execve again.</summary>
public sealed record CloseAtExec(IReadOnlyList<int> Descriptors) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"close descriptors {string.Join(' ', Descriptors)} at execve";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        foreach (int descriptor in Descriptors)
            program.Child.Call(SYS.fcntl, descriptor, F_SETFD, FD_CLOEXEC);
    }
}

/// <summary>Begins a session of its own, so that no signal of the caller's terminal reaches it.</summary>
public sealed record NewSession : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "setsid";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.setsid);
}

/// <summary>Joins a new session keyring, so that keys of the caller stay the caller's (man 2 keyctl).</summary>
public sealed record NewKeyring(string Name) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"join session keyring {Name}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label absent = child.NewLabel();
        // ENOSYS: a kernel without keys. EDQUOT and EPERM: the host lets us have no more; as other runtimes do, the container then has its caller's.
        child.Call(SYS.keyctl, KEYCTL_JOIN_SESSION_KEYRING, child.Text(Name)).On(Errno.ENOSYS, absent).On(Errno.EDQUOT, absent).On(Errno.EPERM, absent);
        child.Mark(absent);
        child.Set(Slot.None, 0);
    }
}

/// <summary>Sets how soon the kernel ends this process when memory runs out, through the host's procfs, before the container's tree is there.</summary>
/// <param name="Value">-1000 to 1000.</param>
/// <param name="ByOrdinaryUser">Nobody but root may lower it: then it stays as it is, as with other runtimes.</param>
public sealed record SetOomScore(int Value, bool ByOrdinaryUser = false) : PlanStep
{
    private string Text => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string Describe() => $"write {Text} to /proc/self/oom_score_adj";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Namespaces.Dumpable.While(ByOrdinaryUser, program, () =>
        {
            Label refused = child.NewLabel();
            Slot file = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/proc/self/oom_score_adj"), O_WRONLY | O_CLOEXEC);
            Instruction write = child.Call(SYS.write, file, child.Text(Text), Text.Length);
            if (ByOrdinaryUser)
                write.On(Errno.EACCES, refused);
            child.Mark(refused);
            child.Call(SYS.close, file);
        });
    }
}

/// <summary>Sets a kernel parameter of the container's namespaces, through the proc that this plan mounted, or the host's.</summary>
public sealed record SetSysctl(string Key, string Value) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set {Key} to {Value}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        string path = "sys/" + Validation.Sysctls.PathOf(Key);
        Slot file = program.Proc is { } proc
            ? child.CallInto(SYS.openat, proc, child.Text(path), O_WRONLY | O_CLOEXEC)
            : child.CallInto(SYS.openat, AT_FDCWD, child.Text("/proc/" + path), O_WRONLY | O_CLOEXEC);
        child.Call(SYS.write, file, child.Text(Value), Native.Safe.ByteText.Encode(Value).Length);
        child.Call(SYS.close, file);
    }
}

/// <summary>Moves the child into its cgroups.</summary>
/// <param name="Count">How many descriptors the parent answers with: of each hierarchy's <c>tasks</c>.</param>
/// <param name="NewNamespace">Then makes these cgroups the root of a new cgroup namespace.</param>
public sealed record JoinCgroups(int Count, bool NewNamespace) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => NewNamespace ? "join the cgroups, unshare CLONE_NEWCGROUP" : "join the cgroups";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label again = child.MarkHere();
        // No descriptor: the parent has moved us, or nothing is to be joined.
        Data descriptors = program.AskForDescriptors(InitMessage.JoinCgroups, 0, [], Math.Max(1, Count));
        for (int i = 0; i < Count; i++)
        {
            // A thread that writes 0 to v1's tasks moves itself. For that the kernel waits for nobody; for a pid, or by cgroup.procs,
            // it stops all forks and exits of the machine first, which takes milliseconds.
            Slot tasks = child.Load(descriptors.At(i * 4));
            // A folder that was removed since it was opened has no such device any more: the parent makes it again.
            child.Call(SYS.write, tasks, child.Text("0"), 1).On(Errno.ENODEV, again);
            child.Call(SYS.close, tasks);
        }
        if (NewNamespace)
            child.Call(SYS.unshare, Clone.CLONE_NEWCGROUP);
    }
}

/// <summary>Lets the parent run the hooks that come before pivot_root.</summary>
/// <param name="ByOrdinaryUser">The parent is no root: it may open our namespaces only while we are dumpable.</param>
public sealed record RunCreateHooks(bool ByOrdinaryUser = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "run hooks: prestart, createRuntime, createContainer";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Namespaces.Dumpable.While(ByOrdinaryUser, program, () => program.Ask(InitMessage.CreateHooks, 0, [program.Root]));
}

/// <summary>Sets the mode mask of new files.</summary>
public sealed record SetUmask(uint Mask) : PlanStep
{
    /// <summary>0022: where nobody asks for another.</summary>
    public const uint Usual = 0x12;

    /// <inheritdoc/>
    public override string Describe() => $"set umask {Convert.ToString(Mask, 8).PadLeft(4, '0')}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.umask, Mask);
}

/// <summary>Gives the standard streams to the process's user, so that it may open <c>/dev/stdout</c> again.</summary>
/// <param name="Descriptors">The streams that belong to another user.</param>
/// <param name="Uid">The process's user, as the container sees it.</param>
/// <param name="ByParent">In a user namespace, root cannot give away a file of a user that is not mapped, such as the caller's: the parent does it.</param>
public sealed record OwnStdio(IReadOnlyList<int> Descriptors, uint Uid, bool ByParent = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"give descriptors {string.Join(' ', Descriptors)} to user {Uid}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        if (ByParent)
        {
            program.Ask(InitMessage.GiveStdio);
            return;
        }
        foreach (int descriptor in Descriptors)
        {
            // best effort: the stream works as it was passed, whatever its filesystem says to another owner.
            Label skip = program.Child.NewLabel();
            program.Child.Call(SYS.fchown, descriptor, Uid, -1).On(Instruction.AnyError, skip);
            program.Child.Mark(skip);
            program.Child.Set(Slot.None, 0);
        }
    }
}

/// <summary>Compiled system call filter, put on last.</summary>
/// <param name="Filter">The filter.</param>
/// <param name="ByOrdinaryUser">The parent is no root: it may take a listener only while we are dumpable. The filter itself may forbid to change that later; execve sets it anew.</param>
public sealed record LoadSeccomp(SeccompFilter Filter, bool ByOrdinaryUser = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"load seccomp filter of {Filter.Count} instructions";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        if (Filter.NeedsListener && ByOrdinaryUser)
            Namespaces.Dumpable.Write(program, true);
        Data code = child.Bytes(Filter.Instructions);
        Data fprog = child.Struct(new sock_fprog { len = (ushort)Filter.Count });
        child.PointTo(fprog.At(8), code);
        Slot listener = child.CallInto(SYS.seccomp, SECCOMP_SET_MODE_FILTER, Filter.Flags, fprog);
        if (Filter.NeedsListener)
            program.AskWithValue(InitMessage.SeccompListener, listener);
    }
}

/// <summary>Signals as a fresh program expects them: all defaults, none blocked.</summary>
public sealed record ResetSignals : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "reset signals";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program.Child);

    internal static void Write(ChildProgram child)
    {
        // execve resets handlers, but what is ignored stays ignored.
        Data action = child.Reserve(32);
        for (int signal = 1; signal <= Signal.Max; signal++)
            if (signal is not (Signal.SIGKILL or Signal.SIGSTOP))
                child.Call(SYS.rt_sigaction, signal, action, 0, 8);
        child.Call(SYS.rt_sigprocmask, SIG_SETMASK, child.Reserve(8), 0, 8);
    }
}
