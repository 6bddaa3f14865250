using Vessel.Commands.Vrun.CommandLine;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class ResumeCommand : Command
{
    public override string Name => "resume";

    public override string Summary => "resumes all processes that have been previously paused";

    public override int Execute(Invocation invocation)
    {
        Find(invocation).Resume();
        return 0;
    }
}
