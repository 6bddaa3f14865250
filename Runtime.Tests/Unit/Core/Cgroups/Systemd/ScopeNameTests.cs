using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary><c>linux.cgroupsPath</c> with systemd: which unit in which slice, and which cgroup that is.</summary>
public sealed class ScopeNameTests
{
    [TestCase(null, false, "system.slice", "vrun-web1.scope", "/system.slice/vrun-web1.scope")]
    [TestCase("", true, "user.slice", "vrun-web1.scope", "/user.slice/vrun-web1.scope")]
    [TestCase("system.slice:docker:3f", false, "system.slice", "docker-3f.scope", "/system.slice/docker-3f.scope")]
    [TestCase(":docker:3f", false, "system.slice", "docker-3f.scope", "/system.slice/docker-3f.scope")]
    [TestCase(":docker:3f", true, "user.slice", "docker-3f.scope", "/user.slice/docker-3f.scope")]
    [TestCase("machine.slice::3f", false, "machine.slice", "3f.scope", "/machine.slice/3f.scope")]
    [TestCase("-.slice:a:b", false, "-.slice", "a-b.scope", "/a-b.scope")]
    [TestCase("kubepods-burstable-pod1_2.slice:cri:x", false, "kubepods-burstable-pod1_2.slice", "cri-x.scope",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-x.scope")]
    [TestCase("a.slice:p-q:x--y", false, "a.slice", "p-q-x--y.scope", "/a.slice/p-q-x--y.scope")]
    [TestCase("a.slice::cgroup.x", false, "a.slice", "cgroup.x.scope", "/a.slice/_cgroup.x.scope")]
    [TestCase("_a-b.slice::.x", false, "_a-b.slice", ".x.scope", "/__a.slice/__a-b.slice/_.x.scope")]
    public void Names(string? text, bool user, string slice, string unit, string path)
    {
        ScopeName name = ScopeName.Parse(text, "web1", user);
        Assert.That((name.Slice.Value, name.UnitName, name.Path), Is.EqualTo((slice, unit, path)));
    }

    [TestCase("/docker/3f", "with systemd it has the form `slice:prefix:name`, three parts between two colons, and this has 1")]
    [TestCase("a.slice:x", "with systemd it has the form `slice:prefix:name`, three parts between two colons, and this has 2")]
    [TestCase("a.slice:x:y:z", "with systemd it has the form `slice:prefix:name`, three parts between two colons, and this has 4")]
    [TestCase("a.slice:x:", "of `slice:prefix:name`, the name is empty")]
    [TestCase("a.slice:x:y.slice", "of `slice:prefix:name`, the name ends in `.slice`: a container is a scope; its slice is the first part")]
    [TestCase("a:x:y", "the slice `a` does not end in `.slice`")]
    [TestCase("a.slice.d:x:y", "the slice `a.slice.d` does not end in `.slice`")]
    [TestCase(".slice:x:y", "the slice `.slice` has an empty name between its dashes, each of which is a slice of its own")]
    [TestCase("--.slice:x:y", "the slice `--.slice` has an empty name between its dashes, each of which is a slice of its own")]
    [TestCase("-a.slice:x:y", "the slice `-a.slice` has an empty name between its dashes, each of which is a slice of its own")]
    [TestCase("a-.slice:x:y", "the slice `a-.slice` has an empty name between its dashes, each of which is a slice of its own")]
    [TestCase("a--b.slice:x:y", "the slice `a--b.slice` has an empty name between its dashes, each of which is a slice of its own")]
    [TestCase("a/b.slice:x:y", "`/` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("../a.slice:x:y", "`/` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:../x:y", "`/` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:x:y/../../z", "`/` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:x:y\nz", "U+000A is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:x:y\0", "U+0000 is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:x:ü", "`ü` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    [TestCase("a.slice:x:y@z", "`@` is not allowed in the name of a systemd unit, which may have only A-Z a-z 0-9 : - _ . \\")]
    public void BadNames_AreRefused(string text, string error)
    {
        RuntimeException thrown = Assert.Throws<RuntimeException>(() => ScopeName.Parse(text, "web1", user: false))!;
        Assert.That(thrown.Message, Is.EqualTo("linux.cgroupsPath: " + error));
        Assert.That(thrown.Kind, Is.EqualTo(ErrorKind.InvalidSpec).Or.EqualTo(ErrorKind.Unsupported));
    }

    [Test]
    public void LongNames_AreRefused()
    {
        Assert.That(ScopeName.Parse($"a.slice::{new string('x', 249)}", "i", false).UnitName, Has.Length.EqualTo(255));
        Assert.That(() => ScopeName.Parse($"a.slice::{new string('x', 250)}", "i", false),
            Throws.TypeOf<RuntimeException>().With.Message.EqualTo("linux.cgroupsPath: the name of a systemd unit may have 255 characters, and this has 256"));
    }

    [Test]
    public void Id_ThatIsNoUnitName_IsNamed() => Assert.That(() => ScopeName.Parse(null, "a+b", false),
        Throws.TypeOf<RuntimeException>().With.Message.StartsWith("the scope of container `a+b`: `+` is not allowed"));
}
