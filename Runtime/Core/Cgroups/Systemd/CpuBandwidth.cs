using System.Globalization;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>How much time of the CPUs a cgroup may use: the kernel's microseconds a period, and systemd's microseconds a second.</summary>
/// <param name="Quota">Microseconds a period; null for no limit.</param>
/// <param name="Period">Microseconds.</param>
public readonly record struct CpuBandwidth(ulong? Quota, ulong Period)
{
    private const ulong Second = 1_000_000;

    /// <summary>systemd stores a unit's quota as whole percents of a CPU, and reads that back after a daemon-reload.</summary>
    private const ulong Percent = Second / 100;

    /// <summary>That of a new cgroup.</summary>
    public static CpuBandwidth Default { get; } = new(null, 100_000);

    /// <summary>As <c>CPUQuotaPerSecUSec</c>: rounded up to what systemd can store, so that the container gets no less than was asked for.</summary>
    public ulong PerSecond => Quota is not { } quota || Period == 0 || quota > UnitProperty.Infinity / Second
        ? UnitProperty.Infinity
        : (quota * Second / Period + Percent - 1) / Percent * Percent;

    /// <summary>As the kernel's files have it once systemd has written them: what we write to them must be the same, for it not to change later.</summary>
    public CpuBandwidth AsKept() => this with { Quota = PerSecond == UnitProperty.Infinity ? null : PerSecond * Period / Second };

    /// <summary>That of a container's cgroups, which are there: what an update does not name stays.</summary>
    public static CpuBandwidth Of(CgroupPlan plan)
    {
        if (plan.Find("cpu") is not { } folder)
            return Default;
        string[] words = plan.Version == 2
            ? (Files.TryReadText(null, folder.File("cpu.max")) ?? "").Trim().Split(' ')
            : [(Files.TryReadText(null, folder.File("cpu.cfs_quota_us")) ?? "").Trim(), (Files.TryReadText(null, folder.File("cpu.cfs_period_us")) ?? "").Trim()];
        return new CpuBandwidth(Number(words[0]), words.Length > 1 && Number(words[1]) is { } period ? period : Default.Period);
    }

    // Neither `max` nor -1 is a number.
    private static ulong? Number(string word) => ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}
