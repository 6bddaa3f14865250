using System.Globalization;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>
/// A container's limits as properties of its scope. They are made from the writes of its <see cref="CgroupPlan"/>, so that systemd, which writes to
/// the same files whenever it is reloaded, writes the same. Files that systemd leaves alone have no property here.
/// </summary>
public sealed class ScopeProperties
{
    private readonly List<UnitProperty> properties = [];
    private readonly int version;
    private readonly CpuBandwidth current;

    private ScopeProperties(int version, CpuBandwidth current)
    {
        this.version = version;
        this.current = current;
    }

    /// <summary>What each scope of ours is made with, whatever its limits.</summary>
    /// <param name="scope">Its name and slice.</param>
    /// <param name="description">What <c>systemctl</c> shows beside its name.</param>
    /// <param name="processes">Who is moved into it: a scope begins with at least one process.</param>
    /// <param name="version">systemd's version.</param>
    public static IReadOnlyList<UnitProperty> ForStart(ScopeName scope, string description, IReadOnlyList<int> processes, int version)
    {
        List<UnitProperty> properties =
        [
            UnitProperty.Text("Description", description),
            UnitProperty.Text("Slice", scope.Slice.Value),
            // systemd keeps out of what is below the scope, and hands all controllers down to it.
            UnitProperty.Flag("Delegate", true),
            UnitProperty.Processes("PIDs", processes),
            // So that controllers are there for statistics even where nothing is limited.
            UnitProperty.Flag("MemoryAccounting", true),
            UnitProperty.Flag("CPUAccounting", true),
            UnitProperty.Flag("IOAccounting", true),
            UnitProperty.Flag("TasksAccounting", true),
            // Else the scope would be stopped with the others early at shutdown, and engines stop their containers themselves.
            UnitProperty.Flag("DefaultDependencies", false),
        ];
        // A scope that ended by the kernel's memory killer counts as failed, and would stay until somebody resets it.
        if (version >= SystemdVersion.CollectMode)
            properties.Add(UnitProperty.Text("CollectMode", "inactive-or-failed"));
        return properties;
    }

    /// <summary>The limits of a new scope.</summary>
    /// <param name="writes">What is written to the container's cgroups, of either version.</param>
    /// <param name="cgroupVersion">1 or 2.</param>
    /// <param name="version">systemd's version: properties that it does not know yet are left out.</param>
    /// <exception cref="RuntimeException">A value is none that the kernel's file would take.</exception>
    public static IReadOnlyList<UnitProperty> ForNew(IReadOnlyList<CgroupWrite> writes, int cgroupVersion, int version)
    {
        ScopeProperties converted = new(version, CpuBandwidth.Default);
        converted.SetAll(writes, cgroupVersion);
        foreach (CgroupWrite write in writes)
            // A running scope's cannot be changed.
            if (FileName(write) == "memory.oom.group" && version >= SystemdVersion.OomPolicy)
                converted.Set(UnitProperty.Text("OOMPolicy", Number(write) == 0 ? "continue" : "kill"));
        return converted.properties;
    }

    /// <summary>What changes in a running scope.</summary>
    /// <inheritdoc cref="ForNew"/>
    /// <param name="writes">What is written to the container's cgroups, of either version.</param>
    /// <param name="cgroupVersion">1 or 2.</param>
    /// <param name="version">systemd's version: properties that it does not know yet are left out.</param>
    /// <param name="current">What the container has until now.</param>
    public static IReadOnlyList<UnitProperty> ForUpdate(IReadOnlyList<CgroupWrite> writes, int cgroupVersion, int version, CpuBandwidth current)
    {
        ScopeProperties converted = new(version, current);
        converted.SetAll(writes, cgroupVersion);
        return converted.properties;
    }

    /// <summary>
    /// The same writes, with a CPU quota rounded up as systemd rounds it: what is written so stays through a reload.
    /// </summary>
    /// <param name="writes">What is written to the container's cgroups.</param>
    /// <param name="current">What the container has until now; a new one <see cref="CpuBandwidth.Default"/>.</param>
    public static IReadOnlyList<CgroupWrite> AsKept(IReadOnlyList<CgroupWrite> writes, CpuBandwidth current)
    {
        List<CgroupWrite> kept = new(writes.Count);
        if (LegacyBandwidth(writes, current) is { } legacy)
            current = legacy;
        foreach (CgroupWrite write in writes)
            kept.Add(FileName(write) switch
            {
                "cpu.max" when Bandwidth(write, current.Period).AsKept() is var (quota, period) => write with { Value = $"{quota?.ToString() ?? "max"} {period}" },
                "cpu.cfs_quota_us" => write with { Value = current.AsKept().Quota?.ToString() ?? "-1" },
                _ => write,
            });
        return kept;
    }

    private void SetAll(IReadOnlyList<CgroupWrite> writes, int cgroupVersion)
    {
        bool isIdle = false;
        foreach (CgroupWrite write in writes)
        {
            string file = FileName(write);
            Set(file, write);
            // v1 has the file too, which systemd does not know there.
            isIdle |= file == "cpu.idle" && write.Value.Trim() == "1" && cgroupVersion == 2 && version >= SystemdVersion.CpuIdle;
        }
        if (LegacyBandwidth(writes, current) is { } bandwidth)
            Set(bandwidth);
        if (isIdle)
            Set(UnitProperty.Number("CPUWeight", 0));
    }

