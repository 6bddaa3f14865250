using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>The option of commands that move images, from when docker could have signatures looked at; scripts say that they want none of it.</summary>
internal static class ContentTrust
{
    private const string Name = "disable-content-trust";

    public static Option Option { get; } = new(Name, "Skip image verification (default true)");

    /// <exception cref="ClientException">Signatures are to be looked at.</exception>
    public static void Check(ParsedOptions options)
    {
        if (options.Text(Name) == "false")
            throw new ClientException($"--{Name}=false: signatures of images are not looked at; a digest in the image's name (NAME@sha256:…) says which content is meant");
    }
}
