using Vessel.Core.Cgroups.Systemd;

namespace Vessel.Tests.Unit.Core.Cgroups.Systemd;

/// <summary>A bus with a systemd on it, which does what the test says and otherwise answers everything with nothing.</summary>
internal sealed class FakeSystemd : IDisposable
{
    private readonly FakeBus bus;

    public FakeSystemd()
    {
        bus = new FakeBus(peer =>
        {
            peer.Welcome();
            while (peer.Next() is { } call)
            {
                lock (Calls)
                    Calls.Add(call.Member!);
                if (Answers.TryGetValue(call.Member!, out Action<FakePeer, DBusMessage>? answer))
                    answer(peer, call);
                else if (call.Member == "GetNameOwner")
                    peer.Return(call, "s", w => w.WriteString(FakePeer.SystemdName));
                else
                    peer.Return(call);
            }
        });
    }

    /// <summary>By the method's name.</summary>
    public Dictionary<string, Action<FakePeer, DBusMessage>> Answers { get; } = [];

    /// <summary>The methods called, in order.</summary>
    public List<string> Calls { get; } = [];

    public SystemdManager Connect(bool user = false, int milliseconds = 10_000) => new(bus.Connect(milliseconds: milliseconds), isBus: true, user);

    public void Dispose() => bus.Dispose();
}
