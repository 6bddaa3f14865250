using Vessel.Native.Safe;
using Vessel.Oci.Json;

namespace Vessel.Core.Cgroups;

/// <summary>What a container has used, read from its cgroups, in the shape of runc's <c>events</c>.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="Folders">The container's folders.</param>
public sealed record CgroupStats(int Version, IReadOnlyList<string> Folders)
{
    private const ulong NanosecondsPerMicrosecond = 1000;

    /// <summary>A <c>stats</c> event as a line of JSON, without the line's end. Times are in nanoseconds, sizes in bytes.</summary>
    public string ToEvent(string id)
    {
        using StringWriter text = new();
        JsonMapWriter.Write(text, indented: false, (stats: this, id), static (json, x) =>
        {
            json.Always("type", "stats");
            json.Always("id", x.id);
            json.Object("data", x.stats, static (data, stats) =>
            {
                data.Object("cpu", stats, static (cpu, s) => s.WriteCpu(cpu));
                data.Object("memory", stats, static (memory, s) => s.WriteMemory(memory));
                data.Object("pids", stats, static (pids, s) => s.WritePids(pids));
                data.Object("blkio", stats, static (blkio, s) => s.WriteIo(blkio));
                data.Map("hugetlb", stats.HugePages(), static (pages, usage) => usage.Write(pages));
            });
        });
        return text.ToString();
    }

    /// <summary>A file in whichever of the folders has it; null where none has.</summary>
    public string? FindFile(string name)
    {
        foreach (string folder in Folders)
            if (File.Exists($"{folder}/{name}"))
                return $"{folder}/{name}";
        return null;
    }

    private void WriteCpu(JsonMapWriter json)
    {
        IReadOnlyDictionary<string, ulong> stat = Keyed("cpu.stat");
        json.Object("usage", stat, (usage, s) =>
        {
            usage.Always("total", Version == 1 ? Number("cpuacct.usage") ?? 0 : s.GetValueOrDefault("usage_usec") * NanosecondsPerMicrosecond);
            usage.Always("kernel", Version == 1 ? Number("cpuacct.usage_sys") ?? 0 : s.GetValueOrDefault("system_usec") * NanosecondsPerMicrosecond);
            usage.Always("user", Version == 1 ? Number("cpuacct.usage_user") ?? 0 : s.GetValueOrDefault("user_usec") * NanosecondsPerMicrosecond);
        });
        json.Object("throttling", stat, (throttling, s) =>
        {
            throttling.Always("periods", s.GetValueOrDefault("nr_periods"));
            throttling.Always("throttledPeriods", s.GetValueOrDefault("nr_throttled"));
            throttling.Always("throttledTime", Version == 1 ? s.GetValueOrDefault("throttled_time") : s.GetValueOrDefault("throttled_usec") * NanosecondsPerMicrosecond);
        });
        json.Object("psi", Pressure.Read(FindFile("cpu.pressure")), static (psi, p) => p.Write(psi));
    }

    private void WriteMemory(JsonMapWriter json)
    {
        IReadOnlyDictionary<string, ulong> stat = Keyed("memory.stat");
        json.Always("cache", Version == 1 ? stat.GetValueOrDefault("cache") : stat.GetValueOrDefault("file"));
        json.Object("usage", this, static (usage, s) => s.WriteUsage(usage, "memory.usage_in_bytes", "memory.current", "memory.max_usage_in_bytes", "memory.peak", "memory.limit_in_bytes", "memory.max", "memory.failcnt"));
        json.Object("swap", this, static (swap, s) => s.WriteUsage(swap, "memory.memsw.usage_in_bytes", "memory.swap.current", "memory.memsw.max_usage_in_bytes", "memory.swap.peak", "memory.memsw.limit_in_bytes", "memory.swap.max", "memory.memsw.failcnt"));
        json.Object("psi", Pressure.Read(FindFile("memory.pressure")), static (psi, p) => p.Write(psi));
        json.Object("raw", stat, static (raw, s) =>
        {
            foreach ((string name, ulong value) in s)
                raw.Always(name, value);
        });
    }

    private void WriteUsage(JsonMapWriter json, string usage1, string usage2, string peak1, string peak2, string limit1, string limit2, string failures1)
    {
        json.Always("limit", Number(Version == 1 ? limit1 : limit2) ?? ulong.MaxValue);
        json.Member("usage", Number(Version == 1 ? usage1 : usage2));
        json.Member("max", Number(Version == 1 ? peak1 : peak2));
        json.Always("failcnt", Version == 1 ? Number(failures1) ?? 0 : 0);
    }

    private void WriteIo(JsonMapWriter json)
    {
        json.List("ioServiceBytesRecursive", Version == 1 ? IoEntry.ReadV1(FindFile("blkio.throttle.io_service_bytes_recursive")) : IoEntry.ReadV2(FindFile("io.stat"), ("rbytes", "Read"), ("wbytes", "Write")), static (entry, e) => e.Write(entry));
        json.List("ioServicedRecursive", Version == 1 ? IoEntry.ReadV1(FindFile("blkio.throttle.io_serviced_recursive")) : IoEntry.ReadV2(FindFile("io.stat"), ("rios", "Read"), ("wios", "Write")), static (entry, e) => e.Write(entry));
        json.Object("psi", Pressure.Read(FindFile("io.pressure")), static (psi, p) => p.Write(psi));
    }

    // By size: 2MB, 1GB.
    private Dictionary<string, HugePageUsage> HugePages()
    {
        (string usage, string peak, string failures) = Version == 1 ? (".usage_in_bytes", ".max_usage_in_bytes", ".failcnt") : (".current", ".peak", ".events");
        Dictionary<string, HugePageUsage> pages = [];
        foreach (string folder in Folders)
            foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, "hugetlb.*" + usage) : [])
            {
                string size = Path.GetFileName(file)["hugetlb.".Length..^usage.Length];
                if (!size.EndsWith(".rsvd", StringComparison.Ordinal))
                    pages[size] = new HugePageUsage(Number($"hugetlb.{size}{usage}") ?? 0, Number($"hugetlb.{size}{peak}"),
                        Version == 1 ? Number($"hugetlb.{size}{failures}") ?? 0 : Keyed($"hugetlb.{size}{failures}").GetValueOrDefault("max"));
            }
        return pages;
    }

    private void WritePids(JsonMapWriter json)
    {
        json.Member("current", Number("pids.current"));
        json.Member("limit", Number("pids.max"));
    }

    private ulong? Number(string file) =>
        FindFile(file) is { } path && ulong.TryParse(Files.TryReadText(null, path)?.Trim(), out ulong value) ? value : null;

    /// <summary>A file of lines of a name and a number.</summary>
    internal Dictionary<string, ulong> Keyed(string file)
    {
        Dictionary<string, ulong> values = [];
        if (FindFile(file) is not { } path)
            return values;
        foreach (ReadOnlySpan<char> line in (Files.TryReadText(null, path) ?? "").AsSpan().EnumerateLines())
            if (line.IndexOf(' ') is > 0 and { } space && ulong.TryParse(line[(space + 1)..], out ulong value))
                values[line[..space].ToString()] = value;
        return values;
    }
}
