using NUnit.Framework;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Tests.Support;

/// <summary>A folder of the host that a hostile image points at: afterwards it must be as it was, to the last mode, owner and time.</summary>
internal sealed class Canary
{
    private readonly string[] before;

    public Canary(string path)
    {
        Folder = Directory.CreateDirectory(path).FullName;
        Directory.CreateDirectory(path + "/pts");
        Directory.CreateDirectory(path + "/sub");
        foreach (string name in new[] { "file", "null", "console", "ptmx", "sub/deep" })
            File.WriteAllText($"{path}/{name}", "canary\n");
        foreach (string name in new[] { "file", "null", "console" })
            Files.TryChangeOwner(null, $"{path}/{name}", 4242, 4242);
        before = Look();
    }

    public string Folder { get; }

    /// <summary>Asserts that nothing was created, removed, changed, chowned or mounted.</summary>
    public void IsUntouched()
    {
        Assert.That(Look(), Is.EqualTo(before), "the host's folder was changed");
        Assert.That(Host.MountsOf("self").Where(m => m.Point.StartsWith(Folder, StringComparison.Ordinal)), Is.Empty, "something was mounted on the host's folder");
    }

    private string[] Look() =>
        [.. Directory.GetFileSystemEntries(Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Prepend(Folder).Order(StringComparer.Ordinal).Select(Describe)];

    private static string Describe(string path)
    {
        statx status = Host.Stat(path);
        string content = (status.stx_mode & Open.S_IFMT) == Open.S_IFREG ? File.ReadAllText(path) : "";
        return $"{path} {Convert.ToString(status.stx_mode, 8)} {status.stx_uid}:{status.stx_gid} {status.stx_size} {status.stx_mtime.tv_sec}.{status.stx_mtime.tv_nsec} {content}";
    }
}
