using System.Reflection;
using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Oci.Image;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class VersionCommand : Command
{
    /// <summary>The version of this build, with its commit.</summary>
    public static string Text => typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override string Usage => "[OPTIONS]";

    public override string Summary => "Show the version information";

    public override IReadOnlyList<Option> Options => [new("format", "Format output: 'json' or a Go template", "string", 'f')];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string[] parts = Text.Split('+');
        string commit = parts.Length > 1 ? parts[1][..Math.Min(7, parts[1].Length)] : "unknown";
        // What docker calls the server is in this program too: the commands work on the images themselves.
        Map part = new() { ["Version"] = parts[0], ["GitCommit"] = commit, ["Os"] = Platform.Host.Os, ["Arch"] = Platform.Host.Architecture, ["KernelVersion"] = InfoCommand.Text("/proc/sys/kernel/osrelease") };
        Map version = new() { ["Client"] = part, ["Server"] = part };
        invocation.Output.Write(Rows.FormatOne(version, invocation.Options.Text("format")) ?? $"Client:\n Version:    {parts[0]}\n Git commit: {commit}\n OS/Arch:    {Platform.Host}\n");
        return Task.FromResult(0);
    }
}
