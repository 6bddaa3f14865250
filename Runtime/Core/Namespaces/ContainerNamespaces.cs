using Vessel.Core.Plan;
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

    /// <summary>The descriptors that a child must inherit to join.</summary>
    public IEnumerable<int> Descriptors => opened.Select(o => o.Descriptor.Number);

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

    /// <summary>The steps that bring a child of the host's into the container.</summary>
    /// <remarks>The child enters the pid namespace only by a fork at the end, when it is an image in memory and no longer our executable:
    /// a process of the container never sees one that leads to a file of the host (CVE-2019-5736).</remarks>
    public IEnumerable<PlanStep> JoinSteps()
    {
        List<JoinNamespace> joins = opened.ConvertAll(o => new JoinNamespace(o.Kind, $"of process {Pid}", o.Descriptor.Number));
        List<PlanStep> steps = [.. JoinNamespace.InOrder(joins, [])];
        if (joins.Exists(join => join.Kind == NamespaceKind.Pid))
            steps.Add(new ForkIntoNamespaces());
        return steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, FileDescriptor descriptor) in opened)
            descriptor.Dispose();
    }
}
