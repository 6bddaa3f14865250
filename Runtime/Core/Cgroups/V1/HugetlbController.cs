using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>hugetlb: bytes of huge pages of one size.</summary>
internal static class HugetlbController
{
    public static void Write(LegacyControllers controllers, IReadOnlyList<LinuxHugepageLimit> limits)
    {
        foreach (LinuxHugepageLimit limit in limits)
            controllers.Add("hugetlb", $"hugetlb.{limit.PageSize}.limit_in_bytes", limit.Limit.ToString(), "hugepageLimits");
    }
}
