namespace Vessel.Tests.Support;

/// <summary>The low-level runtime that the tests run: <c>VESSEL_TEST_RUNTIME</c>, a path or a name such as <c>runc</c>; our own <c>out/bin/vrun</c> where that is not set.</summary>
internal static class RuntimeUnderTest
{
    /// <summary>The executable.</summary>
    public static string Path { get; } = Find();

    /// <summary>Our own.</summary>
    public static bool IsVrun => System.IO.Path.GetFileName(Path).StartsWith("vrun", StringComparison.Ordinal);

    /// <summary>Another one, beside which ours is tested.</summary>
    public static bool IsRunc => System.IO.Path.GetFileName(Path) == "runc";

    /// <summary>A call with this state root.</summary>
    public static Launch Command(string stateRoot, params IEnumerable<string> arguments) =>
        new(Path, ["--root", stateRoot, .. arguments]) { Filter = OldKernelFilter.Wanted };

    private static string Find()
    {
        string? wanted = Environment.GetEnvironmentVariable("VESSEL_TEST_RUNTIME");
        if (string.IsNullOrEmpty(wanted))
            return System.IO.Path.Combine(Host.ProjectFolder, "out/bin/vrun");
        return wanted.Contains('/') ? System.IO.Path.GetFullPath(wanted) : Require.Find(wanted) ?? wanted;
    }
}
