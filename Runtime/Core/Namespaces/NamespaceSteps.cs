using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Namespaces;

/// <summary>Joins a namespace that exists already.</summary>
/// <param name="Kind">Which kind.</param>
/// <param name="Path">Where it was opened from, for people.</param>
/// <param name="Descriptor">It, as a descriptor that the child inherits.</param>
/// <param name="Attempt">Whether the kernel's refusal is final.</param>
public sealed record JoinNamespace(NamespaceKind Kind, string Path, int Descriptor, JoinAttempt Attempt = JoinAttempt.Only) : PlanStep
{
    /// <summary>The steps that join namespaces and enter a user namespace, new or existing.</summary>
    /// <param name="joins">The namespaces to join, in the order of <see cref="NamespaceKind"/>.</param>
    /// <param name="newUserNamespace">The steps that make a new user namespace; empty without one.</param>
    /// <remarks>
    /// The caller's rights count first: a namespace that another user namespace owns (the host's, a pod's) refuses the root of the container's.
    /// A caller who is no root has no such rights until the container's user namespace grants them, so what was refused is tried once more inside.
    /// </remarks>
    public static IEnumerable<PlanStep> InOrder(IReadOnlyList<JoinNamespace> joins, IReadOnlyList<PlanStep> newUserNamespace)
    {
        List<PlanStep> enterUser = [.. newUserNamespace];
        foreach (JoinNamespace user in joins.Where(join => join.Kind == NamespaceKind.User))
            enterUser.AddRange([user, new BecomeRoot()]);
        List<JoinNamespace> others = [.. joins.Where(join => join.Kind != NamespaceKind.User)];
        if (enterUser.Count == 0)
            return others;
        return [.. others.Select(join => join with { Attempt = JoinAttempt.First }), .. enterUser, .. others.Select(join => join with { Attempt = JoinAttempt.Second })];
    }

    /// <inheritdoc/>
    public override string Describe() => $"join {Kind.NameOf()} namespace {Path}";

    /// <inheritdoc/>
    public override string Explain() => Describe() + Attempt switch
    {
        JoinAttempt.First => " (once more inside the user namespace, if the kernel refuses this)",
        JoinAttempt.Second => ", if it was refused before",
        _ => "",
    };

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label done = child.NewLabel();
        if (Attempt == JoinAttempt.Second)
            child.BranchIfEqual(program.RefusedJoins[Kind], 0, done);
        Instruction join = child.Call(SYS.setns, Descriptor, Kind.Flag());
        if (Attempt == JoinAttempt.First)
        {
            Label refused = child.NewLabel();
            join.On(Errno.EPERM, refused).Then(done);
            child.Mark(refused);
            child.Set(program.RefusedJoins[Kind] = child.NewSlot(), 1);
        }
        child.Mark(done);
        child.Set(Slot.None, 0);
    }
}

/// <summary>What a refusal (EPERM) of a namespace means that is to be joined.</summary>
public enum JoinAttempt
{
    /// <summary>The start fails.</summary>
    Only,

    /// <summary>The namespace is joined later, inside the user namespace.</summary>
    First,

    /// <summary>The start fails; nothing is done where <see cref="First"/> succeeded.</summary>
    Second,
}

/// <summary>Makes new namespaces for the calling process (man 2 unshare).</summary>
public sealed record UnshareNamespaces(ulong Flags) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"unshare {Spawner.DescribeNamespaces(Flags)}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => base.DescribeFailure(errno) + NamespaceRefusal.Explain(errno, Flags);

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.unshare, Flags);
}

/// <summary>Waits until the parent has written the mappings of the new user namespace, then becomes its root.</summary>
/// <param name="Uids">Users.</param>
/// <param name="Gids">Groups.</param>
/// <param name="ByOrdinaryUser">The parent is no root: it, and newuidmap, may write to the files of a process only while that is dumpable.</param>
public sealed record MapIds(IReadOnlyList<Oci.Runtime.LinuxIdMapping> Uids, IReadOnlyList<Oci.Runtime.LinuxIdMapping> Gids, bool ByOrdinaryUser = false) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"map users {Text(Uids)}, groups {Text(Gids)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        Dumpable.While(ByOrdinaryUser, program, () => program.Ask(InitMessage.MapIds));
        BecomeRoot.Write(program);
    }

    /// <summary>The mapping as <c>/proc/PID/uid_map</c> takes it: a line a range, "inside outside count".</summary>
    internal static string MapText(IReadOnlyList<Oci.Runtime.LinuxIdMapping> mappings)
    {
        System.Text.StringBuilder text = new();
        foreach (Oci.Runtime.LinuxIdMapping mapping in mappings)
            text.Append(mapping.ContainerID).Append(' ').Append(mapping.HostID).Append(' ').Append(mapping.Size).Append('\n');
        return text.ToString();
    }

    internal static string Text(IReadOnlyList<Oci.Runtime.LinuxIdMapping> mappings) =>
        string.Join("; ", mappings.Select(m => $"{m.ContainerID} to {m.HostID}, {m.Size} of them"));
}

