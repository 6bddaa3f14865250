using Vessel.Core.Process;

namespace Vessel.Core.Containers;

/// <summary>How a container is created; the flags of <c>create</c> and <c>run</c>.</summary>
public sealed record CreateOptions
{
    /// <summary>A file that gets the first process's number.</summary>
    public string? PidFile { get; init; }

    /// <summary>A listening Unix socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>A listening Unix socket that gets a pidfd of the first process.</summary>
    public string? PidfdSocket { get; init; }

    /// <summary>Move the root over <c>/</c> in place of pivot_root: for hosts that run from an initramfs.</summary>
    public bool NoPivot { get; init; }

    /// <summary>Leave the container in the caller's session keyring.</summary>
    public bool NoNewKeyring { get; init; }

    /// <summary>Do without cgroups that cannot be made, where the document asks for none; null: where the caller is not the host's root.</summary>
    public bool? ForgivesCgroups { get; init; }

    /// <summary>The standard streams of the container's process; null for the caller's own. A process with a terminal has no others.</summary>
    public StandardStreams? Streams { get; init; }

    /// <summary>How many of the caller's descriptors from 3 on the container gets.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>Passes the program's readiness on to a service manager; null without one.</summary>
    public NotifySocket? Notify { get; init; }

    /// <summary>Have systemd make the cgroup, as a scope; <c>linux.cgroupsPath</c> is then <c>slice:prefix:name</c>.</summary>
    public bool UsesSystemd { get; init; }

    /// <summary>Takes what happens beside the point: warnings.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>Takes each step as it is planned and done; null where nobody wants to know.</summary>
    public Action<string>? Debug { get; init; }
}