    private void Set(string file, CgroupWrite write)
    {
        if (MemoryProperty(file) is { } memory)
            Set(UnitProperty.Number(memory, Bytes(write)));
        switch (file)
        {
            case "memory.limit_in_bytes":
                Set(UnitProperty.Number("MemoryLimit", write.Value.StartsWith('-') ? UnitProperty.Infinity : Bytes(write)));
                break;
            case "cpu.weight":
                Set(UnitProperty.Number("CPUWeight", Number(write)));
                break;
            case "cpu.shares":
                Set(UnitProperty.Number("CPUShares", Number(write)));
                break;
            case "cpu.max":
                Set(Bandwidth(write, current.Period));
                break;
            case "cpuset.cpus" when version >= SystemdVersion.Cpuset:
                Set(UnitProperty.Mask("AllowedCPUs", NumberMask.Parse(write.Value, write.Property)));
                break;
            case "cpuset.mems" when version >= SystemdVersion.Cpuset:
                Set(UnitProperty.Mask("AllowedMemoryNodes", NumberMask.Parse(write.Value, write.Property)));
                break;
            case "pids.max":
                // systemd takes no 0; the file itself still gets it, from us.
                Set(UnitProperty.Number("TasksMax", Math.Max(1, Bytes(write))));
                break;
            case "io.weight" when TryWeight(write, out ulong weight):
                Set(UnitProperty.Number("IOWeight", weight));
                break;
            case "io.bfq.weight" when TryWeight(write, out ulong weight):
                Set(UnitProperty.Number("IOWeight", WeightOfBfq(weight)));
                break;
            case "blkio.weight" or "blkio.bfq.weight":
                Set(UnitProperty.Number("BlockIOWeight", Number(write)));
                break;
        }
    }

    // Those that are a number of bytes in both.
    private string? MemoryProperty(string file) => file switch
    {
        "memory.max" => "MemoryMax",
        "memory.high" => "MemoryHigh",
        "memory.low" => "MemoryLow",
        "memory.min" => "MemoryMin",
        "memory.swap.max" => "MemorySwapMax",
        "memory.zswap.max" when version >= SystemdVersion.OomPolicy => "MemoryZSwapMax",
        _ => null,
    };

    private void Set(CpuBandwidth bandwidth)
    {
        if (version >= SystemdVersion.CpuQuotaPeriod)
            Set(UnitProperty.Number("CPUQuotaPeriodUSec", bandwidth.Period));
        Set(UnitProperty.Number("CPUQuotaPerSecUSec", bandwidth.PerSecond));
    }

    // Of two writes to one file the later one decides, and so it is with the properties.
    private void Set(UnitProperty property)
    {
        properties.RemoveAll(other => other.Name == property.Name);
        properties.Add(property);
    }

    /// <summary>
    /// systemd writes its weight to io.weight, and to io.bfq.weight in that file's range: as it is up to the default of 100, by a straight line above.
    /// This is the weight of which it then makes the one asked for.
    /// </summary>
    private static ulong WeightOfBfq(ulong weight) => weight <= 100
        ? weight
        : Math.Min(100 + (weight - 100) * (10_000 - 100) / (1000 - 100), 10_000);

    // Weights of single devices are lines of the same file, and have no property here: systemd leaves them as they are.
    private static bool TryWeight(CgroupWrite write, out ulong weight)
    {
        ReadOnlySpan<char> text = write.Value.AsSpan().Trim();
        if (text.StartsWith("default "))
            text = text[8..].TrimStart();
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out weight);
    }

    // Without a second word the period stays.
    private static CpuBandwidth Bandwidth(CgroupWrite write, ulong currentPeriod)
    {
        string[] words = write.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length is 0 or > 2)
            throw NoNumber(write);
        return new CpuBandwidth(words[0] == "max" ? null : Number(words[0], write), words.Length == 2 ? Number(words[1], write) : currentPeriod);
    }

    // v1 has a file for each; null where neither is written.
    private static CpuBandwidth? LegacyBandwidth(IReadOnlyList<CgroupWrite> writes, CpuBandwidth current)
    {
        bool isNamed = false;
        foreach (CgroupWrite write in writes)
            switch (FileName(write))
            {
                case "cpu.cfs_quota_us":
                    isNamed = true;
                    current = current with { Quota = write.Value.StartsWith('-') ? null : Number(write) };
                    break;
                case "cpu.cfs_period_us":
                    isNamed = true;
                    current = current with { Period = Number(write) };
                    break;
            }
        return isNamed ? current : null;
    }

    // The kernel's memparse() also takes K, M, G and so on, by powers of 1024.
    private static ulong Bytes(CgroupWrite write)
    {
        string text = write.Value.Trim();
        if (text == "max")
            return UnitProperty.Infinity;
        int power = text.Length == 0 ? -1 : "KMGTPE".IndexOf(char.ToUpperInvariant(text[^1]));
        if (power < 0)
            return Number(text, write);
        ulong number = Number(text[..^1], write);
        return number <= ulong.MaxValue >> (10 * (power + 1)) ? number << (10 * (power + 1)) : throw NoNumber(write);
    }

    private static ulong Number(CgroupWrite write) => Number(write.Value.Trim(), write);

    private static ulong Number(string text, CgroupWrite write) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : throw NoNumber(write);

    private static RuntimeException NoNumber(CgroupWrite write) =>
        new(ErrorKind.InvalidSpec, $"{write.Property}: \"{write.Value}\" is no value of {FileName(write)}");

    private static string FileName(CgroupWrite write) => write.File[(write.File.LastIndexOf('/') + 1)..];
}
