using Vessel.Core.Cgroups;
using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Containers;

/// <summary>A container, from create to delete (runtime-spec, runtime.md, "Lifecycle"). One file an operation.</summary>
/// <remarks>
/// Operations that change a container hold its lock; those that look do not. Everything that is known is on disk and in the kernel: an object of
/// this type remembers only where.
/// </remarks>
public sealed partial class Container
{
    private readonly ContainerStore store;

    // Known to who made it; others read it.
    private readonly ContainerRecord? record;

    private Container(ContainerStore store, ContainerId id, ContainerRecord? record = null)
    {
        this.store = store;
        this.record = record;
        Id = id;
    }

    /// <summary>Its name under the state root.</summary>
    public ContainerId Id { get; }

    /// <summary>A container that is there.</summary>
    /// <exception cref="RuntimeException"><see cref="ErrorKind.NotFound"/>.</exception>
    public static Container Open(ContainerStore store, ContainerId id)
    {
        using ContainerFolder folder = store.Open(id);
        return new Container(store, id);
    }

    /// <summary>All containers of a state root.</summary>
    public static IEnumerable<Container> List(ContainerStore store) => store.List().Select(id => new Container(store, id));

    /// <summary>The container as it is now.</summary>
    /// <exception cref="RuntimeException"><see cref="ErrorKind.NotFound"/>.</exception>
    public ContainerState State()
    {
        using ContainerFolder folder = store.Open(Id);
        return StateOf(folder);
    }

    private ContainerState StateOf(ContainerFolder folder)
    {
        ContainerRecord record = folder.Read() ?? Unfinished(folder);
        string owner = UserNames.Of(folder.Owner);
        if (folder.ReadInit() is not { } init)
            return new ContainerState(record, folder.IsLockedByOther() ? ContainerStatus.Creating : ContainerStatus.Stopped, 0, owner);
        if (!init.IsAlive)
            return new ContainerState(record, ContainerStatus.Stopped, 0, owner);
        if (folder.AwaitsStart && init.IsOurs)
            return new ContainerState(record, ContainerStatus.Created, init.Pid, owner);
        bool paused = FreezerOf(record)?.IsFrozen == true;
        return new ContainerState(record, paused ? ContainerStatus.Paused : ContainerStatus.Running, init.Pid, owner);
    }

    // The runtime was killed before the record was there: then nothing else was made either.
    private ContainerRecord Unfinished(ContainerFolder folder) => new()
    {
        OciVersion = OciVersion.Current,
        Id = Id.Value,
        Bundle = "",
        Rootfs = "",
        Created = Directory.GetCreationTimeUtc(folder.Path).ToString("O"),
    };

    private static Freezer? FreezerOf(ContainerRecord record) =>
        record.FreezerFolder.Length == 0 ? null : new Freezer(record.FreezerFolder, record.CgroupVersion);

    private static RuntimeException WithoutCgroups(string what) =>
        new(ErrorKind.Unsupported, $"the container has no cgroup, and cannot be {what}: none was delegated to the user who made it, or this host has none (`vrun --debug run` tells why)");

    private static RuntimeException WrongState(string message) => new(ErrorKind.WrongState, message);
}
