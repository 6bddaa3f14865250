using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>hooks</c>: programs run at points of the container's life, each list in order.</summary>
public sealed record SpecHooks : ExtensibleRecord
{
    /// <summary>Deprecated by the specification; still what GPU tooling installs.</summary>
    public IReadOnlyList<SpecHook> Prestart { get; init; } = [];

    public IReadOnlyList<SpecHook> CreateRuntime { get; init; } = [];

    public IReadOnlyList<SpecHook> CreateContainer { get; init; } = [];

    public IReadOnlyList<SpecHook> StartContainer { get; init; } = [];

    public IReadOnlyList<SpecHook> Poststart { get; init; } = [];

    public IReadOnlyList<SpecHook> Poststop { get; init; } = [];
}

/// <summary>One hook. <see cref="Args"/> includes argv[0]; the state document arrives on its standard input.</summary>
public sealed record SpecHook : ExtensibleRecord
{
    /// <summary>Absolute.</summary>
    public required string Path { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Null, where the document gives none: then the hook has the environment of the program that runs it.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Seconds, at least 1; null is no limit.</summary>
    public int? Timeout { get; init; }
}
