using System.Globalization;
using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Reads the number from systemd's version, and names the versions that brought what we use (systemd's NEWS).</summary>
public static class SystemdVersion
{
    /// <summary>CollectMode=.</summary>
    public const int CollectMode = 236;

    /// <summary>Devices by number in DeviceAllow=, whether their nodes are there or not.</summary>
    public const int DevicesByNumber = 240;

    /// <summary>CPUQuotaPeriodSec=.</summary>
    public const int CpuQuotaPeriod = 242;

    /// <summary>AllowedCPUs= and AllowedMemoryNodes=.</summary>
    public const int Cpuset = 244;

    /// <summary>CPUWeight=idle, which is 0 on D-Bus.</summary>
    public const int CpuIdle = 252;

    /// <summary>OOMPolicy= of scopes, which services had before, and MemoryZSwapMax=.</summary>
    public const int OomPolicy = 253;

    /// <summary>Reads <c>252.38-1~deb12u1</c>, <c>v255</c>, <c>245-rc1</c>.</summary>
    public static int Parse(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart('v');
        int end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            ? version
            : throw new RuntimeException(ErrorKind.Internal, $"systemd's version `{text}` does not begin with a number");
    }
}
