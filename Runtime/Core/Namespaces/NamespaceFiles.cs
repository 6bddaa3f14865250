using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;

namespace Vessel.Core.Namespaces;

/// <summary>Namespaces by path: <c>/proc/PID/ns/net</c>, <c>/var/run/netns/blue</c>.</summary>
public static class NamespaceFiles
{
    private const int NS_GET_NSTYPE = 0xb703;

    /// <summary>Whether a namespace is the one that we are in ourselves.</summary>
    public static bool IsOurs(NamespaceKind kind, int descriptor) =>
        Files.TryStat(null, $"/proc/self/ns/{kind.ProcName()}", out statx own) == 0
        && Files.TryStat(descriptor, out statx other) == 0
        && own.stx_ino == other.stx_ino && own.stx_dev_minor == other.stx_dev_minor;

    /// <summary>Opens a path and checks that it is a namespace of this kind.</summary>
    /// <exception cref="RuntimeException">It is no namespace, or another kind.</exception>
    public static FileDescriptor Open(NamespaceKind kind, string path, string property)
    {
        nint result = Files.TryOpen(null, path, Native.Raw.Open.O_RDONLY);
        if (result < 0)
            throw new RuntimeException(ErrorKind.NotFound, $"{property}: open {path}: {SyscallException.Describe((int)-result)}");
        FileDescriptor file = new((int)result);
        nint type = Kernel.Call(SYS.ioctl, file.Number, NS_GET_NSTYPE);
        if (type == (nint)kind.Flag())
            return file;
        file.Dispose();
        throw new RuntimeException(ErrorKind.InvalidSpec, $"{property}: {path} is no {kind.NameOf()} namespace");
    }
}
