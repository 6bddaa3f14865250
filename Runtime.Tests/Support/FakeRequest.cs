namespace Vessel.Tests.Support;

/// <summary>A request as a <see cref="FakeRegistry"/> received it.</summary>
/// <param name="Method">GET, POST ….</param>
/// <param name="Target">The path with its query.</param>
/// <param name="Headers">By name, in whatever case.</param>
/// <param name="Body">What was sent along.</param>
internal sealed record FakeRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>How many bytes of a body were sent back.</summary>
    public long Sent { get; set; }

    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    /// <summary>Where the part that was asked for begins; null where all was asked for.</summary>
    public long? From => Headers.GetValueOrDefault("Range") is { } range ? long.Parse(range["bytes=".Length..range.IndexOf('-')]) : null;

    /// <summary>The last byte that was asked for; null where that is the last of all.</summary>
    public long? To => Headers.GetValueOrDefault("Range") is { } range && !range.EndsWith('-') ? long.Parse(range[(range.IndexOf('-') + 1)..]) : null;

    public bool IsFor(string part) => Target.Contains(part, StringComparison.Ordinal);

    public override string ToString() => $"{Method} {Target} range={From}-{To} authorization={Authorization} sent={Sent}";
}
