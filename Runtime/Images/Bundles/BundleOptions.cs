namespace Vessel.Images.Bundles;

/// <summary>What is wanted of a bundle beside what its image says.</summary>
public sealed record BundleOptions
{
    /// <summary>
    /// Whether the root filesystem is a copy in any case: slower to make, and independent of the store.
    /// </summary>
    public bool Copies { get; init; }

    /// <summary>Whether the program gets a terminal.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>
    /// Variables, <c>NAME=value</c>; each replaces the image's of that name. A name alone removes the image's variable.
    /// </summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>
    /// The command, in place of the image's; empty for the image's. The image's entrypoint stays before it.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];
}
