using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>cpu: shares, quota and period in microseconds, burst, real-time budget, idle.</summary>
internal static class CpuController
{
    // The share of a CPU (quota / period) may not exceed that of the cgroup above, and a burst not the quota.
    private const string Bandwidth = "CPU bandwidth";
    private const string RealtimeBandwidth = "real-time bandwidth";

    public static void Write(LegacyControllers controllers, LinuxCpu? cpu)
    {
        if (cpu is null)
            return;
        if (cpu.Shares is > 0)
            controllers.Add("cpu", "cpu.shares", cpu.Shares, "cpu.shares");
        if (cpu.Period is > 0)
            controllers.Add("cpu", "cpu.cfs_period_us", cpu.Period, "cpu.period", Bandwidth);
        if (cpu.Quota is not (null or 0))
            controllers.Add("cpu", "cpu.cfs_quota_us", cpu.Quota, "cpu.quota", Bandwidth);
        controllers.Add("cpu", "cpu.cfs_burst_us", cpu.Burst, "cpu.burst", Bandwidth);
        if (cpu.RealtimePeriod is > 0)
            controllers.Add("cpu", "cpu.rt_period_us", cpu.RealtimePeriod, "cpu.realtimePeriod", RealtimeBandwidth);
        if (cpu.RealtimeRuntime is not (null or 0))
            controllers.Add("cpu", "cpu.rt_runtime_us", cpu.RealtimeRuntime, "cpu.realtimeRuntime", RealtimeBandwidth);
        controllers.Add("cpu", "cpu.idle", cpu.Idle, "cpu.idle");
    }
}
