using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class LogoutCommand : Command
{
    public override string Usage => "[SERVER]";

    public override string Summary => "Log out from a registry";

    public override (int Least, int Most) ArgumentCount => (0, 1);

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string registry = Servers.Parse(invocation.Arguments.Count > 0 ? invocation.Arguments[0] : null).Registry;
        string name = registry == Servers.Hub ? Servers.HubAddress : registry;
        bool wasIn = await invocation.DockerConfig.EraseAsync(registry, cancellation).ConfigureAwait(false);
        invocation.Output.Write(wasIn ? $"Removing login credentials for {name}\n" : $"Not logged in to {name}\n");
        return 0;
    }
}
