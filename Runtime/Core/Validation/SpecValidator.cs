using Vessel.Core.Errors;
using Vessel.Core.Namespaces;
using Vessel.Core.Rootfs;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Validation;

/// <summary>What a document that is well-formed can still have wrong: properties that contradict each other, or that this runtime does not support. No side effects.</summary>
public sealed class SpecValidator
{
    private readonly List<string> errors = [];
    private readonly Spec spec;
    private readonly HashSet<NamespaceKind> namespaces = [];
    private readonly HashSet<NamespaceKind> newNamespaces = [];

    private SpecValidator(Spec spec) => this.spec = spec;

    /// <summary>Checks the whole document.</summary>
    /// <exception cref="RuntimeException">With all that is wrong, each with its path; <see cref="ErrorKind.InvalidSpec"/>.</exception>
    public static void Check(Spec spec)
    {
        SpecValidator validator = new(spec);
        validator.CheckNamespaces();
        validator.CheckPlatform();
        validator.CheckRoot();
        if (spec.Process is { } process)
            validator.CheckProcess(process);
        else
            validator.errors.Add("process: missing");
        validator.CheckMounts();
        validator.CheckIdMappings();
        validator.CheckHostname();
        validator.CheckSysctls();
        validator.CheckUnsupported();
        Throw(validator.errors);
    }

    /// <summary>Checks a process document of <c>exec</c>.</summary>
    public static void CheckProcessOnly(SpecProcess process)
    {
        SpecValidator validator = new(new Spec { OciVersion = "1.0.0" });
        validator.CheckProcess(process);
        Throw(validator.errors);
    }

    private static void Throw(List<string> errors)
    {
        if (errors.Count > 0)
            throw new RuntimeException(ErrorKind.InvalidSpec, string.Join("; ", errors));
    }

    private void CheckNamespaces()
    {
        IReadOnlyList<LinuxNamespace> list = spec.Linux?.Namespaces ?? [];
        for (int i = 0; i < list.Count; i++)
        {
            NamespaceKind kind = NamespaceKinds.Parse(list[i].Type);
            if (!namespaces.Add(kind))
                errors.Add($"linux.namespaces[{i}]: {list[i].Type} is there twice");
            if (string.IsNullOrEmpty(list[i].Path))
                newNamespaces.Add(kind);
            else if (!list[i].Path!.StartsWith('/'))
                errors.Add($"linux.namespaces[{i}].path: \"{list[i].Path}\" is not absolute");
        }
        if (spec.Linux is { TimeOffsets.Count: > 0 } linux)
        {
            if (!newNamespaces.Contains(NamespaceKind.Time))
                errors.Add("linux.timeOffsets: need a new time namespace");
            foreach (string clock in linux.TimeOffsets.Keys)
                if (clock is not ("monotonic" or "boottime"))
                    errors.Add($"linux.timeOffsets[\"{clock}\"]: is not a clock (monotonic, boottime)");
        }
    }

    private void CheckPlatform()
    {
        foreach ((string name, string? value) in (ReadOnlySpan<(string, string?)>)
            [("solaris", spec.Solaris), ("windows", spec.Windows), ("vm", spec.Vm), ("zos", spec.Zos), ("freebsd", spec.Freebsd)])
            if (value is not null)
                errors.Add($"{name}: is for another platform than Linux");
    }

    private void CheckRoot()
    {
        if (spec.Root is null)
            errors.Add("root: missing");
        bool mounts = namespaces.Contains(NamespaceKind.Mount);
        if (mounts || spec.Linux is not { } linux)
            return;
        if (linux.MaskedPaths.Count > 0)
            errors.Add("linux.maskedPaths: need a mount namespace");
        if (linux.ReadonlyPaths.Count > 0)
            errors.Add("linux.readonlyPaths: need a mount namespace");
        if (spec.Mounts.Count > 0)
            errors.Add("mounts: need a mount namespace");
        if (spec.Root?.Readonly == true)
            errors.Add("root.readonly: needs a mount namespace");
        if (!string.IsNullOrEmpty(linux.RootfsPropagation))
            errors.Add("linux.rootfsPropagation: needs a mount namespace");
    }

