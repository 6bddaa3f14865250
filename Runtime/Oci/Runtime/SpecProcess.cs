using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>process</c>: the container's process, or that of an <c>exec</c>.</summary>
public sealed record SpecProcess : ExtensibleRecord
{
    public bool Terminal { get; init; }

    public ConsoleSize? ConsoleSize { get; init; }

    public SpecUser User { get; init; } = SpecUser.Root;

    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>The whole command line; only Windows has it.</summary>
    public string? CommandLine { get; init; }

    /// <summary><c>NAME=value</c>, in order.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Absolute path inside the container.</summary>
    public required string Cwd { get; init; }

    public LinuxCapabilities? Capabilities { get; init; }

    public IReadOnlyList<PosixRlimit> Rlimits { get; init; } = [];

    public bool NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    /// <summary>-1000 to 1000; where null, the value is inherited.</summary>
    public int? OomScoreAdj { get; init; }

    public Scheduler? Scheduler { get; init; }

    public string? SelinuxLabel { get; init; }

    public LinuxIOPriority? IOPriority { get; init; }

    public ExecCpuAffinity? ExecCpuAffinity { get; init; }
}

/// <summary><c>process.consoleSize</c>, in characters.</summary>
public sealed record ConsoleSize(ulong Height, ulong Width) : ExtensibleRecord;

/// <summary><c>process.user</c>: ids inside the container.</summary>
public sealed record SpecUser : ExtensibleRecord
{
    /// <summary>What an absent <c>user</c> means: uid 0, gid 0.</summary>
    public static SpecUser Root { get; } = new();

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint? Umask { get; init; }

    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    /// <summary>Only Windows has it.</summary>
    public string? Username { get; init; }
}

/// <summary><c>process.execCPUAffinity</c>: CPU lists (<c>0-3,7</c>) before and after the process enters the cgroup.</summary>
public sealed record ExecCpuAffinity : ExtensibleRecord
{
    public string? Initial { get; init; }

    public string? Final { get; init; }
}
