using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class ListCommand : Command
{
    private static readonly string[] Columns = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];

    public override string Name => "list";

    public override string Usage => "";

    public override string Summary => "lists containers started by vrun with the given root";

    public override IReadOnlyList<Option> Options =>
    [
        new("format", "select one of: table or json (default: \"table\")", "value", 'f'),
        new("quiet", "display only container IDs", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override int Execute(Invocation invocation)
    {
        string format = invocation.Options.Text("format") ?? "table";
        if (format is not ("table" or "json"))
            throw new UsageException($"invalid format option \"{format}\"");
        if (invocation.Options.Has("quiet"))
        {
            Invocation.Print(string.Concat(invocation.Store.List().Select(id => id.Value + "\n")));
            return 0;
        }
        List<ContainerState> states = States(invocation);
        Invocation.Print(format == "json" ? Json(states) : Table(states));
        return 0;
    }

    private static List<ContainerState> States(Invocation invocation)
    {
        List<ContainerState> states = [];
        foreach (Container container in Container.List(invocation.Store))
            try
            {
                states.Add(container.State());
            }
            catch (RuntimeException e) when (e.Kind == ErrorKind.NotFound)
            {
                // Deleted while we looked.
            }
            catch (RuntimeException e)
            {
                invocation.Log.Warn($"load container {container.Id}: {e.Message}");
            }
        return states;
    }

    private static string Json(List<ContainerState> states)
    {
        if (states.Count == 0)
            return "null\n";
        return "[" + string.Join(',', states.Select(state =>
        {
            using StringWriter text = new();
            JsonMapWriter.Write(text, indented: false, state, static (json, s) => s.Write(json));
            return text.ToString();
        })) + "]\n";
    }

    private static string Table(List<ContainerState> states)
    {
        List<string[]> rows = [Columns, .. states.Select(s => new[] { s.Record.Id, s.Pid.ToString(), s.StatusText, s.Record.Bundle, s.Record.Created, s.Owner })];
        int[] widths = Columns.Select((_, column) => Math.Max(12, rows.Max(row => row[column].Length + 1))).ToArray();
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
                text.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column]));
            text.Append('\n');
        }
        return text.ToString();
    }
}
