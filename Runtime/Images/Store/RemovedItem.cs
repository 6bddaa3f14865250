namespace Vessel.Images.Store;

/// <summary>What removing an image did: a name that is gone, or an image or layer.</summary>
/// <param name="Untagged">The name; null where this is something deleted.</param>
/// <param name="Deleted">The digest; null where this is a name.</param>
public sealed record RemovedItem(string? Untagged, string? Deleted);
