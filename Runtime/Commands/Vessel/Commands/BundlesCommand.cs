using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Bundles;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class BundlesCommand : Command
{
    internal static readonly Map Headers = new() { ["Created"] = "CREATED", ["Directory"] = "DIRECTORY", ["Image"] = "IMAGE", ["ImageID"] = "IMAGE ID", ["Size"] = "SIZE", ["Status"] = "STATUS" };

    internal static readonly (string, string)[] Columns = [("DIRECTORY", "Directory"), ("IMAGE", "Image"), ("CREATED", "Created"), ("STATUS", "Status"), ("SIZE", "Size")];

    public override string Usage => "[OPTIONS]";

    public override string Summary => "List bundles";

    public override IReadOnlyList<Option> Options =>
    [
        new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string"),
        new("quiet", "Only show directories", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        IReadOnlyList<Bundle> bundles = Bundle.List(invocation.Images);
        if (invocation.Options.Has("quiet"))
            foreach (Bundle bundle in bundles)
                invocation.Output.Write(bundle.FullPath + "\n");
        else
            invocation.Output.Write(Rows.Format([.. bundles.Select(ToMap)], invocation.Options.Text("format"), Columns, Headers));
        return Task.FromResult(0);
    }

    /// <summary>A bundle as a row.</summary>
    internal static Map ToMap(Bundle bundle) => new()
    {
        ["Created"] = Human.Ago(bundle.Created),
        ["Directory"] = bundle.FullPath,
        ["Image"] = bundle.ImageName.Length > 0 ? bundle.ImageName : bundle.Image?.Short ?? "<unknown>",
        ["ImageID"] = bundle.Image?.Short ?? "",
        ["Size"] = Human.Size(bundle.OwnBytes, 4),
        ["Status"] = bundle.Layers.Count == 0 ? "copy" : bundle.IsReady ? "mounted" : "not mounted",
    };
}
