using Vessel.Oci.Json;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Security.Seccomp;

/// <summary>Compiles <c>linux.seccomp</c> to a classic BPF program (seccomp(2)), without libseccomp.</summary>
/// <remarks>
/// The filter decides as the one that runc loads through libseccomp:
/// <list type="bullet">
/// <item>A call of an architecture that the profile does not name kills the thread (libseccomp's SCMP_FLTATR_ACT_BADARCH). The native one
/// is always included. x32 shares the audit number of x86-64 and is told by a bit of the call's number; not named, its calls kill,
/// except for -1, with which a tracer skips a call. Architectures that the processor cannot run are accepted and add nothing.</item>
/// <item>Rules that repeat the default action are left out. The conditions of a rule must all hold, except where two of them name the
/// same argument: then each is a rule of its own. Rules that meet on one call: see <see cref="SyscallOutcomes"/>.</item>
/// <item>Arguments are compared as unsigned 64-bit numbers, for 32-bit ABIs their low halves. <c>SCMP_CMP_MASKED_EQ</c> ignores bits of
/// <c>valueTwo</c> outside the mask.</item>
/// <item>A rule on an i386 socket or IPC call also holds for the same call made through <c>socketcall</c> or <c>ipc</c>. Their further
/// arguments lie in memory, where a filter cannot look: a condition on the first argument gives way to the selector, others compare the
/// multiplexer's own arguments.</item>
/// <item>Where the default action does not let calls pass, numbers above the largest one that the profile names give ENOSYS: a C library
/// newer than the profile then takes its fallback, which EPERM would not tell it to do. Unlike runc, an i386 call that is multiplexed
/// counts with both its numbers, so that what a profile allows is never taken for a new call.</item>
/// </list>
/// </remarks>
public static class SeccompCompiler
{
    private const uint SECCOMP_FILTER_FLAG_TSYNC = 1 << 0;
    private const uint SECCOMP_FILTER_FLAG_LOG = 1 << 1;
    private const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 1 << 2;
    private const uint SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
    private const uint SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;

    private const uint ENOSYS = 38;
    private const uint ArgumentCount = 6;
    private const uint SkippedCall = uint.MaxValue;

    /// <summary>Compiles a profile for a host.</summary>
    /// <param name="profile">As in config.json.</param>
    /// <param name="native">The host's own architecture: x86-64 or arm64.</param>
    /// <exception cref="DocumentException">The profile is not one; the first error found, with its place.</exception>
    public static SeccompFilter Compile(LinuxSeccomp profile, SeccompArchitecture native)
    {
        ArgumentNullException.ThrowIfNull(profile);
        uint defaultAction = SeccompAction.Parse(profile.DefaultAction, profile.DefaultErrnoRet, "linux.seccomp.defaultAction", "defaultErrnoRet");
        // The process that loads the filter still has to hand the listener's descriptor over, by write; see below.
        if (defaultAction == SeccompAction.SECCOMP_RET_USER_NOTIF)
            throw Invalid("linux.seccomp.defaultAction", "\"SCMP_ACT_NOTIFY\" cannot be the default");

        List<SyscallOutcomes> architectures = Architectures(profile.Architectures, native);
        SeccompProgram program = new(defaultAction);
        List<string> unknown = [];
        bool needsListener = false;
        for (int i = 0; i < profile.Syscalls.Count; i++)
            needsListener |= AddRules(profile.Syscalls[i], i, defaultAction, program, architectures, unknown);

        byte[] instructions = program.Assemble(
            Sections(architectures, program, LetsCallsPass(defaultAction)), SeccompAction.SECCOMP_RET_KILL_THREAD);
        return new SeccompFilter(instructions, Flags(profile.Flags, needsListener), needsListener, unknown);
    }

    internal static DocumentException Invalid(string field, string message) => new("config.json", [new DocumentError(field, message)]);

    private static List<SyscallOutcomes> Architectures(IReadOnlyList<string> names, SeccompArchitecture native)
    {
        if (native is not (SeccompArchitecture.X86_64 or SeccompArchitecture.Arm64))
            throw new ArgumentOutOfRangeException(nameof(native), native, "a host is x86-64 or arm64");
        bool hasX86 = false, hasX32 = false, hasArm = false;
        for (int i = 0; i < names.Count; i++)
        {
            switch (names[i])
            {
                case "SCMP_ARCH_X86": hasX86 = true; break;
                case "SCMP_ARCH_X32": hasX32 = true; break;
                case "SCMP_ARCH_ARM": hasArm = true; break;
                case "SCMP_ARCH_X86_64" or "SCMP_ARCH_AARCH64": break;
                default:
                    if (!SeccompNames.Architectures.Contains(names[i]))
                        throw Invalid($"linux.seccomp.architectures[{i}]", $"\"{names[i]}\" is not an architecture");
                    break;
            }
        }
        List<SyscallOutcomes> result = [new SyscallOutcomes(native)];
        bool isX86 = native == SeccompArchitecture.X86_64;
        // x32 directly after x86-64, with which it shares a section.
        if (isX86 && hasX32)
            result.Add(new SyscallOutcomes(SeccompArchitecture.X32));
        if (isX86 && hasX86)
            result.Add(new SyscallOutcomes(SeccompArchitecture.X86));
        if (!isX86 && hasArm)
            result.Add(new SyscallOutcomes(SeccompArchitecture.Arm));
        return result;
    }

