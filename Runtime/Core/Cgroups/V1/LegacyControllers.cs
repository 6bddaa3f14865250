using Vessel.Core.Errors;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups.V1;

/// <summary>Writes of one container on cgroup v1, controller after controller.</summary>
internal sealed class LegacyControllers(IReadOnlyList<CgroupFolder> folders)
{
    private readonly List<CgroupWrite> writes = new(32);

    /// <summary>All writes that <paramref name="resources"/> ask for.</summary>
    /// <param name="folders">The container's folders.</param>
    /// <param name="resources">The limits.</param>
    /// <param name="includeDevices">Whether the device list is written too: at create; an update leaves it as it is unless it names one.</param>
    public static IReadOnlyList<CgroupWrite> Write(IReadOnlyList<CgroupFolder> folders, LinuxResources resources, bool includeDevices)
    {
        LegacyControllers controllers = new(folders);
        if (resources.Unified.Count > 0)
            throw new RuntimeException(ErrorKind.Unsupported, "linux.resources.unified: needs cgroup v2, and this host has v1");
        CpusetController.Write(controllers, resources.Cpu);
        CpuController.Write(controllers, resources.Cpu);
        MemoryController.Write(controllers, resources.Memory);
        PidsController.Write(controllers, resources.Pids);
        BlkioController.Write(controllers, resources.BlockIO);
        HugetlbController.Write(controllers, resources.HugepageLimits);
        NetworkControllers.Write(controllers, resources.Network);
        RdmaController.Write(controllers, resources.Rdma);
        if (includeDevices)
            DevicesController.Write(controllers, resources.Devices);
        return controllers.writes;
    }

    /// <summary>Adds a write, unless there is nothing to write.</summary>
    public void Add<T>(string controller, string file, T? value, string property, string? group = null) where T : struct
    {
        if (value is { } number)
            Add(controller, file, number.ToString()!, property, group);
    }

    /// <summary>Adds a write.</summary>
    /// <exception cref="RuntimeException">The controller isn't mounted.</exception>
    public void Add(string controller, string file, string value, string property, string? group = null) =>
        writes.Add(new CgroupWrite(Folder(controller, property).File(file), value, $"linux.resources.{property}") { Group = group });

    /// <summary>Adds a write to a file that only some kernels have.</summary>
    public void AddOptional(string controller, string file, string value, string property) =>
        writes.Add(new CgroupWrite(Folder(controller, property).File(file), value, $"linux.resources.{property}") { IsOptional = true });

    /// <summary>Adds a write to a file that has another name where another part of the kernel is in charge.</summary>
    public void AddEither(string controller, string file, string otherFile, string value, string property)
    {
        CgroupFolder folder = Folder(controller, property);
        string name = $"linux.resources.{property}";
        writes.Add(new CgroupWrite(folder.File(file), value, name, new CgroupWrite(folder.File(otherFile), value, name)));
    }

    /// <summary>The container's folder of this controller.</summary>
    public CgroupFolder Folder(string controller, string property) => Find(controller)
        ?? throw new RuntimeException(ErrorKind.Unsupported, $"linux.resources.{property}: the {controller} cgroup controller is not mounted on this host");

    /// <summary>The container's folder of this controller; null where it isn't mounted.</summary>
    public CgroupFolder? Find(string controller)
    {
        foreach (CgroupFolder folder in folders)
            if (folder.Hierarchy.Has(controller))
                return folder;
        return null;
    }
}
