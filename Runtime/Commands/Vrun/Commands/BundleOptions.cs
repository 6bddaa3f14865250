using Vessel.Commands.CommandLine;
using Vessel.Commands.Vrun.CommandLine;
using Vessel.Core.Containers;
using Vessel.Core.Errors;

namespace Vessel.Commands.Vrun.Commands;

/// <summary>The options that create and run share.</summary>
internal static class BundleOptions
{
    public static IReadOnlyList<Option> All { get; } =
    [
        new("bundle", "path to the root of the bundle directory, defaults to the current directory", "value", 'b'),
        new("console-socket", "path to an AF_UNIX socket which will receive a file descriptor referencing the master end of the console's pseudoterminal", "value"),
        new("pidfd-socket", "path to an AF_UNIX socket which will receive a file descriptor referencing the init process", "value"),
        new("pid-file", "specify the file to write the process id to", "value"),
        new("no-pivot", "do not use pivot root to jail process inside rootfs. This should be used whenever the rootfs is on top of a ramdisk"),
        new("no-new-keyring", "do not create a new session keyring for the container. This will cause the container to inherit the calling processes session key"),
        new("preserve-fds", "Pass N additional file descriptors to the container (stdio + $LISTEN_FDS + N in total) (default: 0)", "value"),
    ];

    /// <summary>The bundle that is named, or the working directory; with what systemd passes told to its program.</summary>
    public static Bundle LoadBundle(Invocation invocation)
    {
        Bundle bundle = Bundle.Load(invocation.Options.Text("bundle") is { Length: > 0 } folder ? folder : ".");
        int listening = ListeningDescriptors();
        if (listening == 0 || bundle.Spec.Process is not { } process)
            return bundle;
        string[] variables = [$"LISTEN_FDS={listening}", "LISTEN_PID=1", .. Environment.GetEnvironmentVariable("LISTEN_FDNAMES") is { } names ? [$"LISTEN_FDNAMES={names}"] : Array.Empty<string>()];
        return bundle with { Spec = bundle.Spec with { Process = process with { Env = [.. process.Env, .. variables] } } };
    }

    /// <summary>The options as Core takes them.</summary>
    public static CreateOptions Read(Invocation invocation) => new()
    {
        Notify = NotifySocket.FromEnvironment(),
        PidFile = NotEmpty(invocation.Options.Text("pid-file")),
        ConsoleSocket = NotEmpty(invocation.Options.Text("console-socket")),
        PidfdSocket = NotEmpty(invocation.Options.Text("pidfd-socket")),
        NoPivot = invocation.Options.Has("no-pivot"),
        NoNewKeyring = invocation.Options.Has("no-new-keyring"),
        PreservedDescriptors = PreservedDescriptors(invocation.Options),
        UsesSystemd = invocation.UsesSystemd,
        ForgivesCgroups = invocation.IsRootless,
        Warn = invocation.Log.Warn,
        Debug = invocation.Log.IsDebug ? invocation.Log.Debug : null,
    };

    /// <summary>How many descriptors from 3 on are passed: those of <c>--preserve-fds</c> and of systemd's socket activation.</summary>
    public static int PreservedDescriptors(ParsedOptions options)
    {
        long count = options.Number("preserve-fds") ?? 0;
        if (count is < 0 or > 65536)
            throw new UsageException($"invalid value \"{count}\" for flag -preserve-fds");
        int asked = (int)count;
        int listening = ListeningDescriptors();
        // systemd's come first, then those that were asked for.
        if (asked + listening > InheritedDescriptors.Count)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"--preserve-fds: descriptor {InheritedDescriptors.First + InheritedDescriptors.Count} is not open");
        return asked + listening;
    }

    public static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Meant for us only where LISTEN_PID says so (man 3 sd_listen_fds).
    private static int ListeningDescriptors() => Environment.GetEnvironmentVariable("LISTEN_PID") != Environment.ProcessId.ToString() ? 0 : int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out int count) && count is > 0 and < 65536 ? count : 0;
}
