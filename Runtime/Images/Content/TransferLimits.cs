namespace Vessel.Images.Content;

/// <summary>How much patience transfers have.</summary>
/// <param name="Concurrent">How many of an image go on at the same time.</param>
/// <param name="Attempts">How often one that makes no progress is tried again.</param>
/// <param name="Idle">How long one may stand still.</param>
public sealed record TransferLimits(int Concurrent, int Attempts, TimeSpan Idle);
