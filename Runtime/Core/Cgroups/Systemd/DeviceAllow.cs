namespace Vessel.Core.Cgroups.Systemd;

/// <summary>One entry of <c>DeviceAllow=</c> (man 5 systemd.resource-control).</summary>
/// <param name="Node">A node's path, or a group: <c>char-pts</c>, <c>block-*</c>.</param>
/// <param name="Access">Letters of <c>rwm</c>.</param>
public sealed record DeviceAllow(string Node, string Access)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Node} {Access}";
}
