using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class StartCommand : Command
{
    public override string Name => "start";

    public override string Summary => "executes the user defined process in a created container";

    public override string Description => "Runs the program of a container that `vrun create` set up. If NOTIFY_SOCKET is set, as by systemd for a service of Type=notify, waits until the program reports READY=1, and passes that on.";

    public override int Execute(Invocation invocation)
    {
        Container container = Find(invocation);
        using NotifySocket? notify = NotifySocket.FromEnvironment();
        container.Start(invocation.Host, notify);
        if (notify?.Descriptor is not null && ProcessHandle.Open(container.State().Pid) is { } process)
            using (process)
                notify.Wait(process);
        return 0;
    }
}
