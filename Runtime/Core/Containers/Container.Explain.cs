using Vessel.Core.Cgroups;
using Vessel.Core.Namespaces;
using Vessel.Core.Plan;
using Vessel.Core.Validation;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

public sealed partial class Container
{
    private const string ExampleId = "ID";
    private const int NoDescriptor = -1;

    /// <summary>What <see cref="Run"/> would do for a bundle, on this host. Nothing is done.</summary>
    /// <exception cref="Errors.RuntimeException">The document is wrong.</exception>
    public static (CgroupPlan Cgroups, ContainerPlan Plan) Explain(Bundle bundle, RuntimeHost host, bool usesSystemd = false)
    {
        SpecValidator.Check(bundle.Spec);
        SpecLinux linux = bundle.Spec.Linux ?? new SpecLinux();
        (FileDescriptor root, string rootfs) = bundle.OpenRootfs();
        root.Dispose();
        CgroupPlan cgroups = ContainerCreation.PlanCgroups(host, bundle.Spec, ExampleId, usesSystemd);
        ContainerPlan plan = ContainerPlanner.Create(new PlanRequest
        {
            Spec = bundle.Spec,
            Id = ExampleId,
            Bundle = bundle.Folder,
            Rootfs = rootfs,
            Cgroups = cgroups,
            HostCgroupVersion = host.Cgroups.Version,
            ByOrdinaryUser = host.Caller.IsOrdinary,
            Features = host.Features,
            JoinedNamespaces = linux.Namespaces.Where(n => !string.IsNullOrEmpty(n.Path)).ToDictionary(n => NamespaceKinds.Parse(n.Type), _ => NoDescriptor),
            IdMaps = bundle.Spec.Mounts.Select((_, i) => i).ToDictionary(i => i, _ => NoDescriptor),
        });
        return (cgroups, plan);
    }
}
