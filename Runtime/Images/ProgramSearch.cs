using Vessel.Native.Safe;

namespace Vessel.Images;

/// <summary>Finds programs in the folders of PATH alone: .NET looks beside our own executable and in the working folder first, which is anybody's.</summary>
internal static class ProgramSearch
{
    private const int Executable = 1; // X_OK

    /// <summary>Where a program is; null where it is in no folder.</summary>
    /// <param name="name">Its name, without a folder.</param>
    /// <param name="folders">Folders with colons between them, of which those that are not absolute don't count; null for PATH.</param>
    public static string? Find(string name, string? folders = null) =>
        (folders ?? Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(path => File.Exists(path) && Files.TryAccess(null, path, Executable) >= 0);
}
