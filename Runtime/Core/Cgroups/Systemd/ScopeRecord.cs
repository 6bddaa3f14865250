namespace Vessel.Core.Cgroups.Systemd;

/// <summary>What is kept of a container's scope.</summary>
/// <param name="Unit">Its name: <c>docker-3f….scope</c>.</param>
/// <param name="IsUsers">Whether it is a user's manager's: an ordinary user has no say in the system's.</param>
public sealed record ScopeRecord(string Unit, bool IsUsers);
