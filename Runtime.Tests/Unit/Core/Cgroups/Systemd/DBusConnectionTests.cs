using NUnit.Framework;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Core.Errors;
using Vessel.Native.Safe;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>A client's conversation with a bus that behaves, and with ones that do not.</summary>
public sealed class DBusConnectionTests
{
    private static readonly DBusCall Call = new("d.d", "/p", "i.i", "M");
    private static readonly DBusMatch Jobs = new(FakePeer.SystemdName, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved");

    private static string User => Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(Environment.IsPrivilegedProcess ? "0" : TestUser()));

    [Test]
    public void Authentication_TellsTheUser()
    {
        string? said = null;
        using FakeBus bus = new(peer =>
        {
            said = peer.ReadLine();
            peer.WriteLine("OK 01");
            said += "|" + peer.ReadLine();
            peer.Return(peer.Next()!, "s", w => w.WriteString(":1.42"));
        });
        bus.Connect().Dispose();
        bus.Dispose();
        Assert.That(said, Is.EqualTo($"\0AUTH EXTERNAL {User}|BEGIN"));
    }

    [Test]
    public void SystemdItself_HearsBeginBeforeItAnswers()
    {
        string? said = null;
        using FakeBus bus = new(peer =>
        {
            said = peer.ReadLine() + "|" + peer.ReadLine();
            peer.WriteLine("OK 01");
        });
        bus.Connect(isBus: false).Dispose();
        bus.Dispose();
        Assert.That(said, Is.EqualTo($"\0AUTH EXTERNAL {User}|BEGIN"));
    }

    [Test]
    public void Authentication_InAUserNamespace_LeavesTheNumberToTheKernel()
    {
        List<string> said = [];
        using FakeBus bus = new(peer =>
        {
            foreach (string answer in new[] { "REJECTED EXTERNAL", "DATA", "OK 01", "" })
            {
                said.Add(peer.ReadLine());
                if (answer.Length > 0)
                    peer.WriteLine(answer);
            }
            peer.Return(peer.Next()!, "s", w => w.WriteString(":1.42"));
        });
        bus.Connect().Dispose();
        bus.Dispose();
        Assert.That(said.Skip(1), Is.EqualTo(new[] { "AUTH EXTERNAL", "DATA", "BEGIN" }));
    }

    [Test]
    public void Rejection_IsAnError()
    {
        using FakeBus bus = new(peer =>
        {
            while (peer.ReadLine().Length > 0)
                peer.WriteLine("REJECTED KERBEROS\u0007");
        });
        RuntimeException error = Assert.Throws<RuntimeException>(() => bus.Connect())!;
        Assert.That(error.Message, Does.StartWith("D-Bus: refuses user ").And.EndWith(": REJECTED KERBEROS?"));
        Assert.That(error.Kind, Is.EqualTo(ErrorKind.PermissionDenied));
    }

    [Test]
    public void Line_WithoutEnd_IsRefused()
    {
        using FakeBus bus = new(peer =>
        {
            peer.ReadLine();
            peer.Write(new byte[4000]);
            peer.ReadLine();
        });
        Assert.That(() => bus.Connect(), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus: the answer to who we are has no end within 1024 bytes"));
    }

    [Test]
    public void ErrorReply_HasNameAndText()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Fail(peer.Next()!, "org.freedesktop.DBus.Error.AccessDenied", "No way.");
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        DBusException error = Assert.Throws<DBusException>(() => connection.Call(Call))!;
        Assert.That(error.Message, Is.EqualTo("No way (org.freedesktop.DBus.Error.AccessDenied)"));
        Assert.That((error.Kind, error.Text), Is.EqualTo((ErrorKind.PermissionDenied, "No way.")));
    }

    [Test]
    public void Answers_ToOtherCalls_ArePassedOver()
    {
        using FakeBus bus = new(peer =>
        {
            DBusMessage hello = AnswerHello(peer);
            DBusMessage call = peer.Next()!;
            peer.Return(hello, "s", w => w.WriteString("late"));
            peer.Return(call, "s", w => w.WriteString("right"));
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        Assert.That(connection.Call(Call).Read("s").ReadString(), Is.EqualTo("right"));

        static DBusMessage AnswerHello(FakePeer peer)
        {
            peer.Authenticate();
            DBusMessage hello = peer.Next()!;
            peer.Return(hello);
            return hello;
        }
    }

    [Test]
    public void Signal_BeforeTheAnswer_IsKept_AndOneFromAnotherSenderIsNot()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Return(peer.Next()!);
            DBusMessage call = peer.Next()!;
            peer.JobRemoved("/job/1", "a.scope", "failed", sender: ":1.666");
            peer.JobRemoved("/job/1", "a.scope", "done");
            peer.Return(call);
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        connection.Listen(Jobs);
        connection.Call(Call);
        DBusReader reader = connection.WaitForSignal(_ => true, "the signal").Read("uoss");
        reader.Skip("u");
        reader.Skip("o");
        reader.Skip("s");
        Assert.That(reader.ReadString(), Is.EqualTo("done"));
    }

    [Test]
    public void SlowAnswer_EndsTheWait()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Next();
            peer.Next();
        });
        using DBusConnection connection = bus.Connect(milliseconds: 300);
        Assert.That(() => connection.Call(Call), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus: waited for M, and it did not come in time"));
    }

    [Test]
    public void SlowSignal_EndsTheWait()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Return(peer.Next()!);
            peer.JobRemoved("/job/1", "a.scope", "done");
            peer.Next();
        });
        using DBusConnection connection = bus.Connect(milliseconds: 300);
        connection.Listen(Jobs);
        Assert.That(() => connection.WaitForSignal(_ => false, "the signal"), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus: waited for the signal, and it did not come in time"));
    }

    [Test]
    public void ClosedConnection_IsAnError()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        Assert.That(() => connection.Call(Call), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus: closed the connection while we waited for M"));
    }

    [Test]
    public void ClosedConnection_TakesNoMore()
    {
        FakeBus bus = new(peer => peer.Welcome());
        using DBusConnection connection = bus.Connect();
        bus.Dispose();
        Assert.That(() => connection.Call(Call), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus: closed the connection"));
    }

    [Test]
    public void HugeMessage_IsRefusedByItsFirstBytes()
    {
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            peer.Next();
            peer.Write(Convert.FromHexString("6c020001" + "ffffff07" + "01000000" + "00000000"));
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        Assert.That(() => connection.Call(Call), Throws.TypeOf<RuntimeException>().With.Message.EqualTo("D-Bus message: has 134217743 bytes, more than 1048576"));
    }

    [Test]
    public void LargeMessages_GoBothWays()
    {
        string text = new('x', 500_000);
        using FakeBus bus = new(peer =>
        {
            peer.Welcome();
            DBusMessage call = peer.Next()!;
            peer.Return(call, "s", w => w.WriteString(call.Read("s").ReadString()));
            peer.Next();
        });
        using DBusConnection connection = bus.Connect();
        Assert.That(connection.Call(Call with { Signature = "s", Arguments = w => w.WriteString(text) }).Read("s").ReadString(), Is.EqualTo(text));
    }

    [Test]
    public void Nobody_IsTheKernelsError() =>
        Assert.That(() => DBusConnection.Connect(new DBusAddress("/no/such/bus", false)), Throws.TypeOf<SyscallException>().With.Message.EqualTo("connect to /no/such/bus: no such file or directory (ENOENT)"));

    private static string TestUser() => Vessel.Tests.Support.Host.Status(Environment.ProcessId, "Uid").Split('\t', ' ')[1];
}
