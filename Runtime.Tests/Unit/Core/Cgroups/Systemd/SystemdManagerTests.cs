using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>What is asked of systemd, in which order, and what its answers come to.</summary>
public sealed class SystemdManagerTests
{
    private const string Job = "/org/freedesktop/systemd1/job/9";

    private static readonly ScopeName Scope = ScopeName.Parse("a.slice:b:c", "c", user: false);

    private static readonly IReadOnlyList<UnitProperty> Limits = [UnitProperty.Number("MemoryMax", 5)];

    private static Action<FakePeer, DBusMessage> JobWith(string result) => (peer, call) =>
    {
        peer.JobRemoved("/org/freedesktop/systemd1/job/8", "other.scope", "failed");
        peer.Return(call, "o", w => w.WriteString(Job));
        peer.JobRemoved(Job, Scope.UnitName, result);
    };

    private static Action<FakePeer, DBusMessage> Error(string name, string text) => (peer, call) => peer.Fail(call, name, text);

    [Test]
    public void Start_SendsTheProperties_AndWaitsForItsJob()
    {
        List<string> said = [];
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = (peer, call) =>
        {
            DBusReader reader = call.Read("ssa(sv)a(sa(sv))");
            said.AddRange([reader.ReadString(), reader.ReadString()]);
            int end = reader.BeginArray("(sv)");
            while (reader.Position < end)
            {
                reader.BeginStruct();
                said.Add(reader.ReadString());
                reader.Skip("v");
            }
            said.Add(reader.BeginArray("(sa(sv))") == reader.Position ? "nothing else" : "more");
            JobWith("done")(peer, call);
        };
        using (SystemdManager manager = systemd.Connect())
            manager.StartScope(Scope, [.. ScopeProperties.ForStart(Scope, "d", [1, 2], 252), .. Limits]);
        Assert.That(said, Is.EqualTo(new[]
        {
            "b-c.scope", "replace", "Description", "Slice", "Delegate", "PIDs", "MemoryAccounting", "CPUAccounting", "IOAccounting", "TasksAccounting",
            "DefaultDependencies", "CollectMode", "MemoryMax", "nothing else",
        }));
        Assert.That(systemd.Calls, Is.EqualTo(new[] { "GetNameOwner", "AddMatch", "Subscribe", "StartTransientUnit" }));
    }

