using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Errors;

/// <summary>What a caller can do about an error; the exit code of a command follows from it.</summary>
public enum ErrorKind
{
    /// <summary>config.json, a process document or an argument is wrong.</summary>
    InvalidSpec,

    /// <summary>There is no such container, bundle or file.</summary>
    NotFound,

    /// <summary>There is such a container already.</summary>
    AlreadyExists,

    /// <summary>The container is not in a state that allows this.</summary>
    WrongState,

    /// <summary>The kernel does not let us.</summary>
    PermissionDenied,

    /// <summary>This kernel or this build has no such thing.</summary>
    Unsupported,

    /// <summary>Anything else.</summary>
    Internal,
}

/// <summary>An operation on a container that could not be done. What it had begun is undone, unless the operation says otherwise.</summary>
public class RuntimeException(ErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of error this is.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>The same, with what the caller knows put before: <c>create web1: …</c>.</summary>
    public static RuntimeException Prefix(string prefix, Exception inner) =>
        new(inner is RuntimeException known ? known.Kind : KindOf(inner), $"{prefix}: {inner.Message}", inner);

    private static ErrorKind KindOf(Exception error) => error switch
    {
        SyscallException { Errno: Errno.ENOENT or Errno.ENOTDIR } => ErrorKind.NotFound,
        SyscallException { Errno: Errno.EPERM or Errno.EACCES or Errno.EROFS } => ErrorKind.PermissionDenied,
        SyscallException { Errno: Errno.ENOSYS or Errno.EOPNOTSUPP } => ErrorKind.Unsupported,
        Oci.Json.DocumentException => ErrorKind.InvalidSpec,
        _ => ErrorKind.Internal,
    };
}
