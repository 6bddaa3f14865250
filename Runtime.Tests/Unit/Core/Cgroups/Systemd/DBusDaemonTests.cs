using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Native.Safe;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>A bus that others wrote: dbus-daemon, started for the test.</summary>
public sealed class DBusDaemonTests
{
    [TestCase("path")]
    [TestCase("abstract")]
    public void Bus_OfOthers_IsSpokenTo(string kind)
    {
        string name = $"{TestRun.Folder}/bus{TestRun.NextBox()}";
        using RunningProgram daemon = Start($"unix:{kind}={name}");
        DBusAddress address = DBusAddress.ParseList($"unix:{kind}={name}")[0];
        using DBusConnection connection = Connect(address);

        DBusException missing = Assert.Throws<DBusException>(() => connection.OwnerOf("org.freedesktop.systemd1"))!;
        Assert.That(missing.ErrorName, Is.EqualTo(DBusErrors.NameHasNoOwner));
        Assert.That(missing.Kind, Is.EqualTo(ErrorKind.NotFound));

        // The connection goes on after an error; another client's arrival is a signal.
        connection.Listen(new DBusMatch("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged"));
        using DBusConnection other = Connect(address);
        DBusReader reader = connection.WaitForSignal(_ => true, "the signal").Read("sss");
        Assert.That(reader.ReadString(), Does.StartWith(":1."));
        Assert.That(reader.ReadString(), Is.Empty);
    }

    [Test]
    public void Manager_OnABusWithoutSystemd_SaysSo()
    {
        string path = $"{TestRun.Folder}/bus{TestRun.NextBox()}";
        using RunningProgram daemon = Start($"unix:path={path}");
        DBusAddress address = new(path, IsAbstract: false);
        Connect(address).Dispose();
        RuntimeException error = Assert.Throws<RuntimeException>(() => SystemdManager.Connect([new SystemdEndpoint(address, IsBus: true), new SystemdEndpoint(new DBusAddress("/no/such", false), false)], user: false))!;
        Assert.That(error.Message, Does.StartWith($"no systemd to be reached: {path}: Could not get owner of name 'org.freedesktop.systemd1'"));
        Assert.That(error.Message, Does.EndWith("; connect to /no/such: no such file or directory (ENOENT); is systemd running as pid 1? without it leave out --systemd-cgroup"));
    }

    private static RunningProgram Start(string address) =>
        new Launch(Require.Program("dbus-daemon", "dbus"), "--session", $"--address={address}", "--nofork", "--nopidfile").Start();

    private static DBusConnection Connect(DBusAddress address)
    {
        for (int i = 0; ; i++)
            try
            {
                return DBusConnection.Connect(address);
            }
            catch (SyscallException) when (i < 500)
            {
                Thread.Sleep(20);
            }
    }
}
