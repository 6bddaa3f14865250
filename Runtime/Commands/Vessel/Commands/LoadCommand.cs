using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images;
using Vessel.Images.Archives;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class LoadCommand : Command
{
    public override string Usage => "[OPTIONS]";

    public override string Summary => "Load an image from a tar archive or STDIN";

    public override IReadOnlyList<Option> Options =>
    [
        new("input", "Read from tar archive file, instead of STDIN", "string", 'i'),
        new("platform", "Load only the given platform of an archive with several", "string"),
        new("quiet", "Suppress the progress output", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        string? path = invocation.Options.Text("input") is { Length: > 0 } named ? named : null;
        if (path is null && !Console.IsInputRedirected)
            throw new UsageException("requested load from stdin, but stdin is empty");
        Oci.Image.Platform? platform = References.ParsePlatform(invocation.Options.Text("platform"));
        invocation.Images.RequireWriter();
        using Stream input = path is null ? StandardStreams.Input(cancellation) : InputFile.Open(path);
        LoadedArchive loaded = await ImageArchive.LoadAsync(invocation.Images, input, platform, new SilentProgress(), cancellation).ConfigureAwait(false);
        foreach (LoadedImage image in loaded.Images)
        {
            foreach (string warning in image.Warnings)
                invocation.Error.Write($"WARNING: {warning}\n");
            foreach (ImageReference name in image.Names)
                invocation.Output.Write($"Loaded image: {name.FamiliarText}\n");
            if (image.Names.Count == 0)
                invocation.Output.Write($"Loaded image ID: {image.Id}\n");
        }
        foreach (ImageException refused in loaded.Refused)
            invocation.Error.Write($"vessel: {refused.Message}\n");
        return loaded.Refused.Count == 0 ? 0 : 1;
    }
}
