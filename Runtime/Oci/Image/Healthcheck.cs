using Vessel.Oci.Json;

namespace Vessel.Oci.Image;

/// <summary>How a container is asked whether it works. Times are nanoseconds; 0 is the default.</summary>
public sealed record Healthcheck : ExtensibleRecord
{
    /// <summary>Empty: what the image below has. Otherwise <c>NONE</c>, <c>CMD</c> and arguments, or <c>CMD-SHELL</c> and a line.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    public long Interval { get; init; }

    public long Timeout { get; init; }

    public long StartPeriod { get; init; }

    public long StartInterval { get; init; }

    public int Retries { get; init; }
}
