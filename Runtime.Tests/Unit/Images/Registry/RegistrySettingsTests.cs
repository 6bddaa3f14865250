using NUnit.Framework;
using Vessel.Images.Registry;

namespace Vessel.Tests.Unit.Images.Registry;

public sealed class RegistrySettingsTests
{
    private static readonly RegistrySettings Settings = new() { InsecureRegistries = ["plain.example", "some.example:5000", "10.0.0.0/8", "fd00::/8", "192.168.1.7", "172.16.5.4/12"] };

    [TestCase("localhost")]
    [TestCase("localhost:5000")]
    [TestCase("a.localhost:5000")]
    [TestCase("127.0.0.1")]
    [TestCase("127.200.0.1:5000")]
    [TestCase("[::1]:5000")]
    [TestCase("plain.example")]
    [TestCase("plain.example:8080")]
    [TestCase("some.example:5000")]
    [TestCase("10.1.2.3:5000")]
    [TestCase("[fd00::1]")]
    [TestCase("172.17.0.1:5000")]
    [TestCase("192.168.1.7:80")]
    public void IsInsecure_WhatIsNamed_AndTheLoopback(string registry) => Assert.That(Settings.IsInsecure(registry));

    [TestCase("docker.io")]
    [TestCase("localhost.example")]
    [TestCase("notlocalhost")]
    [TestCase("127.0.0.1.example")]
    [TestCase("128.0.0.1:5000")]
    [TestCase("some.example")]
    [TestCase("some.example:5001")]
    [TestCase("sub.plain.example")]
    [TestCase("11.0.0.1")]
    [TestCase("[fe80::1]:5000")]
    [TestCase("192.168.1.70")]
    public void IsInsecure_OthersAreNot(string registry) => Assert.That(Settings.IsInsecure(registry), Is.False);

    [TestCase("a.example", "a.example")]
    [TestCase("a.example:1", "a.example")]
    [TestCase("[::1]:1", "::1")]
    [TestCase("[::1]", "::1")]
    public void HostOf_IsWithoutPort(string registry, string host) => Assert.That(RegistrySettings.HostOf(registry), Is.EqualTo(host));
}