/// <summary>Becomes user and group 0 of a user namespace that was joined.</summary>
public sealed record BecomeRoot : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "become root of the user namespace";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => Write(program);

    internal static void Write(InitProgram program)
    {
        program.Child.Call(SYS.setresgid, 0, 0, 0);
        program.Child.Call(SYS.setresuid, 0, 0, 0);
    }
}

/// <summary>Goes on in a child of its own: a pid namespace holds only children of the process that made or joined it. The parent learns the number.</summary>
public sealed record ForkIntoNamespaces : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "fork into the namespaces";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label inner = child.NewLabel();
        // CLONE_PARENT: the container's first process is a child of the runtime, as without this step.
        Slot pid = child.CallInto(SYS.clone, Clone.CLONE_PARENT | (ulong)Signal.SIGCHLD, 0, 0, 0, 0);
        child.BranchIfEqual(pid, 0, inner);
        program.TellWithValue(InitMessage.Forked, pid);
        child.Call(SYS.exit_group, 0);
        child.Mark(inner);
        DieWithParent.Write(program);
        // Both have the same channel: the answer is for the inner one, which must not ask anything before the parent knows it.
        program.AwaitAnswer();
    }
}

/// <summary>Whether processes of the same user may look into the child, and it may write to its own files in procfs, which else are root's (man 2 PR_SET_DUMPABLE).</summary>
public static class Dumpable
{
    /// <summary>Instructions during which it is so, where that is needed, and no longer.</summary>
    internal static void While(bool isNeeded, InitProgram program, Action emit)
    {
        if (isNeeded)
            Write(program, true);
        emit();
        if (isNeeded)
            Write(program, false);
    }

    internal static void Write(InitProgram program, bool isDumpable) => program.Child.Call(SYS.prctl, ProcessControl.PR_SET_DUMPABLE, isDumpable ? 1 : 0);
}

/// <summary>Lets the kernel kill the child when the runtime dies before the container is complete.</summary>
public static class DieWithParent
{
    internal static void Write(InitProgram program) => program.Child.Call(SYS.prctl, ProcessControl.PR_SET_PDEATHSIG, Signal.SIGKILL);
}

/// <summary>Sets the clocks of a new time namespace, then enters it (man 7 time_namespaces).</summary>
public sealed record EnterTimeNamespace(IReadOnlyDictionary<string, Oci.Runtime.LinuxTimeOffset> Offsets) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"make time namespace{string.Concat(Offsets.Select(o => $", {o.Key} {o.Value.Secs}.{o.Value.Nanosecs:D9} s"))}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.unshare, Clone.CLONE_NEWTIME);
        if (Offsets.Count > 0)
        {
            // In a user namespace, root there is not the root that owns the files of a process that is not dumpable.
            Dumpable.Write(program, true);
            string text = string.Concat(Offsets.Select(o => $"{o.Key} {o.Value.Secs} {o.Value.Nanosecs}\n"));
            Slot file = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/proc/self/timens_offsets"), O_WRONLY | O_CLOEXEC);
            child.Call(SYS.write, file, child.Text(text), Native.Safe.ByteText.Encode(text).Length);
            child.Call(SYS.close, file);
            Dumpable.Write(program, false);
        }
        // Only children would be born into it: entering it now makes the container's first process a member as well.
        Slot time = child.CallInto(SYS.openat, AT_FDCWD, child.Text("/proc/self/ns/time_for_children"), O_RDONLY | O_CLOEXEC);
        child.Call(SYS.setns, time, Clone.CLONE_NEWTIME);
        child.Call(SYS.close, time);
    }
}

/// <summary>Sets the host name of a new UTS namespace.</summary>
public sealed record SetHostname(string Name) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set hostname {Name}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) =>
        program.Child.Call(SYS.sethostname, program.Child.Text(Name), Native.Safe.ByteText.Encode(Name).Length);
}

/// <summary>Sets the NIS domain name of a new UTS namespace.</summary>
public sealed record SetDomainname(string Name) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set domainname {Name}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) =>
        program.Child.Call(SYS.setdomainname, program.Child.Text(Name), Native.Safe.ByteText.Encode(Name).Length);
}

/// <summary>Brings the loopback interface of a new network namespace up.</summary>
public sealed record BringUpLoopback : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "bring up lo";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        // struct ifreq: 16 bytes of name, then the flags.
        Span<byte> request = stackalloc byte[40];
        "lo"u8.CopyTo(request);
        request[16] = (byte)Socket.IFF_UP;
        Slot socket = child.CallInto(SYS.socket, Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0);
        child.Call(SYS.ioctl, socket, Socket.SIOCSIFFLAGS, child.Bytes(request));
        child.Call(SYS.close, socket);
    }
}
