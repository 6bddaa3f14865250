using Vessel.Core.Security;
using static Vessel.Core.Diagnosis.HostExamination;

namespace Vessel.Core.Diagnosis;

/// <summary>Filters, labels, capabilities.</summary>
internal static class SecurityFindings
{
    private const string Topic = "security";

    public static IEnumerable<Finding> Of()
    {
        yield return Text("/proc/sys/kernel/seccomp/actions_avail") is { Length: > 0 } actions
            ? new Finding(Topic, "seccomp", FindingStatus.Ok, actions)
            : new Finding(Topic, "seccomp", FindingStatus.Missing, "not in this kernel", "a kernel with CONFIG_SECCOMP_FILTER");
        string modules = Text("/sys/kernel/security/lsm") ?? "";
        yield return new Finding(Topic, "security modules", FindingStatus.Ok, modules.Length > 0 ? modules : "unknown (securityfs is not mounted)");
        yield return new Finding(Topic, "AppArmor", FindingStatus.Ok, Labels.HasApparmor ? "on" : "off: process.apparmorProfile is refused");
        yield return new Finding(Topic, "SELinux", FindingStatus.Ok, Labels.HasSelinux ? Text("/sys/fs/selinux/enforce") == "1" ? "enforcing" : "permissive" : "off: process.selinuxLabel is refused");
        if (Lacking() is { Count: > 0 } lacking)
            yield return new Finding(Topic, "capabilities", FindingStatus.Missing, $"without {string.Join(' ', lacking)}", "a container cannot have them either; in a container: docker run --privileged");
    }

    // Root that lacks some is in a container; an ordinary user has none and needs none.
    private static IReadOnlyList<string> Lacking()
    {
        string? line = (Text("/proc/self/status") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong effective = line is null ? ulong.MaxValue : Convert.ToUInt64(line["CapEff:".Length..].Trim(), 16);
        return effective == 0 ? [] : [.. Capabilities.Names.Where(name => Capabilities.TryGetNumber(name, out int number) && (effective & 1UL << number) == 0)];
    }
}
