using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Oci.Json;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class StateCommand : Command
{
    public override string Name => "state";

    public override string Summary => "output the state of a container";

    public override int Execute(Invocation invocation)
    {
        ContainerState state = Find(invocation).State();
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented: true, state, static (json, s) => s.Write(json));
        Invocation.Print(text + "\n");
        return 0;
    }
}
