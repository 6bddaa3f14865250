using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Bundles;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class DiskUsageCommand : Command
{
    private static readonly Map Headers = new() { ["Active"] = "ACTIVE", ["Reclaimable"] = "RECLAIMABLE", ["Size"] = "SIZE", ["TotalCount"] = "TOTAL", ["Type"] = "TYPE" };

    public override string Usage => "[OPTIONS]";

    public override string Summary => "Show disk usage";

    public override IReadOnlyList<Option> Options =>
    [
        new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string"),
        new("verbose", "Show detailed information on space usage", Short: 'v'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        if (invocation.Options.Has("verbose"))
            return Task.FromResult(ShowImages(invocation));
        DiskUsage usage = DiskUsage.Of(invocation.Images);
        Map[] rows =
        [
            Row("Images", usage.Images, usage.UsedImages, usage.LayerBytes, usage.FreeLayerBytes),
            // A bundle may be wanted again whether it is mounted or not: only its owner knows.
            Row("Bundles", usage.Bundles, usage.ReadyBundles, usage.BundleBytes, 0),
        ];
        (string, string)[] columns = [("TYPE", "Type"), ("TOTAL", "TotalCount"), ("ACTIVE", "Active"), ("SIZE", "Size"), ("RECLAIMABLE", "Reclaimable")];
        invocation.Output.Write(Rows.Format(rows, invocation.Options.Text("format"), columns, Headers));
        return Task.FromResult(0);
    }

    private static Map Row(string type, int count, int active, long bytes, long reclaimable) => new()
    {
        ["Active"] = active.ToString(CultureInfo.InvariantCulture),
        ["Reclaimable"] = Human.Size(reclaimable, 4) + (reclaimable > 0 ? $" ({100 * reclaimable / bytes}%)" : ""),
        ["Size"] = Human.Size(bytes, 4),
        ["TotalCount"] = count.ToString(CultureInfo.InvariantCulture),
        ["Type"] = type,
    };

    private static int ShowImages(Invocation invocation)
    {
        IReadOnlyList<Image> images = invocation.Images.List();
        HashSet<Digest> shared = DiskUsage.SharedLayers(images);
        (string, string)[] columns =
        [
            ("REPOSITORY", "Repository"), ("TAG", "Tag"), ("IMAGE ID", "ID"), ("CREATED", "CreatedSince"),
            ("SIZE", "Size"), ("SHARED SIZE", "SharedSize"), ("UNIQUE SIZE", "UniqueSize"), ("CONTAINERS", "Containers"),
        ];
        List<Map> rows = [];
        foreach (Image image in images)
        {
            long sharedBytes = image.Record.DiffIds.Where(shared.Contains).Sum(l => DiskUsage.BytesOf(invocation.Images, l));
            foreach (Map row in ImageListing.Of(image).Select(l => l.ToMap(isFull: false)))
            {
                (row["SharedSize"], row["UniqueSize"]) = (Human.Size(sharedBytes, 4), Human.Size(image.SizeBytes - sharedBytes, 4));
                row["Containers"] = "0";
                rows.Add(row);
            }
        }
        string? format = invocation.Options.Text("format");
        // A format is of all of it at once.
        List<Map> bundles = [.. Bundle.List(invocation.Images).Select(BundlesCommand.ToMap)];
        invocation.Output.Write(Rows.IsDefault(format)
            ? $"Images space usage:\n\n{Rows.Format(rows, format, columns, ImageListing.Headers)}\nBundles space usage:\n\n{Rows.Format(bundles, format, BundlesCommand.Columns, BundlesCommand.Headers)}"
            : Rows.FormatOne(new Map { ["Images"] = rows, ["Bundles"] = bundles }, format));
        return 0;
    }
}
