using Vessel.Core.Cgroups;
using Vessel.Native.Safe;

namespace Vessel.Core.Containers;

/// <summary>The facts about this host that plans depend on, looked up once.</summary>
public sealed record RuntimeHost(KernelFeatures Features, CgroupHost Cgroups)
{
    /// <summary>Who calls us.</summary>
    public Caller Caller { get; init; } = Caller.Ask();

    /// <summary>Asks the kernel.</summary>
    public static RuntimeHost Probe() => new(KernelFeatures.Probe(), CgroupHost.Read());
}
