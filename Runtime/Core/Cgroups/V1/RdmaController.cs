using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>rdma: handles and objects a device.</summary>
internal static class RdmaController
{
    public static void Write(LegacyControllers controllers, IReadOnlyDictionary<string, LinuxRdma> devices)
    {
        foreach ((string device, LinuxRdma limit) in devices)
            controllers.Add("rdma", "rdma.max", LimitText(device, limit), "rdma");
    }

    internal static string LimitText(string device, LinuxRdma limit) =>
        $"{device}{(limit.HcaHandles is { } handles ? $" hca_handle={handles}" : "")}{(limit.HcaObjects is { } objects ? $" hca_object={objects}" : "")}";
}
