using Vessel.Core.Errors;

namespace Vessel.Core.Cgroups.Systemd;

/// <summary>The scope of a container (man 5 systemd.scope), and the slice that it lies in.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="UnitName">The unit's name: <c>docker-3f….scope</c>.</param>
public sealed record ScopeName(SliceName Slice, string UnitName)
{
    private const string Property = "linux.cgroupsPath";
    private const string Form = "slice:prefix:name";
    private const string DefaultPrefix = "vrun";

    /// <summary>
    /// Its cgroup, below the manager's own: <c>/system.slice/docker-3f….scope</c>. Known before the unit is; a running one's is asked with
    /// <see cref="SystemdManager.ControlGroupOf"/>.
    /// </summary>
    public string Path => $"{Slice.Path}/{UnitNames.CgroupOf(UnitName)}";

    /// <summary>Reads <c>linux.cgroupsPath</c> in the form that engines write for runc with systemd: <c>system.slice:docker:3f…</c>.</summary>
    /// <param name="text">The text of config.json; null or empty for the default.</param>
    /// <param name="id">The container's id, which is the default's name.</param>
    /// <param name="user">Whether a user's manager makes the scope: its default slice is another.</param>
    /// <exception cref="RuntimeException">It has another form, or names that systemd would refuse.</exception>
    public static ScopeName Parse(string? text, string id, bool user)
    {
        string defaultSlice = user ? "user.slice" : "system.slice";
        if (string.IsNullOrEmpty(text))
            return new ScopeName(SliceName.Parse(defaultSlice, Property), UnitNames.Checked($"{DefaultPrefix}-{id}.scope", $"the scope of container `{id}`"));
        string[] parts = text.Split(':');
        if (parts.Length != 3)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"{Property}: with systemd it has the form `{Form}`, three parts between two colons, and this has {parts.Length}");
        string name = parts[2];
        if (name.Length == 0)
            throw new RuntimeException(ErrorKind.InvalidSpec, $"{Property}: of `{Form}`, the name is empty");
        if (name.EndsWith(".slice", StringComparison.Ordinal))
            // runc makes a slice of it, in which systemd lets no process be.
            throw new RuntimeException(ErrorKind.Unsupported, $"{Property}: of `{Form}`, the name ends in `.slice`: a container is a scope; its slice is the first part");
        string unit = parts[1].Length == 0 ? $"{name}.scope" : $"{parts[1]}-{name}.scope";
        return new ScopeName(SliceName.Parse(parts[0].Length == 0 ? defaultSlice : parts[0], Property), UnitNames.Checked(unit, Property));
    }

    /// <inheritdoc/>
    public override string ToString() => UnitName;
}
