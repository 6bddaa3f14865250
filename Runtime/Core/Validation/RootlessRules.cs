using Vessel.Core.Containers;
using Vessel.Core.Errors;
using Vessel.Core.Namespaces;
using Vessel.Core.Rootfs;
using Vessel.Oci.Runtime;

namespace Vessel.Core.Validation;

/// <summary>What a document may not ask for where the caller is no root: told before anything is made, with what to do about it.</summary>
public static class RootlessRules
{
    /// <summary>Checks a document that is valid otherwise.</summary>
    /// <exception cref="RuntimeException">With all that is wrong; <see cref="ErrorKind.PermissionDenied"/>.</exception>
    public static void Check(Spec spec, Caller caller)
    {
        if (!caller.IsOrdinary)
            return;
        SpecLinux linux = spec.Linux ?? new SpecLinux();
        if (!linux.Namespaces.Any(n => n.Type == "user"))
            throw new RuntimeException(ErrorKind.PermissionDenied,
                $"linux.namespaces: lacks \"user\", and {caller.Name} is not root: an ordinary user is root only in a user namespace of its own (`vrun spec --rootless` writes a config.json with one)");
        List<string> errors = [];
        if (spec.Process?.User.AdditionalGids.Count > 0 && IdMapper.IsOnly(linux.GidMappings, caller.Gid))
            errors.Add($"process.user.additionalGids: cannot be set where linux.gidMappings holds the own group only: the kernel then denies setgroups. As root, `usermod --add-subgids 100000-165535 {caller.Name}` gives more groups to map");
        for (int i = 0; i < spec.Mounts.Count; i++)
            if (spec.Mounts[i].UidMappings.Count > 0 || MountOptions.Parse(spec.Mounts[i].Options).IsIdMapped)
                errors.Add($"mounts[{i}]: only root may map the owners of a mount's files");
        if (errors.Count > 0)
            throw new RuntimeException(ErrorKind.PermissionDenied, string.Join("; ", errors));
    }
}
