using System.Text;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A mount of the host that a test makes, and takes away at its end.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private readonly string path;

    private TemporaryMount(string path) => this.path = path;

    /// <summary>A tmpfs. Options are comma-separated; nosuid, nodev, noexec and ro are the mount's.</summary>
    public static unsafe TemporaryMount Tmpfs(string path, string options = "")
    {
        uint flags = 0;
        List<string> data = [];
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
            flags |= option switch { "nosuid" => Mount.MS_NOSUID, "nodev" => Mount.MS_NODEV, "noexec" => Mount.MS_NOEXEC, "ro" => Mount.MS_RDONLY, _ => Keep(option) };
        fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (byte* type = "tmpfs\0"u8)
        fixed (byte* d = Encoding.UTF8.GetBytes(string.Join(',', data) + "\0"))
            Check.Ok(Kernel.Call(SYS.mount, (nint)type, (nint)p, (nint)type, (nint)flags, (nint)d), "mount tmpfs on", path);
        return new TemporaryMount(path);

        uint Keep(string option)
        {
            data.Add(option);
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Sandbox.Unmount(path);
}
