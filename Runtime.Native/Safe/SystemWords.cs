using Vessel.Native.Raw;

namespace Vessel.Native.Safe;

/// <summary>What the kernel said, of exceptions that .NET has words of its own for.</summary>
public static class SystemWords
{
    /// <summary>The kernel's words: <c>no such file or directory (ENOENT)</c>.</summary>
    public static string Of(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => SyscallException.Describe(Errno.ENOENT),
        UnauthorizedAccessException => SyscallException.Describe(Errno.EACCES),
        PathTooLongException => SyscallException.Describe(Errno.ENAMETOOLONG),
        // .NET keeps the errno of what it has no exception for.
        IOException { HResult: > 0 and < 4096 } => SyscallException.Describe(e.HResult),
        _ => e.Message,
    };
}
