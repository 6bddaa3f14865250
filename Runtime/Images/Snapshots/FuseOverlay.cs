using System.ComponentModel;
using System.Diagnostics;

namespace Vessel.Images.Snapshots;

/// <summary>An overlay by the program fuse-overlayfs, where the kernel's is refused: on another overlay, and in user namespaces of old kernels.</summary>
internal static class FuseOverlay
{
    private const string Name = "fuse-overlayfs";

    /// <summary>Mounts one. The program stays, as a daemon, until it is unmounted.</summary>
    /// <param name="target">A folder.</param>
    /// <param name="lowers">What lies below, the topmost first.</param>
    /// <param name="upper">What takes the changes.</param>
    /// <param name="work">An empty folder beside it.</param>
    /// <returns>Null when it is mounted; otherwise why it isn't.</returns>
    public static string? TryMount(string target, IReadOnlyList<string> lowers, string upper, string work)
    {
        // Its options are a list with commas, in one of which is a list with colons.
        if (lowers.Append(upper).Append(work).Any(p => p.AsSpan().ContainsAny(",:\\")))
            return $"{Name} takes no path with a comma, a colon or a backslash";
        string options = $"lowerdir={string.Join(':', lowers)},upperdir={upper},workdir={work}";
        if (ProgramSearch.Find(Name) is not { } program)
            return $"no {Name}: `apt-get install {Name}`";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["-o", options, target]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardInput.Close();
            process.WaitForExit();
            // As long as the daemon lives nothing ends what it was given.
            return process.ExitCode == 0 ? null : $"{Name}: {process.StandardError.ReadToEnd().Trim()}";
        }
        catch (Win32Exception e)
        {
            return $"{program} cannot be run: {e.Message.ToLowerInvariant()}";
        }
    }
}
