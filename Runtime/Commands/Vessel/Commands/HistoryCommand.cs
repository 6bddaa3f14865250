using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;
using Vessel.Oci.Image;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class HistoryCommand : Command
{
    private const int ShownCommand = 45;
    private const string Missing = "<missing>";

    private static readonly Map Headers = new()
    {
        ["Comment"] = "COMMENT",
        ["CreatedAt"] = "CREATED AT",
        ["CreatedBy"] = "CREATED BY",
        ["CreatedSince"] = "CREATED",
        ["ID"] = "IMAGE",
        ["Size"] = "SIZE",
    };

    public override string Usage => "[OPTIONS] IMAGE";

    public override string Summary => "Show the history of an image";

    public override IReadOnlyList<Option> Options =>
    [
        new("format", "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", "string"),
        new("human", "Print sizes and dates in human readable format (default true)", Short: 'H'),
        new("no-trunc", "Don't truncate output"),
        new("quiet", "Only show image IDs", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 1);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        Image image = invocation.Images.Find(invocation.Arguments[0]);
        bool isFull = invocation.Options.Has("no-trunc"), isHuman = invocation.Options.Text("human") != "false";
        List<Map> rows = [.. Steps(invocation.Images, image).Select(s => Row(s.Step, s.Bytes, isFull, isHuman))];
        rows.Reverse();
        if (rows.Count > 0)
            rows[0]["ID"] = isFull ? image.Id.ToString() : image.Id.Short;
        string? format = invocation.Options.Text("format");
        if (invocation.Options.Has("quiet") && Rows.IsDefault(format))
        {
            rows.ForEach(r => invocation.Output.Write(r["ID"] + "\n"));
            return Task.FromResult(0);
        }
        (string, string)[] columns = [("IMAGE", "ID"), (isHuman ? "CREATED" : "CREATED AT", "CreatedSince"), ("CREATED BY", "CreatedBy"), ("SIZE", "Size"), ("COMMENT", "Comment")];
        invocation.Output.Write(Rows.Format(rows, format, columns, Headers));
        return Task.FromResult(0);
    }

    // Which steps made a layer is all that the config says; an image without a history has its layers.
    private static IEnumerable<(ImageHistory Step, long Bytes)> Steps(ImageStore store, Image image)
    {
        Queue<Digest> layers = new(image.Record.DiffIds);
        foreach (ImageHistory step in image.Config.History)
            yield return (step, !step.EmptyLayer && layers.TryDequeue(out Digest? layer) ? store.Layers.Read(layer).Bytes : 0);
        while (layers.TryDequeue(out Digest? rest))
            yield return (new ImageHistory(), store.Layers.Read(rest).Bytes);
    }

    private static Map Row(ImageHistory step, long bytes, bool isFull, bool isHuman)
    {
        DateTimeOffset? time = DateTimeOffset.TryParse(step.Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset created) ? created : null;
        string at = time is { } known ? Times.Format(known) : "";
        string command = (step.CreatedBy ?? "").Replace("\t", " ");
        return new Map
        {
            ["Comment"] = step.Comment ?? "",
            ["CreatedAt"] = at,
            ["CreatedBy"] = isFull || command.Length <= ShownCommand ? command : command[..(ShownCommand - 1)] + "…",
            ["CreatedSince"] = isHuman ? Human.Ago(time) : at,
            ["ID"] = Missing,
            ["Size"] = isHuman ? Human.Size(bytes) : bytes.ToString(CultureInfo.InvariantCulture),
        };
    }
}