    /// <summary>Whether the entry asks for a listener.</summary>
    private static bool AddRules(LinuxSyscall entry, int entryIndex, uint defaultAction, SeccompProgram program,
        List<SyscallOutcomes> architectures, List<string> unknown)
    {
        string field = $"linux.seccomp.syscalls[{entryIndex}]";
        uint action = SeccompAction.Parse(entry.Action, entry.ErrnoRet, field + ".action", "errnoRet");
        bool notifies = action == SeccompAction.SECCOMP_RET_USER_NOTIF;
        int firstRule = program.RuleCount;
        AddConditions(entry.Args, field, action, program);
        int endRule = program.RuleCount;

        for (int i = 0; i < entry.Names.Count; i++)
        {
            string name = entry.Names[i];
            if (name.Length == 0)
                throw Invalid($"{field}.names[{i}]", "a system call has a name");
            // The descriptor of the listener is written to the parent after the filter is in force: this write would wait for a listener
            // that cannot exist yet, for ever.
            if (notifies && name == "write")
                throw Invalid($"{field}.names[{i}]", "\"SCMP_ACT_NOTIFY\" cannot be used for \"write\"");
            int place = SyscallTable.Find(name);
            if (place < 0)
            {
                if (!unknown.Contains(name))
                    unknown.Add(name);
                continue;
            }
            foreach (SyscallOutcomes architecture in architectures)
            {
                bool exists = SyscallTable.TryGetNumberAt(architecture.Architecture, place, out uint number);
                uint multiplexer = 0, selector = 0;
                bool isMultiplexed = architecture.Architecture == SeccompArchitecture.X86
                    && SyscallMultiplexer.TryGet(name, out multiplexer, out selector);
                // Counts for ENOSYS even where the rule itself is left out.
                if (exists)
                    architecture.Name(number);
                if (isMultiplexed)
                    architecture.Name(multiplexer);
                if (action == defaultAction)
                    continue;
                for (int rule = firstRule; exists && rule < endRule; rule++)
                    architecture.Add(number, rule, program.Rule(rule));
                if (isMultiplexed)
                    AddMultiplexed(architecture, program, firstRule, endRule, multiplexer, selector);
            }
        }
        return notifies && entry.Names.Count > 0;
    }

    private static void AddMultiplexed(SyscallOutcomes architecture, SeccompProgram program, int firstRule, int endRule, uint multiplexer,
        uint selector)
    {
        for (int i = firstRule; i < endRule; i++)
        {
            SeccompRule rule = program.Rule(i);
            List<SeccompCondition> conditions = [new SeccompCondition(0, SeccompOperator.Equal, ulong.MaxValue, selector)];
            foreach (SeccompCondition condition in rule.Conditions)
            {
                if (condition.Index != 0)
                    conditions.Add(condition);
            }
            SeccompRule multiplexed = new(conditions.ToArray(), rule.Action);
            architecture.Add(multiplexer, program.AddRule(multiplexed), multiplexed);
        }
    }

    private static void AddConditions(IReadOnlyList<LinuxSeccompArg> arguments, string field, uint action, SeccompProgram program)
    {
        SeccompCondition[] conditions = new SeccompCondition[arguments.Count];
        uint seen = 0;
        bool repeats = false;
        for (int i = 0; i < conditions.Length; i++)
        {
            LinuxSeccompArg argument = arguments[i];
            if (argument.Index >= ArgumentCount)
                throw Invalid($"{field}.args[{i}].index", $"{argument.Index} is above {ArgumentCount - 1}");
            SeccompOperator comparison = argument.Op switch
            {
                "SCMP_CMP_NE" => SeccompOperator.NotEqual,
                "SCMP_CMP_LT" => SeccompOperator.Less,
                "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
                "SCMP_CMP_EQ" => SeccompOperator.Equal,
                "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
                "SCMP_CMP_GT" => SeccompOperator.Greater,
                "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
                _ => throw Invalid($"{field}.args[{i}].op", $"\"{argument.Op}\" is not an operator"),
            };
            conditions[i] = comparison == SeccompOperator.MaskedEqual
                ? new SeccompCondition((byte)argument.Index, comparison, argument.Value, argument.ValueTwo & argument.Value)
                : new SeccompCondition((byte)argument.Index, comparison, ulong.MaxValue, argument.Value);
            repeats |= (seen & 1u << (int)argument.Index) != 0;
            seen |= 1u << (int)argument.Index;
        }
        if (!repeats)
        {
            program.AddRule(new SeccompRule(conditions, action));
            return;
        }
        foreach (SeccompCondition condition in conditions)
            program.AddRule(new SeccompRule([condition], action));
    }

