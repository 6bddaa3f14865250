namespace Vessel.Tests.Support;

/// <summary>Somebody who is not root.</summary>
/// <param name="Uid">User.</param>
/// <param name="Gid">Group.</param>
/// <param name="Groups">More groups.</param>
internal sealed record OrdinaryUser(uint Uid, uint Gid, params uint[] Groups)
{
    private static readonly Lazy<string> ReachableRuntime = new(CopyRuntime);

    /// <summary>Nobody that this host knows: without a name, ranges, session or home.</summary>
    public static OrdinaryUser Nameless { get; } = new(54321, 54322);

    /// <summary>A user of the virtual machines' images, who has ranges of ids, lingers, and has a delegated cgroup where there is systemd.</summary>
    public static OrdinaryUser Tester { get; } = new(1000, 1000);

    /// <summary>A user of the virtual machines' images who has nothing.</summary>
    public static OrdinaryUser Single { get; } = new(1001, 1001);

    /// <summary>The runtime under test where everybody may execute it.</summary>
    public static string Runtime => ReachableRuntime.Value;

    private static string CopyRuntime()
    {
        string copy = Path.Combine(TestRun.Folder, Path.GetFileName(RuntimeUnderTest.Path));
        Fixtures.CopyProgram(RuntimeUnderTest.Path, copy);
        File.SetUnixFileMode(copy, (UnixFileMode)0x1ed /* 0755 */);
        return copy;
    }
}
