using Vessel.Oci.Runtime;

namespace Vessel.Core.Cgroups;

/// <summary>One device rule: a kind (<c>c</c>, <c>b</c>), numbers or null for all, and letters of <c>rwm</c>.</summary>
public sealed record DeviceRule(bool Allow, char Type, long? Major, long? Minor, string Access)
{
    /// <summary>As <c>devices.allow</c> of cgroup v1 takes it: <c>c 1:3 rwm</c>.</summary>
    public override string ToString() => $"{Type} {Major?.ToString() ?? "*"}:{Minor?.ToString() ?? "*"} {Access}";
}

/// <summary>What a container may do with devices: a default, and exceptions in order.</summary>
/// <remarks>Nothing said means nothing allowed but the devices that every container has: an empty list is no list of what is forbidden
/// (runc GHSA-g54h-m393-cpwq).</remarks>
public sealed record DeviceRules(bool AllowByDefault, IReadOnlyList<DeviceRule> Exceptions)
{
    /// <summary>The devices of every container, and the right to make nodes, which without the device's own right are useless.</summary>
    private static readonly DeviceRule[] Always =
    [
        new(true, 'c', null, null, "m"), new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3, "rwm"), new(true, 'c', 1, 5, "rwm"), new(true, 'c', 1, 7, "rwm"), new(true, 'c', 1, 8, "rwm"), new(true, 'c', 1, 9, "rwm"),
        new(true, 'c', 5, 0, "rwm"), new(true, 'c', 5, 1, "rwm"), new(true, 'c', 5, 2, "rwm"), new(true, 'c', 136, null, "rwm"),
        // The tunnel: runc took it away in 1.2 and gave it back, as VPN programs in containers had broken.
        new(true, 'c', 10, 200, "rwm"),
    ];

    /// <summary>Reads <c>linux.resources.devices</c>: a rule for all devices (<c>a</c>) sets the default and forgets what came before.</summary>
    public static DeviceRules From(IReadOnlyList<LinuxDeviceCgroup> rules)
    {
        bool allowByDefault = false;
        List<DeviceRule> exceptions = [];
        foreach (LinuxDeviceCgroup rule in rules)
        {
            string access = string.IsNullOrEmpty(rule.Access) ? "rwm" : rule.Access;
            if (rule.Type is "a" or "")
            {
                allowByDefault = rule.Allow;
                exceptions.Clear();
            }
            else
            {
                exceptions.Add(new DeviceRule(rule.Allow, rule.Type[0], Number(rule.Major), Number(rule.Minor), access));
            }
        }
        if (!allowByDefault)
            exceptions.AddRange(Always);
        return new DeviceRules(allowByDefault, exceptions);
    }

    // -1 is "all" in documents of older writers.
    private static long? Number(long? number) => number is null or < 0 ? null : number;
}
