using Vessel.Oci.Json;

namespace Vessel.Core.Diagnosis;

/// <summary>What one look at the host found.</summary>
/// <param name="Topic">What it belongs to: <c>cgroups</c>, <c>namespaces</c>.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Value">What was found.</param>
/// <param name="Advice">What brings what is missing, a command where there is one; empty for nothing.</param>
public sealed record Finding(string Topic, string Name, FindingStatus Status, string Value, string Advice = "")
{
    /// <summary>Writes it as an object.</summary>
    public void Write(JsonMapWriter json)
    {
        json.Always("topic", Topic);
        json.Always("name", Name);
        json.Always("status", Status.ToString().ToLowerInvariant());
        json.Always("value", Value);
        if (Advice.Length > 0)
            json.Always("advice", Advice);
    }
}

/// <summary>How a finding stands.</summary>
public enum FindingStatus
{
    /// <summary>All there.</summary>
    Ok,

    /// <summary>Not there; containers run without it, and a document that asks for it is refused.</summary>
    Missing,

    /// <summary>No container runs without it.</summary>
    Fatal,
}
