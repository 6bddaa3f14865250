using System.Runtime.InteropServices;

namespace Vessel.Native.Raw;

/// <summary>The one way into the kernel from managed code: a system call by number, its error as a negative result (man 2 syscall).</summary>
public static unsafe class Kernel
{
    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern nint syscall(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    /// <summary>Makes the call; a result from -4095 to -1 is a negated errno.</summary>
    public static nint Call(int number, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        nint result = syscall(number, a0, a1, a2, a3, a4, a5);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>As <see cref="Call(int, nint, nint, nint, nint, nint, nint)"/>, again as long as a signal interrupts it (EINTR).</summary>
    public static nint CallRetrying(int number, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        nint result;
        do
            result = Call(number, a0, a1, a2, a3, a4, a5);
        while (result == -Errno.EINTR);
        return result;
    }
}
