using Vessel.Commands.Vessel.CommandLine;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>Registries as <c>login</c> and <c>logout</c> are given them: a host with a port or without, or an address; none means Docker Hub.</summary>
internal static class Servers
{
    public const string Hub = "docker.io";
    public const string HubAddress = "https://index.docker.io/v1/";

    /// <summary>Some reference of the registry.</summary>
    public static ImageReference Parse(string? text)
    {
        if (text is null or Hub or HubAddress or "index.docker.io")
            return ImageReference.Parse("any");
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? text : text[(scheme + 3)..]).Split('/')[0];
        return ImageReference.TryParse($"{host}/any", out ImageReference? reference, out _) && reference.Registry == host ? reference
            : throw new ClientException($"\"{text}\" is no registry: a host with a dot or a port, or localhost");
    }
}
