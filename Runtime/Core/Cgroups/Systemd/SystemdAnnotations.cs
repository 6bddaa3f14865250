namespace Vessel.Core.Cgroups.Systemd;

/// <summary>
/// Annotations by which other runtimes let a container set any property of its unit. They are often copied from an image or a pod, and a unit's
/// properties can run programs as root (cri-o CVE-2024-3154): here they set nothing, and a warning says so. They cannot be refused: podman writes some for each container with a service manager in it.
/// </summary>
public static class SystemdAnnotations
{
    private const string Prefix = "org.systemd.property.";

    /// <summary>The keys of such annotations.</summary>
    public static IReadOnlyList<string> Find(IReadOnlyDictionary<string, string> annotations) =>
        [.. annotations.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal))];
}
