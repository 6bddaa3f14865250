using Vessel.Core.Plan;
using Vessel.Native.Raw;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Process;

/// <summary>Sets the execution domain (<c>linux.personality</c>).</summary>
public sealed record SetPersonality(string Domain) : PlanStep
{
    private const int PER_LINUX32 = 8;

    /// <inheritdoc/>
    public override string Describe() => $"set personality {Domain}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program) => program.Child.Call(SYS.personality, Domain == "LINUX32" ? PER_LINUX32 : 0);
}

/// <summary>Sets the class and level of disk scheduling (man 2 ioprio_set).</summary>
public sealed record SetIOPriority(LinuxIOPriority Priority) : PlanStep
{
    private const int IOPRIO_WHO_PROCESS = 1;
    private const int IOPRIO_CLASS_SHIFT = 13;

    /// <inheritdoc/>
    public override string Describe() => $"set I/O priority {Priority.Class} {Priority.Priority}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        int ioClass = Priority.Class switch { "IOPRIO_CLASS_RT" => 1, "IOPRIO_CLASS_BE" => 2, _ => 3 };
        program.Child.Call(SYS.ioprio_set, IOPRIO_WHO_PROCESS, 0, (ioClass << IOPRIO_CLASS_SHIFT) | Priority.Priority);
    }
}

/// <summary>Sets the scheduling policy (man 2 sched_setattr).</summary>
public sealed record SetScheduler(Scheduler Scheduler) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set scheduler {Scheduler.Policy}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        sched_attr attributes = new()
        {
            size = 48,
            sched_policy = Scheduler.Policy switch
            {
                "SCHED_FIFO" => 1,
                "SCHED_RR" => 2,
                "SCHED_BATCH" => 3,
                "SCHED_ISO" => 4,
                "SCHED_IDLE" => 5,
                "SCHED_DEADLINE" => 6,
                _ => 0,
            },
            sched_flags = FlagsOf(Scheduler.Flags),
            sched_nice = Scheduler.Nice ?? 0,
            sched_priority = (uint)(Scheduler.Priority ?? 0),
            sched_runtime = Scheduler.Runtime ?? 0,
            sched_deadline = Scheduler.Deadline ?? 0,
            sched_period = Scheduler.Period ?? 0,
        };
        program.Child.Call(SYS.sched_setattr, 0, program.Child.Struct(attributes), 0);
    }

    private static ulong FlagsOf(IReadOnlyList<string> names)
    {
        ulong flags = 0;
        foreach (string name in names)
            flags |= name switch
            {
                "SCHED_FLAG_RESET_ON_FORK" => 0x01UL,
                "SCHED_FLAG_RECLAIM" => 0x02,
                "SCHED_FLAG_DL_OVERRUN" => 0x04,
                "SCHED_FLAG_KEEP_POLICY" => 0x08,
                "SCHED_FLAG_KEEP_PARAMS" => 0x10,
                "SCHED_FLAG_UTIL_CLAMP_MIN" => 0x20,
                "SCHED_FLAG_UTIL_CLAMP_MAX" => 0x40,
                _ => 0,
            };
        return flags;
    }
}

/// <summary>Restricts the process to some CPUs (<c>execCPUAffinity</c>).</summary>
public sealed record SetCpuAffinity(string Cpus) : PlanStep
{
    private const int MaxCpu = 8191;

    /// <inheritdoc/>
    public override string Describe() => $"run on CPUs {Cpus}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        byte[] mask = CpuMask(Cpus);
        program.Child.Call(SYS.sched_setaffinity, 0, mask.Length, program.Child.Bytes(mask));
    }

    /// <summary>A list such as <c>0-3,7</c> as a bit set of bytes in multiples of eight.</summary>
    /// <exception cref="FormatException">The text is no list of numbers and ranges.</exception>
    public static byte[] CpuMask(string list)
    {
        byte[] mask = new byte[8];
        foreach (string part in list.Split(','))
        {
            string[] ends = part.Trim().Split('-');
            int first = Parse(ends[0], list), last = ends.Length == 2 ? Parse(ends[1], list) : first;
            if (ends.Length > 2 || last < first || last > MaxCpu)
                throw new FormatException($"\"{list}\" is no list of CPUs");
            if (last / 8 >= mask.Length)
                Array.Resize(ref mask, (last / 64 + 1) * 8);
            for (int cpu = first; cpu <= last; cpu++)
                mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }
        return mask;
    }

    private static int Parse(string text, string list) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out int value) ? value : throw new FormatException($"\"{list}\" is no list of CPUs");
}

/// <summary>Sets the NUMA memory policy (<c>linux.memoryPolicy</c>; man 2 set_mempolicy).</summary>
public sealed record SetMemoryPolicy(LinuxMemoryPolicy Policy) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"set memory policy {Policy.Mode} {Policy.Nodes}";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        int mode = Policy.Mode switch
        {
            "MPOL_PREFERRED" => 1,
            "MPOL_BIND" => 2,
            "MPOL_INTERLEAVE" => 3,
            "MPOL_LOCAL" => 4,
            "MPOL_PREFERRED_MANY" => 5,
            "MPOL_WEIGHTED_INTERLEAVE" => 6,
            _ => 0,
        };
        foreach (string flag in Policy.Flags)
            mode |= flag switch
            {
                "MPOL_F_STATIC_NODES" => 1 << 15,
                "MPOL_F_RELATIVE_NODES" => 1 << 14,
                "MPOL_F_NUMA_BALANCING" => 1 << 13,
                _ => 0,
            };
        if (string.IsNullOrEmpty(Policy.Nodes))
        {
            program.Child.Call(SYS.set_mempolicy, mode, 0, 0);
            return;
        }
        byte[] nodes = SetCpuAffinity.CpuMask(Policy.Nodes);
        // The kernel counts one bit more than it looks at.
        program.Child.Call(SYS.set_mempolicy, mode, program.Child.Bytes(nodes), nodes.Length * 8 + 1);
    }
}
