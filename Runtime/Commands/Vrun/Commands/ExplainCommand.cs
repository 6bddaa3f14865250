using System.Text;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Cgroups;
using Vessel.Core.Containers;
using Vessel.Core.Plan;

namespace Vessel.Commands.Vrun.Commands;

internal sealed class ExplainCommand : Command
{
    public override string Name => "explain";

    public override string Usage => "[bundle]";

    public override string Summary => "print what `vrun run` would do with a bundle: namespaces, mounts, cgroup writes, capabilities, in order";

    public override string Description => "Changes nothing. Errors of `create` and `run` begin with one of these lines.";

    public override IReadOnlyList<Option> Options => [new("bundle", "path to the root of the bundle directory, defaults to the current directory", "value", 'b')];

    public override (int Least, int Most) ArgumentCount => (0, 1);

    public override int Execute(Invocation invocation)
    {
        string folder = invocation.Arguments.Count > 0 ? invocation.Arguments[0] : BundleOptions.NotEmpty(invocation.Options.Text("bundle")) ?? ".";
        Bundle bundle = Bundle.Load(folder);
        invocation.Log.WarnOfUnknown(bundle.UnknownMembers);
        (CgroupPlan cgroups, ContainerPlan plan) = Container.Explain(bundle, invocation.Host, invocation.UsesSystemd);
        StringBuilder text = new();
        text.Append("cgroups, by the runtime:\n");
        if (cgroups.Scope is { } scope)
            text.Append("  start ").Append(scope).Append('\n');
        foreach (string cgroup in cgroups.AllPaths)
            text.Append("  make ").Append(cgroup).Append('\n');
        foreach (CgroupWrite write in cgroups.Writes)
            text.Append("  ").Append(write).Append('\n');
        text.Append("process, by itself:\n");
        if (plan.CloneFlags != 0)
            text.Append("  clone with ").Append(Native.Child.Spawner.DescribeNamespaces(plan.CloneFlags)).Append('\n');
        foreach (PlanStep step in plan.Steps)
            text.Append("  ").Append(step.Explain()).Append('\n');
        Invocation.Print(text.ToString());
        return 0;
    }
}
