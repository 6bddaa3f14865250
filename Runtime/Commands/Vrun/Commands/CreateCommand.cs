using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class CreateCommand : Command
{
    public override string Name => "create";

    public override string Summary => "create a container";

    public override string Description => "Sets up the container. Its program waits for `vrun start`.\n\nThe bundle is a directory with a config.json and a root filesystem; `vrun spec` writes a first config.json.";

    public override IReadOnlyList<Option> Options => BundleOptions.All;

    public override int Execute(Invocation invocation)
    {
        ContainerId id = IdOf(invocation);
        Container.Create(invocation.Store, id, BundleOptions.LoadBundle(invocation), invocation.Host, BundleOptions.Read(invocation));
        return 0;
    }
}