    private void CheckProcess(SpecProcess process)
    {
        if (process.Args.Count == 0)
            errors.Add("process.args: missing");
        else if (process.Args[0].Length == 0)
            errors.Add("process.args[0]: is empty");
        for (int i = 0; i < process.Env.Count; i++)
            if (process.Env[i].IndexOf('=') is var equals and < 1)
                errors.Add($"process.env[{i}]: \"{process.Env[i]}\" {(equals == 0 ? "has no name before the `=`" : "has no `=`")}: it must be NAME=value");
        if (!process.Cwd.StartsWith('/'))
            errors.Add($"process.cwd: {process.Cwd} is not an absolute path");
        if (!string.IsNullOrEmpty(process.User.Username))
            errors.Add("process.user.username: is for another platform than Linux");
        if (process.CommandLine is not null)
            errors.Add("process.commandLine: is for another platform than Linux");
        for (int i = 0; i < process.Rlimits.Count; i++)
            if (process.Rlimits[i].Soft > process.Rlimits[i].Hard)
                errors.Add($"process.rlimits[{i}]: soft {process.Rlimits[i].Soft} is above hard {process.Rlimits[i].Hard}");
        if (process.OomScoreAdj is < -1000 or > 1000)
            errors.Add($"process.oomScoreAdj: {process.OomScoreAdj} is not from -1000 to 1000");
        if (process.User.Uid == uint.MaxValue)
            errors.Add($"process.user.uid: {process.User.Uid} is no user's");
        if (process.User.Gid == uint.MaxValue)
            errors.Add($"process.user.gid: {process.User.Gid} is no group's");
        foreach (uint group in process.User.AdditionalGids)
            if (group == uint.MaxValue)
                errors.Add($"process.user.additionalGids: {group} is no group's");
        if (process.IOPriority is { Priority: < 0 or > 7 } io)
            errors.Add($"process.ioPriority.priority: {io.Priority} is not from 0 to 7");
        if (!string.IsNullOrEmpty(process.ApparmorProfile) && !Security.Labels.HasApparmor)
            errors.Add("process.apparmorProfile: AppArmor is not enabled on this host");
        if (!string.IsNullOrEmpty(process.SelinuxLabel) && !Security.Labels.HasSelinux)
            errors.Add("process.selinuxLabel: SELinux is not enabled on this host");
        if (process.ConsoleSize is { } size && (size.Height > ushort.MaxValue || size.Width > ushort.MaxValue))
            errors.Add($"process.consoleSize: {size.Height} × {size.Width} is above {ushort.MaxValue}");
    }

    private void CheckMounts()
    {
        for (int i = 0; i < spec.Mounts.Count; i++)
        {
            SpecMount mount = spec.Mounts[i];
            MountOptions options = MountOptions.Parse(mount.Options);
            bool mapped = mount.UidMappings.Count > 0 || mount.GidMappings.Count > 0;
            if (options.IsBind || mount.Type == "bind")
                foreach (string unknown in options.Data)
                    errors.Add($"mounts[{i}].options: \"{unknown}\" is not an option of a bind mount");
            if (options.IsBind && string.IsNullOrEmpty(mount.Source))
                errors.Add($"mounts[{i}].source: missing, and a bind mount needs one");
            if (options.CopyUp && mount.Type != "tmpfs")
                errors.Add($"mounts[{i}].options: tmpcopyup is for tmpfs, not {mount.Type}");
            if ((mapped || options.IsIdMapped) && !options.IsBind)
                errors.Add($"mounts[{i}]: only a bind mount can have mappings of its own");
            if (mapped != (mount.UidMappings.Count > 0 && mount.GidMappings.Count > 0))
                errors.Add($"mounts[{i}]: uidMappings and gidMappings come together");
            if (options.IsIdMapped && !mapped && !namespaces.Contains(NamespaceKind.User))
                errors.Add($"mounts[{i}].options: idmap needs mappings, here or in linux");
        }
    }

