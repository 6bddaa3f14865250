using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

public static partial class SpecReader
{
    private static LinuxIntelRdt? IntelRdt(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? closID = null, l3CacheSchema = null, memBwSchema = null;
        IReadOnlyList<string> schemata = [];
        bool enableMonitoring = false;
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "closID": closID = json.Text(); break;
                case "schemata": schemata = json.TextList(); break;
                case "l3CacheSchema": l3CacheSchema = json.Text(); break;
                case "memBwSchema": memBwSchema = MemBwSchema(json); break;
                case "enableMonitoring": enableMonitoring = json.Boolean() ?? false; break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxIntelRdt
        {
            ClosID = closID,
            Schemata = schemata,
            L3CacheSchema = l3CacheSchema,
            MemBwSchema = memBwSchema,
            EnableMonitoring = enableMonitoring,
            Extensions = others,
        };
    }

    // One line, so that nothing else can ride into the schemata file with it.
    private static string? MemBwSchema(JsonMapReader json) => json.Text(
        static text => text.Length == 0 || (text.StartsWith("MB:", StringComparison.Ordinal) && !text.Contains('\n')),
        "one line that begins with MB:");

    private static LinuxMemoryPolicy? MemoryPolicy(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? mode = null, nodes = null;
        IReadOnlyList<string> flags = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "mode": mode = json.OneOf(SpecWords.MemoryPolicyModes, "a memory policy"); break;
                case "nodes": nodes = json.Text(); break;
                case "flags": flags = json.ListOf(SpecWords.MemoryPolicyFlags, "a memory policy flag"); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxMemoryPolicy { Mode = json.Required(mode, "mode"), Nodes = nodes, Flags = flags, Extensions = others };
    }

    private static LinuxPersonality? Personality(JsonMapReader json)
    {
        if (!json.EnterObject())
            return null;
        string? domain = null;
        IReadOnlyList<string> flags = [];
        Dictionary<string, string>? others = null;
        while (json.NextMember() is { } name)
        {
            switch (name)
            {
                case "domain": domain = json.OneOf(SpecWords.Personalities, "a personality"); break;
                case "flags": flags = json.TextList(); break;
                default: json.Keep(ref others); break;
            }
        }

        return new LinuxPersonality { Domain = json.Required(domain, "domain"), Flags = flags, Extensions = others };
    }
}
