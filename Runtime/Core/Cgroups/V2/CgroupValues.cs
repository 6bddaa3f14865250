using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups.V2;

/// <summary>Values that hold now, where a new one is told apart from them: v1 counts memory and swap together, v2 swap alone.</summary>
/// <param name="MemoryLimit">Bytes; -1 for none.</param>
/// <param name="CpuQuota">Microseconds a period, or <c>max</c>.</param>
public sealed record CgroupValues(long MemoryLimit, string CpuQuota)
{
    /// <summary>Those of a new cgroup.</summary>
    public static CgroupValues Defaults { get; } = new(-1, "max");

    /// <summary>Those of a cgroup that is there.</summary>
    public static CgroupValues Of(CgroupFolder folder) =>
        new(long.TryParse(Files.TryReadText(null, folder.File("memory.max"))?.Trim(), out long limit) ? limit : -1,
            Files.TryReadText(null, folder.File("cpu.max"))?.Split(' ')[0] ?? Defaults.CpuQuota);
}
