using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class CreateCommand : Command
{
    public override string Name => "create";

    public override string Summary => "create a container";

    public override string Description => "Makes all of the container but its program, which waits until `vrun start`.\n\nThe bundle is a folder with a config.json and a root filesystem; `vrun spec` writes a config.json to begin with.";

    public override IReadOnlyList<Option> Options => BundleOptions.All;

    public override int Execute(Invocation invocation)
    {
        ContainerId id = IdOf(invocation);
        Container.Create(invocation.Store, id, BundleOptions.LoadBundle(invocation), invocation.Host, BundleOptions.Read(invocation));
        return 0;
    }
}
