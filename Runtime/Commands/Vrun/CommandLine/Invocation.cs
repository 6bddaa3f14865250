using Vessel.Core.Containers;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>A command as it was called: global options, own options, arguments.</summary>
internal sealed class Invocation(ParsedOptions global, ParsedOptions options, RunLog log)
{
    private const string DefaultRoot = "/run/vrun";

    private RuntimeHost? host;

    public ParsedOptions Options { get; } = options;

    public IReadOnlyList<string> Arguments => Options.Arguments;

    public RunLog Log { get; } = log;

    /// <summary>The containers under <c>--root</c>.</summary>
    public ContainerStore Store { get; } = new(global.Text("root") is { Length: > 0 } root ? root : DefaultRoot);

    /// <summary><c>--systemd-cgroup</c>: matters where a container is made; others know how theirs was.</summary>
    public bool UsesSystemd { get; } = global.Has("systemd-cgroup");

    /// <summary>The host's features, asked for once, when they are needed.</summary>
    public RuntimeHost Host => host ??= RuntimeHost.Probe();

    /// <summary>Writes to standard output, all at once.</summary>
    public static void Print(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        using FileDescriptor output = new(Files.Duplicate(1));
        Files.Write(output, bytes, "standard output");
    }
}
