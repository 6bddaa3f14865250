using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>Says what a profile means for one call by reading the profile, call by call: the compiler's yardstick.</summary>
internal static class ReferenceEvaluator
{
    public static uint Evaluate(LinuxSeccomp profile, SeccompArchitecture native, in SeccompCall call)
    {
        uint defaultAction = ActionOf(profile.DefaultAction, profile.DefaultErrnoRet);
        uint number = call.Number;
        bool isStubbed = profile.DefaultAction is not ("SCMP_ACT_ALLOW" or "SCMP_ACT_LOG" or "SCMP_ACT_TRACE");

        if (ArchitectureOf(profile, native, call) is not { } architecture)
            return Profiles.KillThread;
        bool isX32 = architecture == SeccompArchitecture.X32;
        bool hasX32 = profile.Architectures.Contains("SCMP_ARCH_X32");
        if (!isX32 || hasX32)
        {
            uint largest = profile.Syscalls.SelectMany(rule => rule.Names)
                .Select(name => LargestNumber(architecture, name)).DefaultIfEmpty().Max();
            if (isStubbed && largest != 0 && number > largest)
                return Profiles.Errno(Profiles.ENOSYS);
        }
        if (architecture is SeccompArchitecture.X86_64 or SeccompArchitecture.X32 && !hasX32 && number >= 0x4000_0000)
            return number == uint.MaxValue ? defaultAction : Profiles.KillThread;

        List<(List<LinuxSeccompArg> Conditions, uint Action)> rules = [];
        foreach (LinuxSyscall rule in profile.Syscalls)
        {
            uint action = ActionOf(rule.Action, rule.ErrnoRet);
            if (action == defaultAction)
                continue;
            foreach (string name in rule.Names)
            {
                bool repeats = rule.Args.Select(a => a.Index).Distinct().Count() < rule.Args.Count;
                IEnumerable<List<LinuxSeccompArg>> alternatives = repeats ? rule.Args.Select(a => new List<LinuxSeccompArg> { a }) : [[.. rule.Args]];
                foreach (List<LinuxSeccompArg> conditions in alternatives)
                {
                    if (SyscallTable.TryGetNumber(architecture, name, out uint named) && named == number)
                        rules.Add((conditions, action));
                    if (architecture == SeccompArchitecture.X86 && SelectorOf(name, number) is { } selector)
                        rules.Add(([Profiles.Arg(0, "EQ", selector), .. conditions.Where(a => a.Index != 0)], action));
                }
            }
        }
        bool wide = architecture is SeccompArchitecture.X86_64 or SeccompArchitecture.Arm64;
        foreach ((List<LinuxSeccompArg> conditions, uint action) in rules)
        {
            if (conditions.All(a => a.Op == "SCMP_CMP_MASKED_EQ" && (wide ? a.Value : (uint)a.Value) == 0))
                return action;
        }
        foreach ((List<LinuxSeccompArg> conditions, uint action) in rules)
        {
            bool holds = true;
            foreach (LinuxSeccompArg condition in conditions)
                holds &= Holds(condition, call.Argument((int)condition.Index), wide);
            if (holds)
                return action;
        }
        return defaultAction;
    }

    private static uint LargestNumber(SeccompArchitecture architecture, string name)
    {
        SyscallTable.TryGetNumber(architecture, name, out uint number);
        if (architecture == SeccompArchitecture.X86)
            number = Math.Max(number, SelectorOf(name, 102) is not null ? 102u : SelectorOf(name, 117) is not null ? 117u : 0);
        return number;
    }

    private static bool Holds(LinuxSeccompArg condition, ulong argument, bool wide)
    {
        ulong value = condition.Value;
        ulong valueTwo = condition.ValueTwo;
        if (!wide)
            (argument, value, valueTwo) = ((uint)argument, (uint)value, (uint)valueTwo);
        return condition.Op switch
        {
            "SCMP_CMP_NE" => argument != value,
            "SCMP_CMP_LT" => argument < value,
            "SCMP_CMP_LE" => argument <= value,
            "SCMP_CMP_EQ" => argument == value,
            "SCMP_CMP_GE" => argument >= value,
            "SCMP_CMP_GT" => argument > value,
            "SCMP_CMP_MASKED_EQ" => (argument & value) == (valueTwo & value),
            _ => throw new ArgumentException(condition.Op),
        };
    }

    private static SeccompArchitecture? ArchitectureOf(LinuxSeccomp profile, SeccompArchitecture native, in SeccompCall call)
    {
        bool isX86 = native == SeccompArchitecture.X86_64;
        return call.AuditNumber switch
        {
            0xC000_003E when isX86 => (call.Number & 0x4000_0000) == 0 ? SeccompArchitecture.X86_64 : SeccompArchitecture.X32,
            0x4000_0003 when isX86 && profile.Architectures.Contains("SCMP_ARCH_X86") => SeccompArchitecture.X86,
            0xC000_00B7 when !isX86 => SeccompArchitecture.Arm64,
            0x4000_0028 when !isX86 && profile.Architectures.Contains("SCMP_ARCH_ARM") => SeccompArchitecture.Arm,
            _ => null,
        };
    }

    private static uint ActionOf(string action, uint? errno) => action switch
    {
        "SCMP_ACT_ALLOW" => Profiles.Allow,
        "SCMP_ACT_ERRNO" => Profiles.Errno(errno ?? 1),
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => Profiles.KillThread,
        "SCMP_ACT_KILL_PROCESS" => Profiles.KillProcess,
        "SCMP_ACT_TRAP" => Profiles.Trap,
        "SCMP_ACT_TRACE" => Profiles.Trace | (errno ?? 1),
        "SCMP_ACT_LOG" => Profiles.Log,
        "SCMP_ACT_NOTIFY" => Profiles.Notify,
        _ => throw new ArgumentException(action),
    };

    // socketcall is 102, ipc 117.
    private static uint? SelectorOf(string name, uint number)
    {
        string[] calls = number switch
        {
            102 => ["", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
                "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg"],
            117 => ["", "semop", "semget", "semctl", "semtimedop", "", "", "", "", "", "", "msgsnd", "msgrcv", "msgget", "msgctl",
                "", "", "", "", "", "", "shmat", "shmdt", "shmget", "shmctl"],
            _ => [],
        };
        int index = Array.IndexOf(calls, name);
        return index > 0 ? (uint)index : null;
    }
}
