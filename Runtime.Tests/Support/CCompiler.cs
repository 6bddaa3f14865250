using System.Security.Cryptography;
using System.Text;

namespace Vessel.Tests.Support;

/// <summary>The machine's C compiler: for what only its headers know, and for small static programs that busybox has not.</summary>
/// <remarks>Tests that call it have the category <c>Compiled</c>. What was compiled is kept beside the fixtures: a machine without a compiler takes it from there.</remarks>
internal static class CCompiler
{
    /// <summary>Compiles a static program.</summary>
    public static void Compile(string source, string output)
    {
        string kept = Path.Combine(Host.ProjectFolder, "out/fixtures/programs", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))[..16]);
        if (!File.Exists(kept))
        {
            string file = output + ".c";
            File.WriteAllText(file, source);
            new Launch(Require.Program("gcc", "gcc libc6-dev"), "-O1", "-static", "-o", output, file).Start().Wait().Succeeded();
            File.Delete(file);
            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            // Another test may compile the same.
            string mine = $"{kept}.{Environment.CurrentManagedThreadId}";
            Fixtures.CopyProgram(output, mine);
            File.Move(mine, kept, overwrite: true);
        }
        Fixtures.CopyProgram(kept, output);
    }
}
