using System.Text;
using Vessel.Core.Errors;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Process;

/// <summary>Programs of the host that the runtime needs: found on the host's own standard path, never in a container's tree.</summary>
public static class Programs
{
    private const int OutputLimit = 16 << 20;

    private static readonly string[] Folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>A program on the caller's own path; null where it isn't there.</summary>
    public static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(folder => folder.StartsWith('/')).Concat(Folders).Select(folder => $"{folder}/{name}").FirstOrDefault(File.Exists);

    /// <summary>Runs a program; its exit code, and what it says on standard output and standard error, on one line.</summary>
    public static (int Code, string Errors) Run(string path, IReadOnlyList<string> arguments, KernelFeatures features)
    {
        using FileDescriptor output = Files.CreateMemory("output");
        ChildProgram child = BootProgram.New();
        child.Call(SYS.dup3, output.Number, 1, 0);
        child.Call(SYS.dup3, output.Number, 2, 0);
        using ProcessHandle process = Start(child, path, arguments, features);
        int code = process.Wait();
        Files.Rewind(output);
        return (code, string.Join("; ", Encoding.UTF8.GetString(Files.ReadAll(output, path, OutputLimit)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    }

    /// <summary>Runs a program and gives back what it prints; its errors go to standard error.</summary>
    /// <exception cref="RuntimeException">It isn't there, or ended with another code than 0.</exception>
    public static string Capture(IReadOnlyList<string> arguments, KernelFeatures features)
    {
        string path = Folders.Select(folder => $"{folder}/{arguments[0]}").FirstOrDefault(File.Exists)
            ?? throw new RuntimeException(ErrorKind.NotFound, $"exec: \"{arguments[0]}\": executable file not found in $PATH");
        using FileDescriptor output = Files.CreateMemory("output");
        ChildProgram child = BootProgram.New();
        child.Call(SYS.dup3, output.Number, 1, 0);
        using ProcessHandle process = Start(child, path, arguments, features);
        int code = process.Wait();
        if (code != 0)
            throw new RuntimeException(ErrorKind.Internal, $"{path}: exit status {code}");
        Files.Rewind(output);
        return Encoding.UTF8.GetString(Files.ReadAll(output, path, OutputLimit));
    }

    private static ProcessHandle Start(ChildProgram child, string path, IReadOnlyList<string> arguments, KernelFeatures features)
    {
        BootProgram.KeepDescriptors(child, features, [], 0);
        ResetSignals.Write(child);
        child.Call(SYS.execve, child.Text(path), child.TextList(arguments), child.TextList(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]));
        return Spawner.Start(child, 0, features);
    }
}
