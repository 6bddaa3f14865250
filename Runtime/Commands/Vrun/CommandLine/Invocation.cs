using Vessel.Commands.CommandLine;
using Vessel.Core.Containers;
using Vessel.Native.Safe;

namespace Vessel.Commands.Vrun.CommandLine;

/// <summary>A command as it was called: global options, own options, arguments.</summary>
internal sealed class Invocation(ParsedOptions global, ParsedOptions options, RunLog log)
{
    private RuntimeHost? host;
    private ContainerStore? store;

    public ParsedOptions Options { get; } = options;

    public IReadOnlyList<string> Arguments => Options.Arguments;

    public RunLog Log { get; } = log;

    /// <summary>The containers under <c>--root</c>.</summary>
    public ContainerStore Store => store ??= global.Text("root") is { Length: > 0 } root ? new ContainerStore(root) : StateRoot.Default(Caller.Ask());

    /// <summary><c>--rootless</c>: whether cgroups that cannot be made are done without; null for <c>auto</c>.</summary>
    public bool? IsRootless { get; } = global.Text("rootless") switch
    {
        null or "" or "auto" => null,
        { } text => GoBoolean.Parse(text) ?? throw new UsageException($"invalid value \"{text}\" for flag -rootless: it is true, false or auto"),
    };

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
