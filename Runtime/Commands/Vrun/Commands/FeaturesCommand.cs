using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Oci.Runtime;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class FeaturesCommand : Command
{
    public override string Name => "features";

    public override string Usage => "";

    public override string Summary => "show the enabled features";

    public override string Description => "Prints the features document of the OCI runtime specification, as JSON.";

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override int Execute(Invocation invocation)
    {
        using StringWriter text = new();
        FeaturesWriter.Write(RuntimeFeatures.Get(VersionText.Number, VersionText.Commit), text, indented: true);
        Invocation.Print(text + "\n");
        return 0;
    }
}
