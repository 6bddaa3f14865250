using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>Which sockets an address means, and where a systemd is looked for.</summary>
public sealed class DBusAddressTests
{
    [TestCase("unix:path=/run/dbus/system_bus_socket", "unix:path=/run/dbus/system_bus_socket")]
    [TestCase("unix:abstract=/tmp/x,guid=0123", "unix:abstract=/tmp/x")]
    [TestCase("unix:guid=0,path=/a", "unix:path=/a")]
    [TestCase("tcp:host=localhost,port=1;unix:path=/a;unix:abstract=b;", "unix:path=/a unix:abstract=b")]
    [TestCase("unix:path=/a%20b%2cc%c3%a9", "unix:path=/a b,cé")]
    public void List_OfUnixSockets(string text, string expected) => Assert.That(string.Join(' ', DBusAddress.ParseList(text)), Is.EqualTo(expected));

    [TestCase("", "D-Bus address ``: has no unix:path= or unix:abstract=")]
    [TestCase("tcp:host=example.org,port=1", "D-Bus address `tcp:host=example.org,port=1`: has no unix:path= or unix:abstract=")]
    [TestCase("unix:tmpdir=/tmp", "D-Bus address `unix:tmpdir=/tmp`: has no unix:path= or unix:abstract=")]
    [TestCase("unix:path=/a%2", "D-Bus address: `/a%2` has a % without two hexadecimal digits")]
    [TestCase("unix:path=/a%zz", "D-Bus address: `/a%zz` has a % without two hexadecimal digits")]
    public void Others_AreRefused(string text, string error) => Assert.That(() => DBusAddress.ParseList(text), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(error));

    [Test]
    public void System_IsOnTheBus_AndBehindIt() => Assert.That(
        SystemdEndpoint.OfSystem(_ => null).Select(e => (e.ToString(), e.IsBus)),
        Is.EqualTo(new[] { ("/run/dbus/system_bus_socket", true), ("/run/systemd/private", false) }));

    [Test]
    public void User_IsFoundByVariables_OrByNumber()
    {
        Assert.That(Endpoints(_ => null), Is.EqualTo(new[] { "/run/user/1000/bus", "/run/user/1000/systemd/private" }));
        Assert.That(Endpoints(name => name == "XDG_RUNTIME_DIR" ? "/run/user/1000/" : null), Is.EqualTo(new[] { "/run/user/1000/bus", "/run/user/1000/systemd/private" }));
        Assert.That(Endpoints(name => name == "XDG_RUNTIME_DIR" ? "/x" : "unix:abstract=b"), Is.EqualTo(new[] { "@b", "/x/bus", "/run/user/1000/bus", "/x/systemd/private" }));

        Assert.That(() => Endpoints(_ => "tcp:x"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(
            "DBUS_SESSION_BUS_ADDRESS: D-Bus address `tcp:x`: has no unix:path= or unix:abstract="));

        static IEnumerable<string> Endpoints(Func<string, string?> variable) => SystemdEndpoint.OfUser(variable, 1000).Select(e => e.ToString());
    }
}
