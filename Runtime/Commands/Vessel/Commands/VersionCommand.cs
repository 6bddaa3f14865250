using System.Reflection;
using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class VersionCommand : Command
{
    /// <summary>The version of this build, with its commit.</summary>
    public static string Text => typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override string Usage => "";

    public override string Summary => "Show the version information";

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string[] parts = Text.Split('+');
        invocation.Output.Write($"Client:\n Version:    {parts[0]}\n Git commit: {(parts.Length > 1 ? parts[1][..Math.Min(7, parts[1].Length)] : "unknown")}\n OS/Arch:    {Oci.Image.Platform.Host}\n");
        return Task.FromResult(0);
    }
}
