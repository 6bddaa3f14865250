using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>What the names of units may be (man 5 systemd.unit, "Description").</summary>
internal static class UnitNames
{
    private const int MaximumLength = 255;

    /// <summary>The name itself, where systemd takes it.</summary>
    /// <param name="name">The whole name, with its suffix.</param>
    /// <param name="source">Where it comes from, for the error.</param>
    public static string Checked(string name, string source)
    {
        if (name.Length > MaximumLength)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"{source}: the name of a systemd unit may have {MaximumLength} characters, and this has {name.Length}");
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '-' or '_' or '.' or '\\'))
                throw new RuntimeException(ErrorKind.InvalidSpec,
                    $"{source}: {Shown(c)} is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\");
        return name;
    }

    /// <summary>
    /// The name of a unit's cgroup: with an underscore before where the kernel has, or may get, a file of that name in each cgroup
    /// (systemd.io, "Control Group APIs and Delegation").
    /// </summary>
    public static string CgroupOf(string unit)
    {
        if (unit[0] is '_' or '.')
            return "_" + unit;
        int dot = unit.IndexOf('.');
        return unit[..dot] is "cgroup" or "cpu" or "cpuacct" or "cpuset" or "io" or "blkio" or "memory" or "devices" or "pids" ? "_" + unit : unit;
    }

    private static string Shown(char c) => char.IsControl(c) ? $"U+{(int)c:X4}" : $"`{c}`";
}
