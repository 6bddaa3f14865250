using NUnit.Framework;
using Vessel.Native.Raw;

namespace Vessel.Tests.Support;

/// <summary>What a test needs of the machine. What is missing skips the test on a workstation, and fails it where <c>CI=true</c>.</summary>
internal static class Require
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];

    private static bool IsCi => Environment.GetEnvironmentVariable("CI") is "true" or "1";

    /// <summary>The right to make namespaces, mounts and cgroups.</summary>
    public static void Root() => That(Kernel.Call(SYS.geteuid) == 0, "needs root");

    /// <summary>A program, by the Debian package that has it.</summary>
    /// <returns>Its path.</returns>
    public static string Program(string name, string package)
    {
        string? path = Find(name);
        That(path is not null, $"needs the program {name}: apt install {package}");
        return path!;
    }

    /// <summary>A program's path; null where it isn't installed.</summary>
    public static string? Find(string name) => Folders.Select(folder => $"{folder}/{name}").FirstOrDefault(File.Exists);

    /// <summary>A cgroup v1 controller of the host.</summary>
    public static string CgroupV1(string controller)
    {
        string? folder = Host.CgroupHierarchy(controller);
        That(folder is not null, $"needs the cgroup v1 controller {controller}");
        return folder!;
    }

    /// <summary>A file or folder of the host.</summary>
    public static void Path(string path, string reason) => That(File.Exists(path) || Directory.Exists(path), $"needs {path}: {reason}");

    /// <summary>Any other condition.</summary>
    public static void That(bool condition, string reason)
    {
        if (condition)
            return;
        if (IsCi)
            Assert.Fail(reason);
        Assert.Ignore(reason);
    }
}
