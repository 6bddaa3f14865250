using NUnit.Framework;
using Vessel.Oci.Image;

namespace Vessel.Tests.Unit.Oci.Image;

public sealed class PlatformTests
{
    [TestCase("linux/amd64", "linux/amd64")]
    [TestCase("linux/amd64/v1", "linux/amd64")]
    [TestCase("linux/amd64/v3", "linux/amd64/v3")]
    [TestCase("linux/x86_64", "linux/amd64")]
    [TestCase("LINUX/X86-64", "linux/amd64")]
    [TestCase("linux/i386", "linux/386")]
    [TestCase("linux/arm64", "linux/arm64")]
    [TestCase("linux/arm64/v8", "linux/arm64")]
    [TestCase("linux/arm64/8", "linux/arm64")]
    [TestCase("linux/arm64/v9.2", "linux/arm64/v9.2")]
    [TestCase("linux/aarch64", "linux/arm64")]
    [TestCase("linux/arm", "linux/arm/v7")]
    [TestCase("linux/arm/7", "linux/arm/v7")]
    [TestCase("linux/arm/6", "linux/arm/v6")]
    [TestCase("linux/armhf", "linux/arm/v7")]
    [TestCase("linux/armel", "linux/arm/v6")]
    [TestCase("macos/arm64", "darwin/arm64")]
    [TestCase("arm64", "linux/arm64")]
    [TestCase("aarch64", "linux/arm64")]
    [TestCase("s390x", "linux/s390x")]
    [TestCase("armhf", "linux/arm/v7")]
    // Not known, and so not ours to judge.
    [TestCase("plan10/z80", "plan10/z80")]
    public void TryParse_Platform_IsNormalized(string text, string expected)
    {
        Assert.That(Platform.TryParse(text, out Platform? platform, out string? error), error);
        Assert.That(platform!.ToString(), Is.EqualTo(expected));
        Assert.That(Platform.Parse(expected), Is.EqualTo(platform));
    }

    [Test]
    public void TryParse_SystemAlone_IsThisHosts()
    {
        Assert.That(Platform.Parse("linux"), Is.EqualTo(Platform.Host));
        Assert.That(Platform.Host.ToString(), Does.StartWith("linux/"));
        Assert.That(Platform.Host.Normalize(), Is.EqualTo(Platform.Host));
    }

    [TestCase(null, "\"\" is an invalid component of \"\"")]
    [TestCase("", "\"\" is an invalid component of \"\"")]
    [TestCase("linux/", "\"\" is an invalid component of \"linux/\"")]
    [TestCase("linux/*", "\"*\" is an invalid component of \"linux/*\"")]
    [TestCase("linux/a b", "\"a b\" is an invalid component of \"linux/a b\"")]
    [TestCase("linux/../x", null)]
    [TestCase("linux/amd64/v1/x", "\"linux/amd64/v1/x\": cannot parse platform specifier")]
    [TestCase("vax", "\"vax\": unknown operating system or architecture")]
    [TestCase("all\u001b", "\"all\\u001b\" is an invalid component of \"all\\u001b\"")]
    public void TryParse_Other_IsRefused(string? text, string? expected)
    {
        // Dots are in version numbers of variants; what comes of a platform is a name to compare, never a path.
        Assert.That(Platform.TryParse(text, out _, out string? error), Is.EqualTo(expected is null));
        Assert.That(error, Is.EqualTo(expected));
        if (expected is not null)
            Assert.That(() => Platform.Parse(text!), Throws.TypeOf<FormatException>().With.Message.EqualTo(expected));
    }

    [Test]
    public void Platforms_WithTheSameMembers_AreEqual()
    {
        Platform one = new("windows", "amd64", OsVersion: "10") { OsFeatures = ["win32k"], Extensions = new Dictionary<string, string>() };
        Platform other = new("windows", "amd64", OsVersion: "10") { OsFeatures = ["win32k"] };

        Assert.That(one, Is.EqualTo(other));
        Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
        Assert.That(one, Is.Not.EqualTo(other with { OsFeatures = [] }));
    }
}
