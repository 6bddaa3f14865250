namespace Vessel.Oci.Json;

/// <summary>
/// An object of an OCI document. The specifications tell readers to ignore what they do not know, and a tool that rewrites a document
/// must not lose it: such members are kept here and written back.
/// </summary>
public abstract record ExtensibleRecord
{
    /// <summary>Members that the specification does not name: name to JSON text, as it stood. Null where there are none.</summary>
    public IReadOnlyDictionary<string, string>? Extensions { get; init; }
}
