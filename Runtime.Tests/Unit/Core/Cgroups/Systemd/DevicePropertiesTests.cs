using NUnit.Framework;
using Vessel.Core.Cgroups;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Oci.Runtime;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>Device rules as systemd's list of what is allowed: exactly, or on v2 not at all, or on v1 less.</summary>
public sealed class DevicePropertiesTests
{
    private const string KernelGroups = "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n  8 sd\n136 other\n";

    private const string Nodes = "/dev/char/1:3 rwm, /dev/char/1:5 rwm, /dev/char/1:7 rwm, /dev/char/1:8 rwm, /dev/char/1:9 rwm, /dev/char/5:0 rwm, /dev/char/5:1 rwm, /dev/char/5:2 rwm";
    private const string Always = "char-* m, block-* m, " + Nodes + ", char-136 rwm, /dev/char/10:200 rwm";

    private static string Properties(int cgroupVersion, params LinuxDeviceCgroup[] rules) =>
        string.Join(" | ", DeviceProperties.From(DeviceRules.From(rules), cgroupVersion, 252));

    private static LinuxDeviceCgroup Rule(bool allow, string type, long? major, long? minor, string access) => new() { Allow = allow, Type = type, Major = major, Minor = minor, Access = access };

    [Test]
    public void Nothing_IsTheUsualDevices() => Assert.That(Properties(2), Is.EqualTo("DeviceAllow= | DevicePolicy=strict | DeviceAllow=" + Always));

    [Test]
    public void Everything_IsNoPolicy() => Assert.That(Properties(2, Rule(true, "a", null, null, "rwm")), Is.EqualTo("DeviceAllow= | DevicePolicy=auto"));

    [Test]
    public void Allowed_GroupsAndNodes() => Assert.That(
        Properties(2, Rule(false, "a", null, null, "rwm"), Rule(true, "b", 8, 0, "r"), Rule(true, "b", 8, 0, "wr"), Rule(true, "c", 10, null, "rw"), Rule(true, "b", null, null, "r")),
        Is.EqualTo("DeviceAllow= | DevicePolicy=strict | DeviceAllow=/dev/block/8:0 rw, char-10 rw, block-* rm, char-* m, " + Nodes + ", char-136 rwm, /dev/char/10:200 rwm"));

    [Test]
    public void Denied_TakesAway() => Assert.That(
        Properties(2, Rule(true, "b", 8, 0, "rw"), Rule(true, "b", 8, 1, "rw"), Rule(true, "c", 10, 1, "r"), Rule(false, "b", 8, null, "w"), Rule(false, "c", 10, 1, "rwm")),
        Is.EqualTo("DeviceAllow= | DevicePolicy=strict | DeviceAllow=/dev/block/8:0 r, /dev/block/8:1 r, " + Always));

    [Test]
    public void Denied_OfNothingAllowed_SaysNothing() =>
        Assert.That(Properties(2, Rule(false, "c", 10, 200, "rwm")), Is.EqualTo(Properties(2)));

    [TestCase(2, "DeviceAllow= | DevicePolicy=auto")]
    [TestCase(1, "DeviceAllow= | DevicePolicy=strict | DeviceAllow=" + Always)]
    public void Denied_PartOfAGroup_CannotBeSaid(int cgroupVersion, string expected) =>
        Assert.That(Properties(cgroupVersion, Rule(true, "b", 8, null, "rw"), Rule(false, "b", 8, 0, "rw")), Is.EqualTo(expected));

    [TestCase(2, "DeviceAllow= | DevicePolicy=auto")]
    [TestCase(1, "DeviceAllow= | DevicePolicy=strict | DeviceAllow=" + Always)]
    public void MinorOfAllMajors_CannotBeSaid(int cgroupVersion, string expected) =>
        Assert.That(Properties(cgroupVersion, Rule(true, "c", null, 7, "rw")), Is.EqualTo(expected));

    [TestCase(2, "DeviceAllow= | DevicePolicy=auto")]
    [TestCase(1, "DeviceAllow= | DevicePolicy=strict")]
    public void AllButSome_CannotBeSaid(int cgroupVersion, string expected) =>
        Assert.That(Properties(cgroupVersion, Rule(true, "a", null, null, "rwm"), Rule(false, "c", 10, 200, "rwm")), Is.EqualTo(expected));

    [Test]
    public void OldSystemd_KnowsGroupsByName_AndNodesThatAreThere()
    {
        DeviceRules rules = new(false, [new(true, 'c', 136, null, "rwm"), new(true, 'b', 8, null, "r"), new(true, 'c', 1, 3, "rw"), new(true, 'c', 77, 77, "r"), new(true, 'c', 99, null, "r"), new(true, 'c', null, null, "m")]);
        Assert.That(string.Join(" | ", DeviceProperties.From(rules, 1, 239, KernelGroups)),
            Does.StartWith("DeviceAllow= | DevicePolicy=strict | DeviceAllow=char-pts rwm, block-sd r").And.EndsWith("char-* m").And.Not.Contains("77").And.Not.Contains("99"));
    }
}
