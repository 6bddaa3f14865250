using Vessel.Core.Plan;
using Vessel.Core.Security;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.ProcessControl;

namespace Vessel.Core.Process;

/// <summary>Sets the resource limits (man 2 prlimit).</summary>
public sealed record SetRlimit(string Type, int Resource, ulong Soft, ulong Hard) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set {Type} to {Soft}, at most {Hard}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) =>
        base.DescribeFailure(errno) + (errno == Errno.EPERM ? ": only root (CAP_SYS_RESOURCE) raises the upper limit; `ulimit -H -a` prints the present ones" : "");

    /// <summary>The step that sets a limit of the document.</summary>
    public static SetRlimit Of(PosixRlimit limit) => new(limit.Type, Rlimits.NumberOf(limit.Type), limit.Soft, limit.Hard);

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.prlimit64, 0, Resource, child.Struct(new rlimit64 { rlim_cur = Soft, rlim_max = Hard }), 0);
    }
}

/// <summary>The specification's names of resources and their numbers (<c>asm-generic/resource.h</c>).</summary>
public static class Rlimits
{
    /// <summary>What must be raised before the process enters a user namespace: there nobody may raise a hard limit,
    /// not even its root.
    /// Soft limits stay until later, so that a low one does not hinder the start.</summary>
    public static IReadOnlyList<SetRlimit> Raises(IReadOnlyList<PosixRlimit> limits)
    {
        List<SetRlimit> raises = [];
        foreach (PosixRlimit limit in limits)
        {
            int resource = NumberOf(limit.Type);
            (ulong soft, ulong hard) = ResourceLimits.Of(resource);
            if (limit.Hard > hard)
                raises.Add(new SetRlimit(limit.Type, resource, soft, limit.Hard));
        }
        return raises;
    }

    /// <summary>The number of <c>RLIMIT_…</c>.</summary>
    public static int NumberOf(string type) => type switch
    {
        "RLIMIT_CPU" => 0,
        "RLIMIT_FSIZE" => 1,
        "RLIMIT_DATA" => 2,
        "RLIMIT_STACK" => 3,
        "RLIMIT_CORE" => 4,
        "RLIMIT_RSS" => 5,
        "RLIMIT_NPROC" => 6,
        "RLIMIT_NOFILE" => 7,
        "RLIMIT_MEMLOCK" => 8,
        "RLIMIT_AS" => 9,
        "RLIMIT_LOCKS" => 10,
        "RLIMIT_SIGPENDING" => 11,
        "RLIMIT_MSGQUEUE" => 12,
        "RLIMIT_NICE" => 13,
        "RLIMIT_RTPRIO" => 14,
        "RLIMIT_RTTIME" => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no resource"),
    };
}

/// <summary>Takes capabilities out of the bounding set, for this process and all after it.</summary>
public sealed record LimitBoundingSet(CapabilitySet Bounding) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"limit bounding capabilities to {(Bounding.IsEmpty ? "none" : Bounding.ToString())}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label done = child.NewLabel();
        for (int capability = 0; capability <= Capabilities.Last; capability++)
            if (!Bounding.Contains(capability))
                // EINVAL: the kernel is older than the capability, and than all after it.
                child.Call(SYS.prctl, PR_CAPBSET_DROP, capability).On(Errno.EINVAL, done);
        child.Mark(done);
        child.Set(Slot.None, 0);
    }
}

/// <summary>Becomes the process's user, with its groups and no others.</summary>
/// <param name="Uid">User.</param>
/// <param name="Gid">Primary group.</param>
/// <param name="Groups">All supplementary groups.</param>
/// <param name="MayLackSetgroups">In a user namespace setgroups can be denied; then an empty list is what there is.</param>
public sealed record SetUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, bool MayLackSetgroups) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set user {Uid}, group {Gid}{(Groups.Count > 0 ? $", groups {string.Join(' ', Groups)}" : "")}";

    /// <inheritdoc/>
    public override string DescribeFailure(int errno) => base.DescribeFailure(errno) + errno switch
    {
        Errno.EPERM when MayLackSetgroups && Groups.Count > 0 => ": groups cannot be set where an ordinary user has mapped one group only (setgroups is denied)",
        Errno.EINVAL when MayLackSetgroups => ": not all of them are mapped in the user namespace",
        _ => "",
    };

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Data groups = child.Reserve(Math.Max(8, Groups.Count * 4));
        for (int i = 0; i < Groups.Count; i++)
            child.Put(groups.At(i * 4), Groups[i]);
        Instruction setgroups = child.Call(SYS.setgroups, Groups.Count, groups);
        if (MayLackSetgroups && Groups.Count == 0)
        {
            Label denied = child.NewLabel();
            setgroups.On(Errno.EPERM, denied);
            child.Mark(denied);
        }
        child.Call(SYS.setresgid, Gid, Gid, Gid);
        // Permitted capabilities stay over the change of user; the sets are put exactly afterwards.
        if (Uid != 0)
            child.Call(SYS.prctl, PR_SET_KEEPCAPS, 1);
        child.Call(SYS.setresuid, Uid, Uid, Uid);
        // A change of user forgets both.
        child.Call(SYS.prctl, PR_SET_DUMPABLE, 0);
        Namespaces.DieWithParent.Write(program);
    }
}

/// <summary>Sets effective, permitted and inheritable capabilities, exactly.</summary>
public sealed record SetCapabilities(CapabilitySet Effective, CapabilitySet Permitted, CapabilitySet Inheritable) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set capabilities: effective {Text(Effective)}, permitted {Text(Permitted)}, inheritable {Text(Inheritable)}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Data header = child.Struct(new cap_user_header { version = LINUX_CAPABILITY_VERSION_3 });
        // Two halves of three words each.
        Data both = child.Reserve(24);
        for (int half = 0; half < 2; half++)
        {
            cap_user_data data = DataOf(half * 32);
            child.Put(both.At(half * 12), data.effective);
            child.Put(both.At(half * 12 + 4), data.permitted);
            child.Put(both.At(half * 12 + 8), data.inheritable);
        }
        child.Call(SYS.capset, header, both);
    }

    private cap_user_data DataOf(int shift) => new()
    {
        effective = (uint)(Effective.Bits >> shift),
        permitted = (uint)(Permitted.Bits >> shift),
        inheritable = (uint)(Inheritable.Bits >> shift),
    };

    private static string Text(CapabilitySet set) => set.IsEmpty ? "none" : set.ToString();
}

/// <summary>Sets the ambient capabilities, exactly: those that a program of an ordinary user keeps over execve.</summary>
public sealed record SetAmbient(CapabilitySet Ambient) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set ambient capabilities: {(Ambient.IsEmpty ? "none" : Ambient.ToString())}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        child.Call(SYS.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (int capability = 0; capability <= Capabilities.Last; capability++)
            if (Ambient.Contains(capability))
                child.Call(SYS.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    }
}

/// <summary>No program that the process runs gains privileges (man 2 PR_SET_NO_NEW_PRIVS).</summary>
public sealed record SetNoNewPrivileges : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => "set no_new_privs";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
