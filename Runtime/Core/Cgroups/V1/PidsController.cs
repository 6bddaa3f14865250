using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>pids: how many tasks; below zero takes the limit away.</summary>
internal static class PidsController
{
    public static void Write(LegacyControllers controllers, LinuxPids? pids)
    {
        if (pids?.Limit is { } limit)
            controllers.Add("pids", "pids.max", limit < 0 ? "max" : limit.ToString(), "pids.limit");
    }
}
