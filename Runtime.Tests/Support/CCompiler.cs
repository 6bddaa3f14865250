namespace Vessel.Tests.Support;

/// <summary>The machine's C compiler: for what only its headers know, and for small static programs that busybox has not.</summary>
internal static class CCompiler
{
    /// <summary>Compiles a static program.</summary>
    public static void Compile(string source, string output)
    {
        string file = output + ".c";
        File.WriteAllText(file, source);
        new Launch(Require.Program("gcc", "gcc libc6-dev"), "-O1", "-static", "-o", output, file).Start().Wait().Succeeded();
        File.Delete(file);
    }
}
