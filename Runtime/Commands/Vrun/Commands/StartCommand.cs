using Vessel.Commands.Vrun.CommandLine;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class StartCommand : Command
{
    public override string Name => "start";

    public override string Summary => "executes the user defined process in a created container";

    public override int Execute(Invocation invocation)
    {
        Find(invocation).Start(invocation.Host);
        return 0;
    }
}
