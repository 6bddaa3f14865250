namespace Vessel.Core.Cgroups.Systemd;

/// <summary>
/// Device rules as <c>DevicePolicy=</c> and <c>DeviceAllow=</c>. systemd knows only what is allowed, and applies it anew whenever it is reloaded;
/// it stands beside the rules that we apply ourselves, and may not contradict them.
/// </summary>
/// <remarks>
/// On v2 both must allow: where systemd cannot say the rules exactly it says nothing (<c>auto</c>), and ours decide alone. On v1 there is one list
/// for both, and the last writer wins: what systemd cannot say is left out there, so that a reload can take a device away, and never gives one.
/// </remarks>
public sealed class DeviceProperties
{
    private readonly List<Entry> entries = [];
    private bool isExact = true;

    private DeviceProperties()
    {
    }

    /// <summary>The properties, for a new unit as for one that has rules already.</summary>
    /// <param name="rules">What the container may do.</param>
    /// <param name="cgroupVersion">1 or 2.</param>
    /// <param name="systemdVersion">systemd's.</param>
    /// <param name="kernelGroups">The text of <c>/proc/devices</c>, which names the groups that systemd before 240 knows devices by.</param>
    public static IReadOnlyList<UnitProperty> From(DeviceRules rules, int cgroupVersion, int systemdVersion, string kernelGroups = "")
    {
        UnitProperty clear = UnitProperty.Devices("DeviceAllow", []);
        if (rules is { AllowByDefault: true, Exceptions.Count: 0 })
            return [clear, UnitProperty.Text("DevicePolicy", "auto")];
        DeviceProperties list = new();
        foreach (DeviceRule rule in rules.Exceptions)
            list.Apply(rule);
        List<DeviceAllow> allowed = [];
        foreach (Entry entry in list.entries)
            if (systemdVersion >= SystemdVersion.DevicesByNumber ? entry.Node() is { } node : (node = entry.OldNode(kernelGroups)) is not null)
                allowed.Add(new DeviceAllow(node, entry.Access));
            else
                list.isExact = false;
        if (rules.AllowByDefault || !list.isExact)
        {
            if (cgroupVersion == 2)
                return [clear, UnitProperty.Text("DevicePolicy", "auto")];
            if (rules.AllowByDefault)
                return [clear, UnitProperty.Text("DevicePolicy", "strict")];
        }
        return [clear, UnitProperty.Text("DevicePolicy", "strict"), UnitProperty.Devices("DeviceAllow", allowed)];
    }

    private void Apply(DeviceRule rule)
    {
        if (rule.Allow)
            Allow(rule);
        else
            Deny(rule);
    }

    private void Allow(DeviceRule rule)
    {
        foreach (Entry entry in entries)
            if (entry.Type == rule.Type && entry.Major == rule.Major && entry.Minor == rule.Minor)
            {
                entry.Add(rule.Access);
                return;
            }
        entries.Add(new Entry(rule.Type, rule.Major, rule.Minor, rule.Access));
    }

    private void Deny(DeviceRule rule)
    {
        foreach (Entry entry in entries)
        {
            if (entry.Type != rule.Type || !entry.HasAnyOf(rule.Access) || !Overlap(entry.Major, rule.Major) || !Overlap(entry.Minor, rule.Minor))
                continue;
            // Less than the whole of a group: it cannot be said, and the group is left out.
            isExact &= Covers(rule.Major, entry.Major) && Covers(rule.Minor, entry.Minor);
            entry.Remove(rule.Access);
        }
        entries.RemoveAll(entry => entry.Access.Length == 0);
    }

    private static bool Overlap(long? one, long? other) => one is null || other is null || one == other;

    private static bool Covers(long? wide, long? narrow) => wide is null || wide == narrow;

    /// <summary>What is allowed with a device or a group of them.</summary>
    private sealed class Entry(char type, long? major, long? minor, string access)
    {
        public char Type { get; } = type;

        public long? Major { get; } = major;

        public long? Minor { get; } = minor;

        public string Access { get; private set; } = Ordered(access);

        private string Kind => Type == 'b' ? "block" : "char";

        public void Add(string letters) => Access = Ordered(Access + letters);

        public void Remove(string letters)
        {
            foreach (char letter in letters)
                Access = Access.Replace(letter.ToString(), "");
        }

        public bool HasAnyOf(string letters) => Access.AsSpan().IndexOfAny(letters) >= 0;

        /// <summary>As systemd takes it; null for a minor number of all majors, which it has no word for.</summary>
        public string? Node() => (Major, Minor) switch
        {
            (null, null) => $"{Kind}-*",
            (null, _) => null,
            (_, null) => $"{Kind}-{Major}",
            _ => $"/dev/{Kind}/{Major}:{Minor}",
        };

        /// <summary>As systemd before 240 takes it: groups by name only, and nodes only where they are.</summary>
        public string? OldNode(string kernelGroups) => (Major, Minor) switch
        {
            (not null, null) => GroupName(kernelGroups),
            (not null, not null) when !File.Exists(Node()) => null,
            _ => Node(),
        };

        private string? GroupName(string kernelGroups)
        {
            string heading = Type == 'b' ? "Block devices:" : "Character devices:";
            bool isMine = false;
            foreach (ReadOnlySpan<char> line in kernelGroups.AsSpan().EnumerateLines())
            {
                ReadOnlySpan<char> text = line.Trim();
                int space = text.IndexOf(' ');
                if (text.EndsWith(":"))
                    isMine = text.SequenceEqual(heading);
                else if (isMine && space > 0 && long.TryParse(text[..space], out long number) && number == Major)
                    return $"{Kind}-{text[(space + 1)..]}";
            }
            return null;
        }

        // In the order in which systemd shows them.
        private static string Ordered(string letters) =>
            (letters.Contains('r') ? "r" : "") + (letters.Contains('w') ? "w" : "") + (letters.Contains('m') ? "m" : "");
    }
}
