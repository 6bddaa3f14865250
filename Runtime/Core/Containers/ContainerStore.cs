using Vessel.Core.Errors;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Containers;

/// <summary>The state of all containers under one root: a folder each, <c>/run/vrun/web1</c>. There is no lock over all of them.</summary>
/// <param name="root">The folder of folders; it is made when it is needed.</param>
/// <param name="rootMode">Its mode, when it is made.</param>
public sealed class ContainerStore(string root, uint rootMode = ContainerStore.FolderMode)
{
    private const uint FolderMode = 0x1c0; // 0700

    /// <summary>The folder of folders.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Makes and locks a new container's folder.</summary>
    /// <exception cref="RuntimeException"><see cref="ErrorKind.AlreadyExists"/>.</exception>
    public ContainerFolder Create(ContainerId id)
    {
        string path = PathOf(id);
        nint result = Files.TryMakeDirectory(null, path, FolderMode);
        if (result == -Errno.ENOENT)
        {
            Files.MakeDirectories(Root, rootMode);
            result = Files.TryMakeDirectory(null, path, FolderMode);
        }
        if (result == -Errno.EEXIST)
            throw new RuntimeException(ErrorKind.AlreadyExists, "container with given ID already exists");
        Check.Ok(result, "make state folder", path);
        ContainerFolder folder = new(path, Files.Open(null, path, O_RDONLY | O_DIRECTORY));
        folder.Lock();
        return folder;
    }

    /// <summary>Opens a container's folder, without a lock.</summary>
    /// <exception cref="RuntimeException"><see cref="ErrorKind.NotFound"/>.</exception>
    public ContainerFolder Open(ContainerId id) => TryOpen(id) ?? throw NotFound();

    /// <summary>Opens a container's folder; null where there is none.</summary>
    public ContainerFolder? TryOpen(ContainerId id)
    {
        string path = PathOf(id);
        nint result = Files.TryOpen(null, path, O_RDONLY | O_DIRECTORY);
        if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENAMETOOLONG)
            return null;
        return new ContainerFolder(path, new FileDescriptor((int)Check.Ok(result, "open state folder", path)));
    }

    /// <summary>Opens a container's folder and waits for its lock.</summary>
    /// <exception cref="RuntimeException"><see cref="ErrorKind.NotFound"/>; also where it was deleted while we waited.</exception>
    public ContainerFolder OpenLocked(ContainerId id)
    {
        ContainerFolder folder = Open(id);
        folder.Lock();
        if (folder.Exists)
            return folder;
        folder.Dispose();
        throw NotFound();
    }

    /// <summary>The ids of all containers, in alphabetical order.</summary>
    public List<ContainerId> List()
    {
        nint result = Files.TryOpen(null, Root, O_RDONLY | O_DIRECTORY);
        if (result == -Errno.ENOENT)
            return [];
        using FileDescriptor directory = new((int)Check.Ok(result, "open", Root));
        List<ContainerId> ids = [];
        foreach (string name in Files.List(directory))
            if (ContainerId.TryParse(name, out ContainerId? id, out _))
                ids.Add(id);
        ids.Sort((a, b) => string.CompareOrdinal(a.Value, b.Value));
        return ids;
    }

    private static RuntimeException NotFound() => new(ErrorKind.NotFound, "container does not exist");

    private string PathOf(ContainerId id) => $"{Root}/{id.Value}";
}
