using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Diagnosis;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class DoctorCommand : Command
{
    public override string Name => "doctor";

    public override string Usage => "";

    public override string Summary => "show what containers can have on this host, for this user, and how to get what is missing";

    public override string Description => "Checks cgroups and who makes them, namespaces, user mappings, seccomp, security modules and filesystems. It changes nothing. The exit code is 1 if no container can run at all, else 0.";

    public override IReadOnlyList<Option> Options => [new("format", "select one of: table or json (default: \"table\")", "value", 'f')];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override int Execute(Invocation invocation)
    {
        string format = invocation.Options.Text("format") is { Length: > 0 } asked ? asked : "table";
        if (format is not ("table" or "json"))
            throw new UsageException("invalid format option");
        IReadOnlyList<Finding> findings = HostExamination.Run(invocation.Host);
        Invocation.Print(format == "json" ? Json(findings) : Table(findings));
        return CanRun(findings) ? 0 : 1;
    }

    private static bool CanRun(IReadOnlyList<Finding> findings) => findings.All(f => f.Status != FindingStatus.Fatal);

    private static string Json(IReadOnlyList<Finding> findings)
    {
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented: true, findings, static (json, all) =>
        {
            json.Always("canRun", CanRun(all));
            json.List("findings", all, static (item, finding) => finding.Write(item));
        });
        return text + "\n";
    }

    private static string Table(IReadOnlyList<Finding> findings)
    {
        StringBuilder text = new();
        string topic = "";
        foreach (Finding finding in findings)
        {
            if (finding.Topic != topic)
                text.Append(topic.Length > 0 ? "\n" : "").Append(topic = finding.Topic).Append('\n');
            string mark = finding.Status switch { FindingStatus.Ok => " ", FindingStatus.Missing => "-", _ => "!" };
            text.Append($"{mark} {finding.Name,-20} {finding.Value}\n");
            if (finding.Advice.Length > 0)
                text.Append($"  {"",-20} → {finding.Advice}\n");
        }
        int missing = findings.Count(f => f.Status == FindingStatus.Missing);
        return text.Append('\n').Append(!CanRun(findings) ? "No container can run: see the lines that begin with `!`.\n"
            : missing > 0 ? $"Containers can run. {missing} of these they cannot have: the lines that begin with `-`.\n"
            : "Containers can have all of these.\n").ToString();
    }
}
