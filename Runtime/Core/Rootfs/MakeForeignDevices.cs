using Vessel.Core.Plan;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;
using static Vessel.Native.Raw.Mount;
using static Vessel.Native.Raw.Open;

namespace Vessel.Core.Rootfs;

/// <summary>Makes the devices of <c>linux.devices</c> in a user namespace, where mknod(2) is refused: the parent,
/// outside, makes the nodes in a tmpfs of its own, and the child binds each to its place. The tmpfs is attached in the
/// child's mount namespace only, and only meanwhile.</summary>
/// <param name="Devices">The devices.</param>
public sealed record MakeForeignDevices(IReadOnlyList<MakeDevice> Devices) : PlanStep
{
    /// <inheritdoc/>
    public override string Describe() => $"make devices {string.Join(' ', Devices.Select(device => $"{device.Folder.Path}/{device.Name}"))}";

    /// <inheritdoc/>
    public override string Explain() => string.Join(", ", Devices.Select(device => (device with { BindAlways = false }).Explain())) + ", outside of the user namespace";

    /// <inheritdoc/>
    public override void Emit(InitProgram program)
    {
        ChildProgram child = program.Child;
        Label refused = child.NewLabel(), done = child.NewLabel();
        Slot nodes = child.Load(program.AskForDescriptors(InitMessage.MakeDevices, 0, [], 1));
        child.BranchIfEqual(nodes, 0, refused);
        // A mount can be cloned only where it is attached.
        MountEmitter.Attach(program, nodes, program.OpenFolder(Devices[0].Folder));
        List<Slot> trees = [];
        for (int i = 0; i < Devices.Count; i++)
        {
            Slot node = child.CallInto(SYS.openat, nodes, child.Text(NameOf(i)), O_PATH | O_NOFOLLOW | O_CLOEXEC);
            trees.Add(MountEmitter.CloneTree(program, node, child.Text(""), recursive: false));
            child.Call(SYS.close, node);
        }
        child.Call(SYS.umount2, MountEmitter.PathOf(program, nodes), MNT_DETACH);
        child.Call(SYS.close, nodes);
        for (int i = 0; i < Devices.Count; i++)
        {
            MountEmitter.SetAttributes(program, trees[i], program.Features.MountSetAttr ? MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC : 0, 0);
            Devices[i].Attach(program, trees[i]);
        }
        child.Set(Slot.None, 0).Then(done);
        child.Mark(refused);
        foreach (MakeDevice device in Devices)
            device.Emit(program);
        child.Mark(done);
        child.Set(Slot.None, 0);
    }

    /// <summary>The parent's part: a tmpfs with the nodes, each named by its place in the list; null where this caller
    /// may make none, as in a container.</summary>
    /// <param name="mappings">The mappings of the user namespace: owners are the container's.</param>
    public FileDescriptor? Make(SpecLinux mappings)
    {
        if (Mounts.TryNewTmpfs(out FileDescriptor? folder) < 0)
            return null;
        for (int i = 0; i < Devices.Count; i++)
        {
            MakeDevice device = Devices[i];
            if (Files.TryMakeNode(folder, NameOf(i), device.Mode, MakeDevice.DeviceNumber(device.Major, device.Minor)) < 0)
            {
                folder!.Dispose();
                return null;
            }
            // Our caller's umask is not the container's.
            Check.Ok(Files.TryChangeMode(folder, NameOf(i), device.Mode & 0xfff), "change mode of", device.Name);
            Check.Ok(Files.TryChangeOwner(folder, NameOf(i), Outside(device.Uid, mappings.UidMappings), Outside(device.Gid, mappings.GidMappings)), "change owner of", device.Name);
        }
        return folder;
    }

    private static uint Outside(uint id, IReadOnlyList<LinuxIdMapping> mappings)
    {
        foreach (LinuxIdMapping mapping in mappings)
            if (id >= mapping.ContainerID && id - mapping.ContainerID < mapping.Size)
                return mapping.HostID + (id - mapping.ContainerID);
        return id;
    }

    private static string NameOf(int index) => $"{index}";
}
