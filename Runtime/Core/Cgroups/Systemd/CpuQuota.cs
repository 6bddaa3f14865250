namespace Vessel.Core.Cgroups.Systemd;

/// <summary>The kernel's quota of microseconds a period, as systemd's microseconds a second.</summary>
public static class CpuQuota
{
    public const ulong DefaultPeriod = 100_000;

    private const ulong Second = 1_000_000;

    /// <summary>systemd stores a unit's quota as whole percents of a CPU, and reads that back after a daemon-reload.</summary>
    private const ulong Percent = Second / 100;

    /// <summary>Rounded up to what systemd can store, so that the container gets no less than was asked for.</summary>
    /// <param name="quota">Microseconds; null for no limit.</param>
    /// <param name="period">Microseconds.</param>
    public static ulong PerSecond(ulong? quota, ulong period) => quota is not { } limit || period == 0 || limit > UnitProperty.Infinity / Second
        ? UnitProperty.Infinity
        : (limit * Second / period + Percent - 1) / Percent * Percent;

    /// <summary>The quota that the kernel's file has once systemd has written it: what the container's own file must get too, for it not to change later.</summary>
    /// <inheritdoc cref="PerSecond" path="/param"/>
    public static ulong? AsKept(ulong? quota, ulong period)
    {
        ulong perSecond = PerSecond(quota, period);
        return perSecond == UnitProperty.Infinity ? null : perSecond * period / Second;
    }
}
