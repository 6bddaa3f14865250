using System.Net.Sockets;
using Vessel.Core.Cgroups.Systemd;
using Vessel.Tests.Support;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>A bus of the test's: one connection, served by the test's own words.</summary>
internal sealed class FakeBus : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task conversation;

    public FakeBus(Action<FakePeer> script)
    {
        Address = new DBusAddress($"{TestRun.Folder}/bus{TestRun.NextBox()}", IsAbstract: false);
        listener.Bind(new UnixDomainSocketEndPoint(Address.Path));
        listener.Listen(1);
        conversation = Task.Factory.StartNew(() => Converse(script), TaskCreationOptions.LongRunning);
    }

    public DBusAddress Address { get; }

    public DBusConnection Connect(bool isBus = true, int milliseconds = 10_000) => DBusConnection.Connect(Address, isBus, milliseconds);

    /// <summary>Ends the conversation; what went wrong in it fails the test.</summary>
    public void Dispose()
    {
        listener.Dispose();
        conversation.Wait(TimeSpan.FromSeconds(20));
        File.Delete(Address.Path);
    }

    private void Converse(Action<FakePeer> script)
    {
        using Socket connection = listener.Accept();
        script(new FakePeer(connection));
    }
}
