using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.Settings;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Store;

namespace Vessel.Commands.Vessel.CommandLine;

/// <summary>A command as it was called: global options, own options, arguments.</summary>
internal sealed class Invocation(ParsedOptions global, ParsedOptions options)
{
    private DaemonSettings? settings;
    private ImageStore? images;

    public ParsedOptions Options { get; } = options;

    public IReadOnlyList<string> Arguments => Options.Arguments;

    /// <summary>What <c>daemon.json</c> says.</summary>
    public DaemonSettings Settings => settings ??= DaemonSettings.Read(Value("config-file", "VESSEL_CONFIG_FILE"));

    /// <summary>The images of the data root.</summary>
    public ImageStore Images => images ??= new ImageStore(
        Value("data-root", "VESSEL_DATA_ROOT") ?? Settings.DataRoot ?? "/var/lib/vessel",
        global.Text("storage-driver") is { } driver ? DaemonSettings.FormOf(driver) ?? throw new ImageException(ImageErrorKind.Invalid, DaemonSettings.NoSuchDriver(driver)) : Settings.LayerForm);

    /// <summary>How registries are reached.</summary>
    public RegistrySettings Registries => Settings.Registries(DockerConfig) with { Log = Log };

    /// <summary>Whether the user wants to see what is done in detail.</summary>
    public bool IsDebug { get; } = global.Has("debug") || global.Text("log-level") == "debug";

    /// <summary>The user's credentials.</summary>
    public DockerConfig DockerConfig => global.Text("config") is { } folder ? new DockerConfig(Path.Combine(folder, "config.json")) : DockerConfig.OfUser();

    /// <summary>Standard output, for what a script reads.</summary>
    public TextWriter Output { get; } = StandardStreams.Output;

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; } = StandardStreams.Error;

    /// <summary>Writes a line for whoever looks for an error; nothing without <c>--debug</c>.</summary>
    public void Log(string message)
    {
        if (IsDebug)
            lock (Error)
                Error.Write($"DEBUG: {message}\n");
    }

    private string? Value(string option, string variable) =>
        global.Text(option) is { } given ? given.Length > 0 ? given : throw new UsageException($"--{option} is empty") : (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);
}