    [TestCase("failed")]
    [TestCase("timeout")]
    public void Start_WhoseJobFails_NamesTheResult(string result)
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = JobWith(result);
        using SystemdManager manager = systemd.Connect();
        RuntimeException error = Assert.Throws<RuntimeException>(() => manager.StartScope(Scope, Limits))!;
        Assert.That(error.Message, Is.EqualTo($"start systemd scope `b-c.scope`: its job ended with `{result}`; `journalctl -u b-c.scope` may tell why"));
        Assert.That(systemd.Calls[^1], Is.EqualTo("ResetFailedUnit"));
    }

    [Test]
    public void Start_OverAFailedOne_ResetsIt()
    {
        using FakeSystemd systemd = new();
        int times = 0;
        systemd.Answers["StartTransientUnit"] = (peer, call) =>
            (times++ == 0 ? Error(DBusErrors.UnitExists, "Unit b-c.scope already exists.") : JobWith("done"))(peer, call);
        using SystemdManager manager = systemd.Connect();
        manager.StartScope(Scope, Limits);
        Assert.That(systemd.Calls.Skip(3), Is.EqualTo(new[] { "StartTransientUnit", "ResetFailedUnit", "StartTransientUnit" }));
    }

    [Test]
    public void Start_OverARunningOne_IsRefused()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = Error(DBusErrors.UnitExists, "Unit b-c.scope already exists.");
        using SystemdManager manager = systemd.Connect();
        RuntimeException error = Assert.Throws<RuntimeException>(() => manager.StartScope(Scope, Limits))!;
        Assert.That(error.Message, Is.EqualTo("start systemd scope `b-c.scope`: Unit b-c.scope already exists (org.freedesktop.systemd1.UnitExists); a container of this name runs, or another program has made the unit"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.AlreadyExists));
    }

    [Test]
    public void Start_NotAllowed_SaysWhoMay()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = Error(DBusErrors.InteractiveAuthorizationRequired, "Interactive authentication required.");
        using SystemdManager manager = systemd.Connect();
        RuntimeException error = Assert.Throws<RuntimeException>(() => manager.StartScope(Scope, Limits))!;
        Assert.That(error.Message, Does.EndWith("; only root may have scopes of the system's systemd: an ordinary user has one of its own"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.PermissionDenied));
    }

    [Test]
    public void Start_WithoutAnAnswer_EndsInTime()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = (peer, call) => peer.Return(call, "o", w => w.WriteString(Job));
        using SystemdManager manager = systemd.Connect(milliseconds: 500);
        Assert.That(() => manager.StartScope(Scope, Limits), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(
            "start systemd scope `b-c.scope`: D-Bus: waited for the end of the job of `b-c.scope`, and it did not come in time"));
    }

    [Test]
    public void Start_WithAnAnswerOfAnotherType_IsRefused()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StartTransientUnit"] = (peer, call) => peer.Return(call, "u", w => w.WriteUInt32(1));
        using SystemdManager manager = systemd.Connect();
        Assert.That(() => manager.StartScope(Scope, Limits), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(
            "start systemd scope `b-c.scope`: D-Bus message: holds values of types `u` where `o` belong"));
    }

    [Test]
    public void Stop_WaitsForItsJob()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StopUnit"] = JobWith("done");
        using SystemdManager manager = systemd.Connect();
        manager.StopScope("b-c.scope");
        Assert.That(systemd.Calls.Skip(3), Is.EqualTo(new[] { "StopUnit", "ResetFailedUnit" }));
    }

    [Test]
    public void Stop_OfNothing_IsDone()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StopUnit"] = Error(DBusErrors.NoSuchUnit, "Unit b-c.scope not loaded.");
        using SystemdManager manager = systemd.Connect();
        Assert.That(() => manager.StopScope("b-c.scope"), Throws.Nothing);
    }

    [Test]
    public void Stop_ThatDoesNot_IsAnError()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StopUnit"] = JobWith("canceled");
        systemd.Answers["GetUnit"] = (peer, call) => peer.Return(call, "o", w => w.WriteString("/unit"));
        using (SystemdManager manager = systemd.Connect())
            Assert.That(() => manager.StopScope("b-c.scope"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo(
                "stop systemd scope `b-c.scope`: its job ended with `canceled`; `systemctl status b-c.scope` may tell why"));
    }

    [Test]
    public void Stop_WhoseJobWasNotNeededAnyMore_IsDone()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["StopUnit"] = JobWith("canceled");
        systemd.Answers["GetUnit"] = Error(DBusErrors.NoSuchUnit, "Unit b-c.scope not loaded.");
        using SystemdManager manager = systemd.Connect();
        Assert.That(() => manager.StopScope("b-c.scope"), Throws.Nothing);
    }

    [Test]
    public void SetProperties_AreOfTheRunningUnitOnly()
    {
        (string Unit, bool Runtime, string Name) said = default;
        using FakeSystemd systemd = new();
        systemd.Answers["SetUnitProperties"] = (peer, call) =>
        {
            DBusReader reader = call.Read("sba(sv)");
            said.Unit = reader.ReadString();
            said.Runtime = reader.ReadBoolean();
            reader.BeginArray("(sv)");
            said.Name = reader.ReadString();
            peer.Return(call);
        };
        using SystemdManager manager = systemd.Connect();
        manager.SetProperties("b-c.scope", []);
        manager.SetProperties("b-c.scope", Limits);
        Assert.That(said, Is.EqualTo(("b-c.scope", true, "MemoryMax")));
        Assert.That(systemd.Calls, Is.EqualTo(new[] { "GetNameOwner", "SetUnitProperties" }));
    }

    [Test]
    public void SetProperties_OfAnUnknownOne_SaysSo()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["SetUnitProperties"] = Error(DBusErrors.PropertyReadOnly, "Cannot set property Foo, or unknown property.");
        using SystemdManager manager = systemd.Connect();
        RuntimeException error = Assert.Throws<RuntimeException>(() => manager.SetProperties("b-c.scope", Limits))!;
        Assert.That(error.Message, Is.EqualTo("set properties of systemd unit `b-c.scope`: Cannot set property Foo, or unknown property (org.freedesktop.DBus.Error.PropertyReadOnly)"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.Unsupported));
    }

    [Test]
    public void Properties_AreRead()
    {
        using FakeSystemd systemd = new();
        systemd.Answers["GetUnit"] = (peer, call) => peer.Return(call, "o", w => w.WriteString("/unit"));
        systemd.Answers["Get"] = (peer, call) => peer.Return(call, "v", w =>
        {
            DBusReader reader = call.Read("ss");
            reader.ReadString();
            w.WriteSignature("s");
            w.WriteString(reader.ReadString() == "Version" ? "252.38-1~deb12u1" : $"/cgroup{call.Path}");
        });
        using SystemdManager manager = systemd.Connect();
        Assert.That(manager.Version, Is.EqualTo(252));
        Assert.That(manager.Version, Is.EqualTo(252));
        Assert.That(manager.ControlGroup, Is.EqualTo("/cgroup/org/freedesktop/systemd1"));
        Assert.That(manager.ControlGroupOf("b-c.scope"), Is.EqualTo("/cgroup/unit"));
        Assert.That(systemd.Calls, Is.EqualTo(new[] { "GetNameOwner", "Get", "Get", "GetUnit", "Get" }));
    }

    [Test]
    public void NoSystemd_SaysWhatToDo()
    {
        SystemdEndpoint[] nowhere = [new(new DBusAddress($"{TestRun.Folder}/none", false), true), new(new DBusAddress("none", true), true)];
        RuntimeException error = Assert.Throws<RuntimeException>(() => SystemdManager.Connect(nowhere, user: false))!;
        Assert.That(error.Message, Is.EqualTo(
            $"no systemd to be reached: connect to {TestRun.Folder}/none: no such file or directory (ENOENT); connect to @none: connection refused (ECONNREFUSED); is systemd running as pid 1? without it leave out --systemd-cgroup"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.NotFound));
        Assert.That(() => SystemdManager.Connect(nowhere, user: true), Throws.TypeOf<RuntimeException>().With.Message.EndsWith(
            "; log in with a session of its own, or `loginctl enable-linger USER`, and set XDG_RUNTIME_DIR"));
    }
}
