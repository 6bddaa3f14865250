using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class DiskUsageCommand : Command
{
    private static readonly Map Headers = new() { ["Active"] = "ACTIVE", ["Reclaimable"] = "RECLAIMABLE", ["Size"] = "SIZE", ["TotalCount"] = "TOTAL", ["Type"] = "TYPE" };

    public override string Usage => "[OPTIONS]";

    public override string Summary => "Show disk usage";

    public override IReadOnlyList<Option> Options => [new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string")];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        DiskUsage usage = DiskUsage.Of(invocation.Images);
        string size = Human.Size(usage.LayerBytes, 4);
        Map images = new() { ["Active"] = "0", ["Reclaimable"] = usage.LayerBytes > 0 ? $"{size} (100%)" : "0B", ["Size"] = size, ["TotalCount"] = usage.Images.ToString(CultureInfo.InvariantCulture), ["Type"] = "Images" };
        (string, string)[] columns = [("TYPE", "Type"), ("TOTAL", "TotalCount"), ("ACTIVE", "Active"), ("SIZE", "Size"), ("RECLAIMABLE", "Reclaimable")];
        invocation.Output.Write(Rows.Format([images], invocation.Options.Text("format"), columns, Headers));
        return Task.FromResult(0);
    }
}
