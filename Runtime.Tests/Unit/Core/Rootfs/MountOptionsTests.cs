using NUnit.Framework;
using Vessel.Core.Rootfs;
using static Vessel.Native.Raw.Mount;

namespace Vessel.Tests.Unit.Core.Rootfs;

/// <summary>The options of a mount as mount(8) and the specification have them.</summary>
public sealed class MountOptionsTests
{
    [TestCase("ro", MOUNT_ATTR_RDONLY, 0UL)]
    [TestCase("rw", 0UL, MOUNT_ATTR_RDONLY)]
    [TestCase("nosuid", MOUNT_ATTR_NOSUID, 0UL)]
    [TestCase("suid", 0UL, MOUNT_ATTR_NOSUID)]
    [TestCase("nodev", MOUNT_ATTR_NODEV, 0UL)]
    [TestCase("dev", 0UL, MOUNT_ATTR_NODEV)]
    [TestCase("noexec", MOUNT_ATTR_NOEXEC, 0UL)]
    [TestCase("exec", 0UL, MOUNT_ATTR_NOEXEC)]
    [TestCase("noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME & ~MOUNT_ATTR_NOATIME)]
    [TestCase("strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME & ~MOUNT_ATTR_STRICTATIME)]
    [TestCase("relatime", 0UL, MOUNT_ATTR__ATIME)]
    [TestCase("nodiratime", MOUNT_ATTR_NODIRATIME, 0UL)]
    [TestCase("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0UL)]
    public void Attribute_SetsOrClears(string option, ulong set, ulong clear)
    {
        MountOptions plain = MountOptions.Parse([option]);
        Assert.That(plain.Set, Is.EqualTo(set));
        Assert.That(plain.Set | plain.Clear, Is.EqualTo(set | clear));
        MountOptions recursive = MountOptions.Parse(["r" + option]);
        Assert.That(recursive.RecursiveSet, Is.EqualTo(set));
        Assert.That(recursive.Set, Is.Zero);
    }

    [Test]
    public void LaterOption_Wins()
    {
        Assert.That(MountOptions.Parse(["ro", "rw"]).IsReadonly, Is.False);
        Assert.That(MountOptions.Parse(["rw", "ro"]).IsReadonly, Is.True);
        Assert.That(MountOptions.Parse(["noatime", "strictatime"]).Set, Is.EqualTo(MOUNT_ATTR_STRICTATIME));
    }

    [Test]
    public void WhatIsLeft_IsTheFilesystemsOwn() =>
        Assert.That(MountOptions.Parse(["nosuid", "size=64k", "mode=1777", "newinstance"]).Data, Is.EqualTo(new[] { "size=64k", "mode=1777", "newinstance" }));

    [TestCase("rbind", true, true)]
    [TestCase("bind", true, false)]
    public void Bind(string option, bool bind, bool recursive)
    {
        MountOptions options = MountOptions.Parse([option]);
        Assert.That((options.IsBind, options.IsRecursive), Is.EqualTo((bind, recursive)));
    }

    [TestCase("rshared", MS_SHARED | MS_REC)]
    [TestCase("slave", MS_SLAVE)]
    [TestCase("rprivate", MS_PRIVATE | MS_REC)]
    [TestCase("unbindable", MS_UNBINDABLE)]
    public void Propagation(string option, uint flags) => Assert.That(MountOptions.Parse([option]).Propagation, Is.EqualTo(new[] { flags }));

    [Test]
    public void EveryOptionThatFeaturesTells_IsKnown()
    {
        foreach (string name in MountOptions.Names)
            Assert.That(MountOptions.Parse([name]).Data, Is.Empty, name);
    }
}
