using Vessel.Core.Process;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>How a further process is started in a container; the flags of <c>exec</c>.</summary>
public sealed record ExecOptions
{
    /// <summary>What is run; <see cref="Container.ExecDefaults"/> has what the bundle says.</summary>
    public required SpecProcess Process { get; init; }

    /// <summary>A file that gets the process's number.</summary>
    public string? PidFile { get; init; }

    /// <summary>A listening Unix socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>A listening Unix socket that gets a pidfd of the process.</summary>
    public string? PidfdSocket { get; init; }

    /// <summary>The process's standard streams; null for the caller's own. A process with a terminal has no others.</summary>
    public StandardStreams? Streams { get; init; }

    /// <summary>How many of the caller's descriptors from 3 on the process gets.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>Cgroups below the container's own: by controller, or for all under an empty name.</summary>
    public IReadOnlyDictionary<string, string> SubCgroups { get; init; } = new Dictionary<string, string>();

    /// <summary>Start it although the container is paused; it then waits as the others do.</summary>
    public bool IgnorePaused { get; init; }

    /// <summary>Receives each step as it is planned and done; null for nobody.</summary>
    public Action<string>? Debug { get; init; }
}
