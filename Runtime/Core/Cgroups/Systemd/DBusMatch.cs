namespace Vessel.Core.Cgroups.Systemd;

/// <summary>Which signals are wanted (D-Bus specification, "Match Rules").</summary>
/// <param name="Sender">The unique name of who sends them; null where there is no bus, which also has no rules.</param>
/// <param name="Path">The object.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Member">The signal.</param>
public sealed record DBusMatch(string? Sender, string Path, string Interface, string Member)
{
    /// <summary>
    /// Whether this is such a signal. Asked here as well as on the bus: anyone on it can send a signal to us alone, whatever we asked the bus for,
    /// but not in the name of another.
    /// </summary>
    public bool Fits(DBusMessage message) =>
        message.Type == DBusMessageType.Signal && (Sender is null || message.Sender == Sender) && message.Path == Path && message.Interface == Interface && message.Member == Member;

    /// <summary>As <c>AddMatch</c> takes it.</summary>
    public override string ToString() => $"type='signal',sender='{Sender}',path='{Path}',interface='{Interface}',member='{Member}'";
}
