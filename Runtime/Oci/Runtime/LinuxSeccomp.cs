using Vessel.Oci.Json;

namespace Vessel.Oci.Runtime;

/// <summary><c>linux.seccomp</c> (runtime-spec 1.3, config-linux.md, "Seccomp"): which system calls the process may make.</summary>
public sealed record LinuxSeccomp : ExtensibleRecord
{
    /// <summary>What happens at a call that no rule names: <c>SCMP_ACT_…</c>.</summary>
    public required string DefaultAction { get; init; }

    /// <summary>The errno of a default action that returns one; EPERM where absent.</summary>
    public uint? DefaultErrnoRet { get; init; }

    /// <summary><c>SCMP_ARCH_…</c>; the native architecture is always included.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary><c>SECCOMP_FILTER_FLAG_…</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Path of the socket that receives the notification descriptor.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Opaque text handed to the listener.</summary>
    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<LinuxSyscall> Syscalls { get; init; } = [];
}

/// <summary>One rule of <c>linux.seccomp.syscalls</c>: these names, with these arguments (all must match), give this action.</summary>
public sealed record LinuxSyscall : ExtensibleRecord
{
    public required IReadOnlyList<string> Names { get; init; }

    public required string Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<LinuxSeccompArg> Args { get; init; } = [];
}

/// <summary>
/// A condition on one argument: <c>args[Index] Op Value</c>; for <c>SCMP_CMP_MASKED_EQ</c>, <c>(args[Index] &amp; Value) == ValueTwo</c>.
/// </summary>
public sealed record LinuxSeccompArg(uint Index, ulong Value, ulong ValueTwo, string Op) : ExtensibleRecord;
