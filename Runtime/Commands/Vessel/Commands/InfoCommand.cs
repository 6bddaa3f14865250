using System.Globalization;
using System.Runtime.InteropServices;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Commands.Vessel.Settings;
using Vessel.Core.Cgroups;
using Vessel.Core.Diagnosis;
using Vessel.Core.Security;
using Vessel.Images.Registry;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>What there is and where: the members of the Docker Engine API's SystemInfo, so far as they are about images and the host.</summary>
internal sealed class InfoCommand : Command
{
    public override string Usage => "[OPTIONS]";

    public override string Summary => "Display system-wide information";

    public override IReadOnlyList<Option> Options => [new("format", "Format output: 'json' or a Go template", "string", 'f')];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        Map info = Look(invocation);
        if (Rows.FormatOne(info, invocation.Options.Text("format")) is { } text)
            invocation.Output.Write(text);
        else
            Print(invocation, info);
        return Task.FromResult(0);
    }

    private static Map Look(Invocation invocation)
    {
        CgroupHost cgroups = CgroupHost.Read();
        RegistrySettings registries = invocation.Registries;
        string version = VersionCommand.Text.Split('+')[0];
        return new Map
        {
            ["Images"] = (long)invocation.Images.List().Count,
            ["Driver"] = DaemonSettings.DriverOf(invocation.Images.Layers.Form),
            ["DriverStatus"] = new List<object> { new List<string> { "Backing Filesystem", BackingFilesystem(invocation.Images.Folder.Root) } },
            ["CgroupDriver"] = cgroups.Version == 0 ? "none" : "cgroupfs",
            ["CgroupVersion"] = cgroups.Version.ToString(CultureInfo.InvariantCulture),
            ["KernelVersion"] = Text("/proc/sys/kernel/osrelease"),
            ["OperatingSystem"] = Release("PRETTY_NAME", "Linux"),
            ["OSVersion"] = Release("VERSION_ID", ""),
            ["OSType"] = "linux",
            ["Architecture"] = RuntimeInformation.OSArchitecture switch { Architecture.X64 => "x86_64", Architecture.Arm64 => "aarch64", var other => other.ToString().ToLowerInvariant() },
            ["NCPU"] = (long)Environment.ProcessorCount,
            ["MemTotal"] = MemoryBytes(),
            ["DockerRootDir"] = invocation.Images.Folder.Root,
            ["Name"] = Text("/proc/sys/kernel/hostname"),
            ["ServerVersion"] = version,
            ["DefaultRuntime"] = "vrun",
            ["Runtimes"] = new Map { ["vrun"] = new Map { ["path"] = "vrun" } },
            ["SecurityOptions"] = SecurityOptions(cgroups),
            ["RegistryConfig"] = new Map
            {
                ["InsecureRegistryCIDRs"] = new List<string> { "::1/128", "127.0.0.0/8" }.Concat(registries.InsecureRegistries).ToList(),
                ["Mirrors"] = registries.Mirrors.Select(m => m.ToString()).ToList(),
            },
            ["Warnings"] = Warnings(),
        };
    }

    private static void Print(Invocation invocation, Map info)
    {
        TextWriter output = invocation.Output;
        output.Write($"Client:\n Version:    {info["ServerVersion"]}\n\nServer:\n");
        void Line(string label, object? value) => output.Write($" {label}: {value}\n");
        Line("Images", info["Images"]);
        Line("Server Version", info["ServerVersion"]);
        Line("Storage Driver", info["Driver"]);
        foreach (List<string> status in (List<object>)info["DriverStatus"]!)
            output.Write($"  {status[0]}: {status[1]}\n");
        Line("Cgroup Driver", info["CgroupDriver"]);
        Line("Cgroup Version", info["CgroupVersion"]);
        Line("Runtimes", string.Join(' ', ((Map)info["Runtimes"]!).Keys));
        Line("Default Runtime", info["DefaultRuntime"]);
        output.Write(" Security Options:\n");
        foreach (string option in (List<string>)info["SecurityOptions"]!)
        {
            string[] parts = option.Split(',');
            output.Write($"  {parts[0]["name=".Length..]}\n");
            foreach (string detail in parts.Skip(1))
                output.Write($"   {char.ToUpperInvariant(detail[0])}{detail[1..].Replace("=", ": ", StringComparison.Ordinal)}\n");
        }
        Line("Kernel Version", info["KernelVersion"]);
        Line("Operating System", info["OperatingSystem"]);
        Line("OSType", info["OSType"]);
        Line("Architecture", info["Architecture"]);
        Line("CPUs", info["NCPU"]);
        Line("Total Memory", Human.Memory((long)info["MemTotal"]!));
        Line("Name", info["Name"]);
        Line("Docker Root Dir", info["DockerRootDir"]);
        Map registries = (Map)info["RegistryConfig"]!;
        output.Write(" Insecure Registries:\n");
        foreach (string registry in (List<string>)registries["InsecureRegistryCIDRs"]!)
            output.Write($"  {registry}\n");
        if (registries["Mirrors"] is List<string> { Count: > 0 } mirrors)
        {
            output.Write(" Registry Mirrors:\n");
            foreach (string mirror in mirrors)
                output.Write($"  {mirror}\n");
        }
        foreach (string warning in (List<string>)info["Warnings"]!)
            invocation.Error.Write(warning + "\n");
    }

    private static List<string> SecurityOptions(CgroupHost cgroups)
    {
        List<string> options = [];
        if (Labels.HasApparmor)
            options.Add("name=apparmor");
        if (Text("/proc/sys/kernel/seccomp/actions_avail").Length > 0)
            options.Add("name=seccomp,profile=builtin");
        if (Labels.HasSelinux)
            options.Add("name=selinux");
        if (cgroups.Version > 0 && File.Exists("/proc/self/ns/cgroup"))
            options.Add("name=cgroupns");
        return options;
    }

    // What a container would be refused or left without.
    private static List<string> Warnings() =>
    [
        .. HostExamination.Run(Core.Containers.RuntimeHost.Probe())
            .Where(f => f.Status != FindingStatus.Ok && f.Topic is "cgroups" or "namespaces" or "security")
            .Select(f => $"WARNING: {f.Topic}, {f.Name}: {f.Value}{(f.Advice.Length > 0 ? $" ({f.Advice})" : "")}"),
    ];

    private static string BackingFilesystem(string folder)
    {
        // The longest mount point that the folder is in.
        string type = "unknown";
        int longest = -1;
        foreach (string line in (Files.TryReadText(null, "/proc/self/mountinfo", 16 << 20) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] halves = line.Split(" - "), fields = halves[0].Split(' ');
            string place = fields[4] == "/" ? "" : fields[4];
            if (place.Length > longest && (folder + "/").StartsWith(place + "/", StringComparison.Ordinal))
                (longest, type) = (place.Length, halves[1].Split(' ')[0]);
        }
        return type;
    }

    private static long MemoryBytes()
    {
        string? line = Text("/proc/meminfo").Split('\n').FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line["MemTotal:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) << 10;
    }

    private static string Release(string key, string otherwise)
    {
        string? line = Text("/etc/os-release").Split('\n').FirstOrDefault(l => l.StartsWith(key + "=", StringComparison.Ordinal));
        return line is null ? otherwise : line[(key.Length + 1)..].Trim().Trim('"');
    }

    /// <summary>A file of the kernel's, without the line's end; nothing where it isn't there.</summary>
    internal static string Text(string path) => Files.TryReadText(null, path)?.Trim() ?? "";
}
