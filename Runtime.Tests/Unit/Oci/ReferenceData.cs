using NUnit.Framework;

namespace Vessel.Tests.Unit.Oci;

/// <summary>The specifications' own schemas and examples: a folder <c>shared/data</c> beside one of the folders above, where there is one.</summary>
internal static class ReferenceData
{
    /// <summary>A folder of it; null, said in the test's output, where it isn't there, and the comparison is left out.</summary>
    public static string? Folder(string name)
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            if (Find(folder, name) is { } found)
                return found;
        }

        // Build output can stand elsewhere than the sources; then the working folder may lead there.
        for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (Find(folder, name) is { } found)
                return found;
        }

        TestContext.Out.WriteLine($"left out: the comparison with shared/data/{name}, which is not beside any folder above this one");
        return null;
    }

    private static string? Find(DirectoryInfo folder, string name)
    {
        string path = Path.Combine(folder.FullName, "shared", "data", name);
        return Directory.Exists(path) ? path : null;
    }
}
