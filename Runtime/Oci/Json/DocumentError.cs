namespace Vessel.Oci.Json;

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="JsonPath">Where: <c>linux.namespaces[2].type</c>; empty for the document as a whole.</param>
/// <param name="Message">What, without the path.</param>
public sealed record DocumentError(string JsonPath, string Message)
{
    public override string ToString() => JsonPath.Length == 0 ? Message : $"{JsonPath}: {Message}";
}
