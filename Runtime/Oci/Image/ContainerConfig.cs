using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary><c>config</c> of an image's configuration: what a container gets unless it is told otherwise.</summary>
/// <remarks>A stranger's words: volumes and the working directory are paths inside the container, and may try to lead out of it.</remarks>
public sealed record ContainerConfig : ExtensibleRecord
{
    /// <summary><c>user</c>, <c>uid</c>, <c>user:group</c>, by name or number.</summary>
    public string? User { get; init; }

    /// <summary><c>port</c>, <c>port/protocol</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary><c>NAME=value</c>, in order.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>The arguments of the entry point; without one, the command.</summary>
    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Folders that get a volume each.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = EmptyMap.Of<string>();

    public string? StopSignal { get; init; }

    /// <summary>Only Windows has it: the command is one line already.</summary>
    public bool ArgsEscaped { get; init; }

    /// <summary>Docker's addition, as are those below.</summary>
    public Healthcheck? Healthcheck { get; init; }

    /// <summary>Instructions for a build that begins with this image.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];

    /// <summary>What the build's instructions in shell form are run with.</summary>
    public IReadOnlyList<string> Shell { get; init; } = [];
}
