using System.Globalization;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Errors;
using Vessel.Core.Process;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class PsCommand : Command
{
    public override string Name => "ps";

    public override string Usage => "<container-id> [ps options]";

    public override string Summary => "ps displays the processes running inside a container";

    public override string Description => "Prints the container's lines of what ps(1) of the host prints. The ps options are passed on to it; the default is `-ef`.";

    public override IReadOnlyList<Option> Options => [new("format", "select one of: table or json (default: \"table\")", "value", 'f')];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override bool StopsAtArgument => true;

    public override int Execute(Invocation invocation)
    {
        string format = invocation.Options.Text("format") ?? "table";
        if (format is not ("table" or "json"))
            throw new UsageException($"invalid format option \"{format}\"");
        List<int> pids = [.. Find(invocation).Processes().Order()];
        if (format == "json")
        {
            Invocation.Print($"[{string.Join(',', pids)}]\n");
            return 0;
        }
        IReadOnlyList<string> options = invocation.Arguments.Count > 1 ? [.. invocation.Arguments.Skip(1)] : ["-ef"];
        Invocation.Print(Filter(Programs.Capture(["ps", .. options], invocation.Host.Features), pids));
        return 0;
    }

    private static string Filter(string table, List<int> pids)
    {
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int column = lines.Length == 0 ? -1 : Array.IndexOf(Words(lines[0]), "PID");
        if (column < 0)
            throw new RuntimeException(ErrorKind.InvalidSpec, "couldn't find PID field in ps output");
        return string.Concat(lines.Where((line, i) => i == 0
            || (Words(line) is { } words && column < words.Length && int.TryParse(words[column], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pids.Contains(pid)))
            .Select(line => line + "\n"));
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
