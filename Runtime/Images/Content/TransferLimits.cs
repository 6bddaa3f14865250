namespace Vessel.Images.Content;

/// <summary>How much patience transfers have.</summary>
/// <param name="Concurrent">How many of an image go on at the same time.</param>
/// <param name="Attempts">How often one that makes no progress is tried again.</param>
/// <param name="Idle">How long one may stand still.</param>
public sealed record TransferLimits(int Concurrent, int Attempts, TimeSpan Idle)
{
    /// <summary>How long it is waited before the second attempt; before each further one three times as long.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(600);
}
