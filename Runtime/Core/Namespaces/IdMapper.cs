using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Process;
using Vessel.Native.Child;
using Vessel.Native.Raw;
using Vessel.Native.Safe;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Namespaces;

/// <summary>Writes the mappings of user namespaces (man 7 user_namespaces).</summary>
public static class IdMapper
{
    /// <summary>Maps the users and groups of the process's new user namespace: ourselves, or by newuidmap and newgidmap where it takes more than the caller has.</summary>
    /// <exception cref="RuntimeException">The caller may not have these users; the message says what gives them.</exception>
    public static void Write(int pid, SpecLinux linux, Caller caller, KernelFeatures features)
    {
        if (!caller.IsOrdinary)
        {
            Write(pid, linux.UidMappings, linux.GidMappings);
            return;
        }
        if (IsOnly(linux.UidMappings, caller.Uid))
            Check.Ok(Files.TryWriteText(null, $"/proc/{pid}/uid_map", MapIds.MapText(linux.UidMappings)), "write", $"/proc/{pid}/uid_map");
        else
            SubordinateIds.Users.Map(pid, linux.UidMappings, caller, features);
        if (!IsOnly(linux.GidMappings, caller.Gid))
        {
            SubordinateIds.Groups.Map(pid, linux.GidMappings, caller, features);
            return;
        }
        // Linux 3.19: an ordinary user may map a group only where setgroups is given up.
        Check.Ok(Files.TryWriteText(null, $"/proc/{pid}/setgroups", "deny"), "deny setgroups of", $"process {pid}");
        Check.Ok(Files.TryWriteText(null, $"/proc/{pid}/gid_map", MapIds.MapText(linux.GidMappings)), "write", $"/proc/{pid}/gid_map");
    }

    /// <summary>Whether a mapping is of one id, the caller's own: the kernel takes that from anybody.</summary>
    public static bool IsOnly(IReadOnlyList<LinuxIdMapping> mappings, uint id) => mappings.Count == 1 && mappings[0].HostID == id && mappings[0].Size == 1;

    /// <summary>The host's user and group that are root in the container; null where that is our own root.</summary>
    public static (uint Uid, uint Gid)? RootOf(SpecLinux? linux)
    {
        if (linux is null || linux.UidMappings.Count == 0)
            return null;
        return (HostId(linux.UidMappings), HostId(linux.GidMappings));
    }

    /// <summary>The host's user that is <paramref name="uid"/> in the container; null where only the namespace that is joined knows, or nobody is.</summary>
    public static uint? HostUserOf(SpecLinux linux, uint uid) =>
        HasUserNamespace(linux) ? HostIdOf(linux.UidMappings, uid) : uid;

    /// <summary>Whether the container has a user namespace, new or joined.</summary>
    public static bool HasUserNamespace(SpecLinux linux) => linux.Namespaces.Any(n => n.Type == NamespaceKind.User.NameOf());

    /// <summary>The host's user that is <paramref name="uid"/> in the user namespace of a process; null where nobody is.</summary>
    public static uint? HostUserOf(int pid, uint uid)
    {
        foreach (string line in (Files.TryReadText(null, $"/proc/{pid}/uid_map") ?? "").Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var inside, var outside, var count]
                && HostIdOf([new LinuxIdMapping(uint.Parse(inside), uint.Parse(outside), uint.Parse(count))], uid) is { } host)
                return host;
        return null;
    }

    /// <summary>A user namespace that holds only a mapping, for idmapped mounts.</summary>
    public static FileDescriptor OpenNamespace(IReadOnlyList<LinuxIdMapping> uids, IReadOnlyList<LinuxIdMapping> gids, KernelFeatures features)
    {
        // Its member waits at the end of a pipe that nobody writes to, until it is killed.
        (FileDescriptor ours, FileDescriptor theirs) = UnixSockets.Pair();
        using (ours)
        using (theirs)
        {
            using FileDescriptor image = Image(theirs.Number);
            ChildProgram child = BootProgram.Into(image, features, [theirs.Number], 0);
            using ProcessHandle process = Spawner.Start(child, Clone.CLONE_NEWUSER, features);
            try
            {
                Write(process.Id, uids, gids);
                return Files.Open(null, $"/proc/{process.Id}/ns/user", Native.Raw.Open.O_RDONLY);
            }
            finally
            {
                process.TryKill(Signal.SIGKILL);
                process.Wait();
            }
        }
    }

    /// <summary>A bind mount with a mapping, attached nowhere yet. The right to map a filesystem is its owner's, so the container's own user namespace
    /// cannot do this: we do it before.</summary>
    public static FileDescriptor OpenTree(string source, bool recursive, bool mapsRecursively, FileDescriptor mapping) =>
        Files.OpenMappedTree(source, recursive, mapsRecursively, mapping);

    private static FileDescriptor Image(int descriptor)
    {
        ChildProgram waiter = BootProgram.New();
        waiter.Call(SYS.read, descriptor, waiter.Reserve(8), 8);
        waiter.Jump(waiter.Failure!.Value);
        return ProgramImage.ToExecutable(waiter);
    }

    private static void Write(int pid, IReadOnlyList<LinuxIdMapping> uids, IReadOnlyList<LinuxIdMapping> gids)
    {
        Check.Ok(Files.TryWriteText(null, $"/proc/{pid}/uid_map", MapIds.MapText(uids)), "write", $"/proc/{pid}/uid_map");
        Check.Ok(Files.TryWriteText(null, $"/proc/{pid}/gid_map", MapIds.MapText(gids)), "write", $"/proc/{pid}/gid_map");
    }

    private static uint HostId(IReadOnlyList<LinuxIdMapping> mappings) => HostIdOf(mappings, 0) ?? 0;

    private static uint? HostIdOf(IReadOnlyList<LinuxIdMapping> mappings, uint id)
    {
        foreach (LinuxIdMapping mapping in mappings)
            if (id >= mapping.ContainerID && id - mapping.ContainerID < mapping.Size)
                return mapping.HostID + (id - mapping.ContainerID);
        return null;
    }
}
