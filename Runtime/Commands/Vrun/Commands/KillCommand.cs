using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Native.Raw;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class KillCommand : Command
{
    public override string Name => "kill";

    public override string Usage => "<container-id> [signal]";

    public override string Summary => "kill sends the specified signal (default: SIGTERM) to the container's init process";

    public override string Description => "The signal is a name, with or without SIG, or a number. Signal 0 is not sent: the exit code says whether the container runs. The kernel drops a signal to the first process of a pid namespace that has no handler for it, except KILL.";

    public override IReadOnlyList<Option> Options => [new("all", "send the specified signal to all processes inside the container", Short: 'a')];

    public override (int Least, int Most) ArgumentCount => (1, 2);

    public override int Execute(Invocation invocation)
    {
        string name = invocation.Arguments.Count > 1 && invocation.Arguments[1].Length > 0 ? invocation.Arguments[1] : "SIGTERM";
        // Signal 0 asks whether the process is there, as with kill(2).
        if (!Signal.TryParse(name, out int signal) && name != "0")
            throw new UsageException($"unknown signal \"{name}\"");
        Find(invocation).Kill(signal, invocation.Options.Has("all"));
        return 0;
    }
}
