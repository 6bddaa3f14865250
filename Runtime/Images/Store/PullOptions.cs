using Vessel.Oci.Image;

namespace Vessel.Images.Store;

/// <summary>How an image is pulled.</summary>
/// <param name="Platform">For which machine; null for this one.</param>
public sealed record PullOptions(Platform? Platform = null);
