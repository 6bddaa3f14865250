using Vessel.Core.Security.Seccomp;
using Vessel.Native.Raw;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Support;

/// <summary>
/// A filter that makes this kernel look like an old one, so that what old kernels get is executed: <c>VESSEL_TEST_DENY_NEW_SYSCALLS=1</c> has
/// the newer calls answer ENOSYS, as a kernel without them does; <c>=EPERM</c> has them answer EPERM, as the filters of older engines do.
/// </summary>
/// <remarks>clone3 answers ENOSYS in both: the C library's threads fall back on that alone, so no engine denies it otherwise.</remarks>
internal static class OldKernelFilter
{
    private static readonly string[] NewCalls =
        ["openat2", "fsopen", "fsmount", "fsconfig", "fspick", "move_mount", "open_tree", "mount_setattr", "close_range", "faccessat2"];

    /// <summary>The filter that this test run asks for; null for none.</summary>
    public static SeccompFilter? Wanted { get; } = Environment.GetEnvironmentVariable("VESSEL_TEST_DENY_NEW_SYSCALLS") switch
    {
        null or "" or "0" => null,
        "EPERM" => Make(Errno.EPERM),
        _ => Make(Errno.ENOSYS),
    };

    private static SeccompFilter Make(int errno) => SeccompCompiler.Compile(new LinuxSeccomp
    {
        DefaultAction = "SCMP_ACT_ALLOW",
        Syscalls =
        [
            new LinuxSyscall { Names = NewCalls, Action = "SCMP_ACT_ERRNO", ErrnoRet = (uint)errno },
            new LinuxSyscall { Names = ["clone3"], Action = "SCMP_ACT_ERRNO", ErrnoRet = Errno.ENOSYS },
        ],
    }, SeccompArchitectures.Native);
}
