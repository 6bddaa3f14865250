using Vessel.Commands.Vrun.CommandLine;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class PauseCommand : Command
{
    public override string Name => "pause";

    public override string Summary => "pause suspends all processes inside the container";

    public override int Execute(Invocation invocation)
    {
        Find(invocation).Pause();
        return 0;
    }
}
