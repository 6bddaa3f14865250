using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Errors;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class DeleteCommand : Command
{
    public override string Name => "delete";

    public override string Summary => "delete any resources held by the container often used with detached container";

    public override IReadOnlyList<Option> Options => [new("force", "Forcibly deletes the container if it is still running (uses SIGKILL)", Short: 'f')];

    public override int Execute(Invocation invocation)
    {
        bool force = invocation.Options.Has("force");
        try
        {
            foreach (string complaint in Find(invocation).Delete(invocation.Host, force))
                invocation.Log.Warn(complaint);
        }
        catch (RuntimeException e) when (force && e.Kind == ErrorKind.NotFound)
        {
            // What isn't there is deleted: engines clean up twice.
        }
        return 0;
    }
}
