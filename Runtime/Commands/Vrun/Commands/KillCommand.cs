using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Native.Raw;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class KillCommand : Command
{
    public override string Name => "kill";

    public override string Usage => "<container-id> [signal]";

    public override string Summary => "kill sends the specified signal (default: SIGTERM) to the container's init process";

    public override IReadOnlyList<Option> Options => [new("all", "send the specified signal to all processes inside the container", Short: 'a')];

    public override (int Least, int Most) ArgumentCount => (1, 2);

    public override int Execute(Invocation invocation)
    {
        string name = invocation.Arguments.Count > 1 && invocation.Arguments[1].Length > 0 ? invocation.Arguments[1] : "SIGTERM";
        if (!Signal.TryParse(name, out int signal))
            throw new UsageException($"unknown signal \"{name}\"");
        Find(invocation).Kill(signal, invocation.Options.Has("all"));
        return 0;
    }
}
