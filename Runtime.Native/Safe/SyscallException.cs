namespace Vessel.Native.Safe;

/// <summary>The kernel refused a call. The message reads as <c>open /run/x: no such file or directory (ENOENT)</c>.</summary>
/// <remarks>Nothing is left behind by the call that failed; descriptors opened before it are still the caller's.</remarks>
public sealed class SyscallException : Exception
{
    public SyscallException(string attempt, int errno, string? message = null)
        : base(message ?? $"{attempt}: {Describe(errno)}")
    {
        Attempt = attempt;
        Errno = errno;
    }

    /// <summary>What was attempted, on which object: <c>mkdir /run/vrun/web1</c>.</summary>
    public string Attempt { get; }

    /// <summary>The kernel's error number, positive.</summary>
    public int Errno { get; }

    /// <summary>The kernel's words and the symbolic name: <c>permission denied (EACCES)</c>.</summary>
    public static string Describe(int errno) => $"{Raw.Errno.Describe(errno)} ({Raw.Errno.NameOf(errno)})";
}
