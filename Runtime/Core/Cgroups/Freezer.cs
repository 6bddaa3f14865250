using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Cgroups;

/// <summary>Stops and continues all processes of a cgroup at once (v1 freezer, v2 <c>cgroup.freeze</c>).</summary>
/// <param name="Folder">The container's folder in the freezer's hierarchy, or on v2 its only one.</param>
/// <param name="Version">1 or 2.</param>
public sealed record Freezer(string Folder, int Version)
{
    private const int Attempts = 1000;

    /// <summary>Stops them; returns when all of them stand.</summary>
    public void Freeze()
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Write(frozen: true);
            if (IsFrozen)
                return;
            // v1 may hang in FREEZING when a task is born meanwhile: thawed and frozen again it gets on (runc does the same).
            if (Version == 1 && attempt % 50 == 49)
                Write(frozen: false);
            Thread.Sleep(1);
        }
        Write(frozen: false);
        throw new RuntimeException(ErrorKind.Internal, $"freeze {Folder}: its processes do not stop");
    }

    /// <summary>Lets them go on.</summary>
    public void Thaw() => Write(frozen: false);

    /// <summary>Whether all of them stand.</summary>
    public bool IsFrozen => Version == 1
        ? Files.TryReadText(null, Folder + "/freezer.state")?.StartsWith("FROZEN", StringComparison.Ordinal) == true
        : Files.TryReadText(null, Folder + "/cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) == true;

    private void Write(bool frozen)
    {
        (string file, string value) = Version == 1 ? ("freezer.state", frozen ? "FROZEN" : "THAWED") : ("cgroup.freeze", frozen ? "1" : "0");
        nint result = Files.TryWriteText(null, $"{Folder}/{file}", value);
        if (result == -Errno.ENOENT)
            throw new RuntimeException(ErrorKind.Unsupported, $"freeze {Folder}: no freezer cgroup controller on this host");
        Check.Ok(result, frozen ? "freeze" : "thaw", Folder);
    }
}
