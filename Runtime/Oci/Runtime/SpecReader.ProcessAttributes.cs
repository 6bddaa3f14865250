using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static LinuxCapabilities? Capabilities(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        IReadOnlyList<string> bounding = [], effective = [], inheritable = [], permitted = [], ambient = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "bounding": bounding = json.TextList(); break;
                case "effective": effective = json.TextList(); break;
                case "inheritable": inheritable = json.TextList(); break;
                case "permitted": permitted = json.TextList(); break;
                case "ambient": ambient = json.TextList(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxCapabilities
        {
            Bounding = bounding,
            Effective = effective,
            Inheritable = inheritable,
            Permitted = permitted,
            Ambient = ambient,
            Extensions = others,
        };
    }

    private static IReadOnlyList<PosixRlimit> Rlimits(JsonMapReader json)
    {
        IReadOnlyList<PosixRlimit> rlimits = json.List(Rlimit);
        for (int i = 1; i < rlimits.Count; i++)
        {
            // The specification: a runtime MUST generate an error for a type that is given twice.
            for (int earlier = 0; earlier < i; earlier++)
            {
                if (rlimits[i]?.Type is { Length: > 0 } type && rlimits[earlier]?.Type == type)
                {
                    json.Error($"[{i}].type", $"{DocumentText.Quote(type)} is there already, at [{earlier}]");
                    break;
                }
            }
        }

        return rlimits;
    }

    private static PosixRlimit? Rlimit(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? type = null;
        ulong? hard = null, soft = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "type": type = json.OneOf(SpecWords.Rlimits, "a resource limit"); break;
                case "hard": hard = json.UInt64(); break;
                case "soft": soft = json.UInt64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new PosixRlimit(json.Required(type, "type"), json.Required(hard, "hard"), json.Required(soft, "soft"))
        {
            Extensions = others,
        };
    }

    private static Scheduler? Scheduler(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? policy = null;
        int? nice = null, priority = null;
        IReadOnlyList<string> flags = [];
        ulong? runtime = null, deadline = null, period = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "policy": policy = json.OneOf(SpecWords.SchedulerPolicies, "a scheduling policy"); break;
                case "nice": nice = json.Int32(); break;
                case "priority": priority = json.Int32(); break;
                case "flags": flags = json.ListOf(SpecWords.SchedulerFlags, "a scheduling flag"); break;
                case "runtime": runtime = json.UInt64(); break;
                case "deadline": deadline = json.UInt64(); break;
                case "period": period = json.UInt64(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new Scheduler
        {
            Policy = json.Required(policy, "policy"),
            Nice = nice,
            Priority = priority,
            Flags = flags,
            Runtime = runtime,
            Deadline = deadline,
            Period = period,
            Extensions = others,
        };
    }

    private static LinuxIOPriority? IOPriority(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? ioClass = null;
        int? priority = null;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "class": ioClass = json.OneOf(SpecWords.IOClasses, "an I/O class"); break;
                case "priority": priority = json.Int32(0, 7); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxIOPriority(json.Required(ioClass, "class"), priority ?? 0) { Extensions = others };
    }
}
