using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>hugetlb: bytes of huge pages of one size.</summary>
internal static class HugetlbController
{
    public static void Write(LegacyControllers controllers, IReadOnlyList<LinuxHugepageLimit> limits)
    {
        foreach (LinuxHugepageLimit limit in limits)
        {
            controllers.Add("hugetlb", $"hugetlb.{limit.PageSize}.limit_in_bytes", limit.Limit.ToString(), "hugepageLimits");
            // Pages that are reserved and not yet touched (Linux 5.7): without this limit, a program dies of SIGBUS in
            // place of a refused mmap.
            controllers.AddOptional("hugetlb", $"hugetlb.{limit.PageSize}.rsvd.limit_in_bytes", limit.Limit.ToString(), "hugepageLimits");
        }
    }
}
