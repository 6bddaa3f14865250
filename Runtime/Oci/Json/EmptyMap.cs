using System.Collections.ObjectModel;

namespace Vessel.Oci.Json;

/// <summary>The shared value of an absent map, as <c>[]</c> is that of an absent list.</summary>
public static class EmptyMap
{
    public static IReadOnlyDictionary<string, T> Of<T>() => ReadOnlyDictionary<string, T>.Empty;
}