    private void CheckIdMappings()
    {
        bool any = spec.Linux is { } linux && (linux.UidMappings.Count > 0 || linux.GidMappings.Count > 0);
        if (any && !namespaces.Contains(NamespaceKind.User))
            errors.Add("linux.uidMappings: need a user namespace");
        if (!newNamespaces.Contains(NamespaceKind.User))
            return;
        if (spec.Linux!.UidMappings.Count == 0)
            errors.Add("linux.uidMappings: missing, and there is a new user namespace");
        if (spec.Linux.GidMappings.Count == 0)
            errors.Add("linux.gidMappings: missing, and there is a new user namespace");
        if (spec.Linux.UidMappings.Count > 0 && spec.Linux.GidMappings.Count > 0)
            CheckMapped(spec.Linux.UidMappings, spec.Linux.GidMappings);
    }

    // Whom the mappings do not hold, the kernel does not know inside.
    private void CheckMapped(IReadOnlyList<LinuxIdMapping> uids, IReadOnlyList<LinuxIdMapping> gids)
    {
        void Check(IReadOnlyList<LinuxIdMapping> mappings, string list, uint id, string property)
        {
            if (!mappings.Any(m => id >= m.ContainerID && id - m.ContainerID < m.Size))
                errors.Add($"{property}: {id} is not mapped ({list})");
        }

        Check(uids, "linux.uidMappings", 0, "linux.uidMappings: the namespace's root");
        Check(gids, "linux.gidMappings", 0, "linux.gidMappings: the namespace's root");
        if (spec.Process?.User is { } user)
        {
            Check(uids, "linux.uidMappings", user.Uid, "process.user.uid");
            Check(gids, "linux.gidMappings", user.Gid, "process.user.gid");
            foreach (uint group in user.AdditionalGids)
                Check(gids, "linux.gidMappings", group, "process.user.additionalGids");
        }
        for (int i = 0; i < spec.Mounts.Count; i++)
        {
            if (MountOptions.Parse(spec.Mounts[i].Options).IsBind || spec.Mounts[i].Type is not ("devpts" or "tmpfs" or "mqueue" or "proc"))
                continue;
            foreach (string option in spec.Mounts[i].Options)
                if (option.StartsWith("gid=", StringComparison.Ordinal) && uint.TryParse(option[4..], out uint gid))
                    Check(gids, "linux.gidMappings", gid, $"mounts[{i}].options: gid={gid}");
                else if (option.StartsWith("uid=", StringComparison.Ordinal) && uint.TryParse(option[4..], out uint uid))
                    Check(uids, "linux.uidMappings", uid, $"mounts[{i}].options: uid={uid}");
        }
    }

    private void CheckHostname()
    {
        if (!string.IsNullOrEmpty(spec.Hostname) && !namespaces.Contains(NamespaceKind.Uts))
            errors.Add("hostname: needs a uts namespace");
        if (!string.IsNullOrEmpty(spec.Domainname) && !namespaces.Contains(NamespaceKind.Uts))
            errors.Add("domainname: needs a uts namespace");
    }

    private void CheckSysctls()
    {
        foreach ((string key, string value) in spec.Linux?.Sysctl ?? new Dictionary<string, string>())
            if (Sysctls.Refusal(key, value, Owns(NamespaceKind.Ipc), Owns(NamespaceKind.Network), Owns(NamespaceKind.Uts)) is { } refusal)
                errors.Add($"linux.sysctl[\"{key}\"]: {refusal}");
            else if (!string.IsNullOrEmpty(spec.Domainname) && Sysctls.PathOf(key) == "kernel/domainname")
                errors.Add($"linux.sysctl[\"{key}\"]: the property domainname sets it as well; use one of the two");
    }

    private bool Owns(NamespaceKind kind) => namespaces.Contains(kind);

    private void CheckUnsupported()
    {
        if (spec.Linux is not { } linux)
            return;
        if (linux.IntelRdt is not null)
            errors.Add("linux.intelRdt: is not supported");
        if (linux.NetDevices.Count > 0)
            errors.Add("linux.netDevices: is not supported");
        if (!string.IsNullOrEmpty(linux.MountLabel) && !Security.Labels.HasSelinux)
            errors.Add("linux.mountLabel: SELinux is not enabled on this host");
        if (linux.Personality is { Flags.Count: > 0 })
            errors.Add("linux.personality.flags: are not supported");
    }
}
