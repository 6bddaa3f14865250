using System.Runtime.InteropServices;

namespace Vessel.Core.Security.Seccomp;

/// <summary>The system call ABIs that a supported processor can run; a host has one native ABI and may run its older siblings.</summary>
public enum SeccompArchitecture
{
    /// <summary><c>SCMP_ARCH_X86_64</c>.</summary>
    X86_64,

    /// <summary><c>SCMP_ARCH_X86</c>: 32-bit programs on x86-64 (<c>int 0x80</c>).</summary>
    X86,

    /// <summary><c>SCMP_ARCH_X32</c>: x86-64 with 32-bit pointers; its calls carry the bit 0x40000000 and the audit number of x86-64.</summary>
    X32,

    /// <summary><c>SCMP_ARCH_AARCH64</c>.</summary>
    Arm64,

    /// <summary><c>SCMP_ARCH_ARM</c>: 32-bit EABI programs on arm64.</summary>
    Arm,
}

/// <summary>What a filter needs to know of an ABI.</summary>
public static class SeccompArchitectures
{
    /// <summary>Set in the number of every x32 call (<c>__X32_SYSCALL_BIT</c>).</summary>
    public const uint X32SyscallBit = 0x4000_0000;

    /// <summary>The ABI of this process.</summary>
    /// <exception cref="PlatformNotSupportedException">Neither x86-64 nor arm64.</exception>
    public static SeccompArchitecture Native => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => SeccompArchitecture.X86_64,
        Architecture.Arm64 => SeccompArchitecture.Arm64,
        var other => throw new PlatformNotSupportedException($"seccomp filters for {other} are not supported"),
    };

    /// <summary><c>AUDIT_ARCH_…</c> (linux/audit.h), which the kernel puts into <c>seccomp_data.arch</c>.</summary>
    public static uint AuditNumber(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X86_64 or SeccompArchitecture.X32 => 0xC000_003E,
        SeccompArchitecture.X86 => 0x4000_0003,
        SeccompArchitecture.Arm64 => 0xC000_00B7,
        SeccompArchitecture.Arm => 0x4000_0028,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture)),
    };

    /// <summary>
    /// Whether arguments are compared on all 64 bits. x32 is not: libseccomp treats it as a 32-bit ABI, although its registers are wide.
    /// </summary>
    internal static bool HasWideArguments(SeccompArchitecture architecture) =>
        architecture is SeccompArchitecture.X86_64 or SeccompArchitecture.Arm64;
}
