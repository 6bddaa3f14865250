using Vessel.Core.Containers;
using Vessel.Native.Safe;
using static Vessel.Core.Diagnosis.HostExamination;

namespace Vessel.Core.Diagnosis;

/// <summary>Filesystems that images and containers are kept on.</summary>
internal static class FilesystemFindings
{
    private const string Topic = "filesystems";
    private static readonly Version RootlessOverlay = new(5, 11), ErofsFromFile = new(6, 12);

    public static IEnumerable<Finding> Of(RuntimeHost host)
    {
        string known = Text("/proc/filesystems") ?? "";
        Version kernel = KernelVersion();
        bool overlay = Has(known, "overlay");
        yield return overlay
            ? new Finding(Topic, "overlay", FindingStatus.Ok, kernel >= RootlessOverlay ? "for root and in user namespaces" : "for root alone")
            : new Finding(Topic, "overlay", FindingStatus.Missing, "not in this kernel, or its module isn't loaded", "modprobe overlay");
        if (overlay && host.Caller.IsOrdinary && kernel < RootlessOverlay)
            yield return new Finding(Topic, "overlay, rootless", FindingStatus.Missing, "takes Linux 5.11", "apt-get install fuse-overlayfs");
        yield return Has(known, "erofs")
            ? new Finding(Topic, "erofs", FindingStatus.Ok, kernel >= ErofsFromFile ? "mounted from files" : "mounted by loop devices")
            : new Finding(Topic, "erofs", FindingStatus.Missing, "not in this kernel, or its module isn't loaded", "modprobe erofs");
        yield return new Finding(Topic, "idmapped mounts", host.Features.MountSetAttr ? FindingStatus.Ok : FindingStatus.Missing, host.Features.MountSetAttr ? "by mount_setattr" : "take Linux 5.12");
    }

    // A module that isn't loaded yet is loaded by the first mount.
    private static bool Has(string known, string name) =>
        known.Split('\n').Any(line => line.EndsWith("\t" + name, StringComparison.Ordinal))
        || Files.TryReadText(null, $"/lib/modules/{Text("/proc/sys/kernel/osrelease")}/modules.dep")?.Contains($"/{name}.ko", StringComparison.Ordinal) == true;

    private static Version KernelVersion()
    {
        string release = Text("/proc/sys/kernel/osrelease") ?? "";
        string numbers = new([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        return Version.TryParse(numbers.TrimEnd('.'), out Version? version) ? version : new Version();
    }
}
