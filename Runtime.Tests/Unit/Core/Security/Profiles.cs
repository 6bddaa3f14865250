using System.Text.Json;
using Vessel.Core.Security.Seccomp;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Security;

/// <summary>Short ways to write a profile, and docker's own.</summary>
internal static class Profiles
{
    public const uint Allow = 0x7FFF_0000;
    public const uint KillThread = 0;
    public const uint KillProcess = 0x8000_0000;
    public const uint Trap = 0x0003_0000;
    public const uint Log = 0x7FFC_0000;
    public const uint Trace = 0x7FF0_0000;
    public const uint Notify = 0x7FC0_0000;
    public const uint EPERM = 1;
    public const uint ENOSYS = 38;

    public static uint Errno(uint errno) => 0x0005_0000 | errno;

    public static LinuxSeccomp Denying(params LinuxSyscall[] rules) =>
        new() { DefaultAction = "SCMP_ACT_ERRNO", Architectures = ["SCMP_ARCH_X86_64"], Syscalls = rules };

    public static LinuxSeccomp Allowing(params LinuxSyscall[] rules) =>
        new() { DefaultAction = "SCMP_ACT_ALLOW", Architectures = ["SCMP_ARCH_X86_64"], Syscalls = rules };

    public static LinuxSyscall Rule(string action, string names, params LinuxSeccompArg[] args) =>
        new() { Names = names.Split(' '), Action = action, Args = args };

    public static LinuxSyscall ErrnoRule(uint errno, string names, params LinuxSeccompArg[] args) =>
        new() { Names = names.Split(' '), Action = "SCMP_ACT_ERRNO", ErrnoRet = errno, Args = args };

    public static LinuxSeccompArg Arg(uint index, string op, ulong value, ulong valueTwo = 0) => new(index, value, valueTwo, "SCMP_CMP_" + op);

    public static BpfInterpreter Compile(LinuxSeccomp profile, SeccompArchitecture native = SeccompArchitecture.X86_64) =>
        new(SeccompCompiler.Compile(profile, native).Instructions);

    /// <summary>Docker's default profile for a container with these capabilities; null where the reference data is not beside the checkout.</summary>
    public static LinuxSeccomp? DockerDefault(SeccompArchitecture native, params string[] capabilities)
    {
        string? path = FindReferenceData("docker-seccomp-default.json");
        if (path is null)
            return null;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = document.RootElement;
        (string scmp, string[] arches) = native == SeccompArchitecture.Arm64
            ? ("SCMP_ARCH_AARCH64", new[] { "arm64" })
            : ("SCMP_ARCH_X86_64", ["amd64"]);

        List<string> architectures = [];
        foreach (JsonElement entry in root.GetProperty("archMap").EnumerateArray())
        {
            if (entry.GetProperty("architecture").GetString() == scmp)
                architectures = [scmp, .. Strings(entry, "subArchitectures")];
        }
        List<LinuxSyscall> rules = [];
        foreach (JsonElement entry in root.GetProperty("syscalls").EnumerateArray())
        {
            // Every condition of "includes" must hold, and none of "excludes".
            if (entry.TryGetProperty("includes", out JsonElement includes)
                && !(All(includes, "caps", capabilities) && Any(includes, "arches", arches)))
                continue;
            if (entry.TryGetProperty("excludes", out JsonElement excludes)
                && (Strings(excludes, "caps").Any(capabilities.Contains) || Strings(excludes, "arches").Any(arches.Contains)))
                continue;
            List<LinuxSeccompArg> args = [];
            if (entry.TryGetProperty("args", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement arg in list.EnumerateArray())
                {
                    args.Add(new LinuxSeccompArg(
                        arg.GetProperty("index").GetUInt32(),
                        arg.GetProperty("value").GetUInt64(),
                        arg.TryGetProperty("valueTwo", out JsonElement two) ? two.GetUInt64() : 0,
                        arg.GetProperty("op").GetString()!));
                }
            }
            rules.Add(new LinuxSyscall
            {
                Names = Strings(entry, "names"),
                Action = entry.GetProperty("action").GetString()!,
                ErrnoRet = Number(entry, "errnoRet"),
                Args = args,
            });
        }
        return new LinuxSeccomp
        {
            DefaultAction = root.GetProperty("defaultAction").GetString()!,
            DefaultErrnoRet = Number(root, "defaultErrnoRet"),
            Architectures = architectures,
            Syscalls = rules,
        };
    }

    private static bool All(JsonElement element, string name, string[] held) => Strings(element, name).All(held.Contains);

    private static bool Any(JsonElement element, string name, string[] held)
    {
        string[] wanted = Strings(element, name);
        return wanted.Length == 0 || wanted.Any(held.Contains);
    }

    private static uint? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetUInt32() : null;

    private static string[] Strings(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.GetString()!).ToArray()
            : [];

    private static string? FindReferenceData(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", name);
            if (File.Exists(path))
                return path;
        }
        return null;
    }
}