    private static bool LetsCallsPass(uint action) =>
        // A tracer is expected to know what it does with new calls.
        (action & SeccompAction.SECCOMP_RET_ACTION_FULL)
            is SeccompAction.SECCOMP_RET_ALLOW or SeccompAction.SECCOMP_RET_LOG or SeccompAction.SECCOMP_RET_TRACE;

    private static List<SeccompSection> Sections(List<SyscallOutcomes> architectures, SeccompProgram program, bool newCallsPass)
    {
        int enosys = program.ActionOutcome(SeccompAction.SECCOMP_RET_ERRNO | ENOSYS);
        List<SeccompSection> sections = [];
        for (int i = 0; i < architectures.Count; i++)
        {
            SyscallOutcomes architecture = architectures[i];
            List<SyscallRange> ranges = [];
            AppendArchitecture(ranges, architecture);
            if (architecture.Architecture == SeccompArchitecture.X86_64)
            {
                SyscallOutcomes? x32 = i + 1 < architectures.Count && architectures[i + 1].Architecture == SeccompArchitecture.X32
                    ? architectures[++i]
                    : null;
                AppendX32(ranges, x32, RefusesNewCalls(architecture));
            }
            sections.Add(new SeccompSection(SeccompArchitectures.AuditNumber(architecture.Architecture), ranges));
        }
        return sections;

        // A profile that names nothing but number 0 counts as one that names nothing.
        bool RefusesNewCalls(SyscallOutcomes calls) => !newCallsPass && calls.LargestNumber != 0;

        void AppendArchitecture(List<SyscallRange> ranges, SyscallOutcomes calls)
        {
            calls.AppendRanges(ranges, program);
            if (RefusesNewCalls(calls))
                SyscallRange.Append(ranges, calls.LargestNumber + 1, enosys);
        }

        // Above the numbers of x86-64, whether x32 is named or not. Numbers with the top bit exist on neither; what they give is what runc's
        // filter gives: ENOSYS is decided before the filter proper, and for which of the two, on the x32 bit alone.
        void AppendX32(List<SyscallRange> ranges, SyscallOutcomes? x32, bool refusesNewCalls)
        {
            const uint Bit = SeccompArchitectures.X32SyscallBit;
            const uint TopBit = 0x8000_0000;
            int elsewhere = program.DefaultOutcome;
            int elsewhereWithBit = elsewhere;
            if (x32 is null)
            {
                elsewhere = elsewhereWithBit = program.ActionOutcome(SeccompAction.SECCOMP_RET_KILL_THREAD);
                SyscallRange.Append(ranges, Bit, elsewhere);
            }
            else
            {
                AppendArchitecture(ranges, x32);
                if (RefusesNewCalls(x32))
                    elsewhereWithBit = enosys;
            }
            SyscallRange.Append(ranges, TopBit, refusesNewCalls ? enosys : elsewhere);
            SyscallRange.Append(ranges, TopBit | Bit, elsewhereWithBit);
            if (x32 is null)
                SyscallRange.Append(ranges, SkippedCall, program.DefaultOutcome);
        }
    }

    private static uint Flags(IReadOnlyList<string> names, bool needsListener)
    {
        uint flags = needsListener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
        for (int i = 0; i < names.Count; i++)
        {
            flags |= names[i] switch
            {
                // Refused by the kernel beside a listener (seccomp(2)), and of no use there: the process that loads the filter has one thread.
                "SECCOMP_FILTER_FLAG_TSYNC" => needsListener ? 0 : SECCOMP_FILTER_FLAG_TSYNC,
                "SECCOMP_FILTER_FLAG_LOG" => SECCOMP_FILTER_FLAG_LOG,
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                // Says how notifications wait, so the kernel refuses it where there are none.
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => needsListener ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0,
                _ => throw Invalid($"linux.seccomp.flags[{i}]", $"\"{names[i]}\" is not a flag"),
            };
        }
        return flags;
    }
}
