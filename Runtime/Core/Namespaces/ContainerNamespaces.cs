using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Namespaces;

/// <summary>The namespaces of a running container, to start a further process in them.</summary>
public sealed class ContainerNamespaces : IDisposable
{
    private readonly List<(NamespaceKind Kind, FileDescriptor Descriptor)> opened = [];

    private ContainerNamespaces(int pid) => Pid = pid;

    /// <summary>The container's first process.</summary>
    public int Pid { get; }

    /// <summary>Whether the container has a user namespace of its own.</summary>
    public bool HasUser { get; private set; }

    /// <summary>Whether the container has a mount namespace of its own; without one its root is a chroot.</summary>
    public bool HasMount { get; private set; }

    /// <summary>The descriptors that a child must inherit to join, in the order of joining; the pid namespace is not among them.</summary>
    public IEnumerable<(NamespaceKind Kind, int Descriptor)> Joins => opened.Where(o => o.Kind != NamespaceKind.Pid).Select(o => (o.Kind, o.Descriptor.Number));

    /// <summary>Opens the namespaces that the document gives the container, from its first process.</summary>
    /// <exception cref="SyscallException">The process is gone.</exception>
    public static ContainerNamespaces Open(int pid, IReadOnlyList<LinuxNamespace> namespaces)
    {
        ContainerNamespaces result = new(pid);
        try
        {
            foreach (NamespaceKind kind in Enum.GetValues<NamespaceKind>())
            {
                if (!namespaces.Any(n => n.Type == kind.NameOf()))
                    continue;
                result.opened.Add((kind, Files.Open(null, $"/proc/{pid}/ns/{kind.ProcName()}", Native.Raw.Open.O_RDONLY)));
                result.HasUser |= kind == NamespaceKind.User;
                result.HasMount |= kind == NamespaceKind.Mount;
            }
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Writes the instructions that join all but the pid namespace.</summary>
    public void WriteJoins(ChildProgram child)
    {
        foreach ((NamespaceKind kind, int descriptor) in Joins)
            child.Call(SYS.setns, descriptor, kind.Flag());
    }

    /// <summary>Starts a child inside of the pid namespace: the calling thread's children are born into the one that it names, and ours is named again afterwards.</summary>
    public ProcessHandle StartInside(Func<ProcessHandle> start)
    {
        if (opened.FirstOrDefault(o => o.Kind == NamespaceKind.Pid).Descriptor is not { } container)
            return start();
        using FileDescriptor own = Files.Open(null, "/proc/self/ns/pid", Native.Raw.Open.O_RDONLY);
        Check.Ok(Kernel.Call(SYS.setns, container.Number, (nint)Clone.CLONE_NEWPID), "join pid namespace of", $"process {Pid}");
        try
        {
            return start();
        }
        finally
        {
            Check.Ok(Kernel.Call(SYS.setns, own.Number, (nint)Clone.CLONE_NEWPID), "return to pid namespace");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, FileDescriptor descriptor) in opened)
            descriptor.Dispose();
    }
}
