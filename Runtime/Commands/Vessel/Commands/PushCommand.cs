using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class PushCommand : Command
{
    public override string Usage => "[OPTIONS] NAME[:TAG]";

    public override string Summary => "Upload an image to a registry";

    public override IReadOnlyList<Option> Options =>
    [
        new("all-tags", "Push all tags of an image to the repository", Short: 'a'),
        ContentTrust.Option,
        new("quiet", "Suppress verbose output", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 1);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        ContentTrust.Check(invocation.Options);
        ImageReference reference = References.Parse(invocation.Arguments[0]);
        bool isAll = invocation.Options.Has("all-tags"), isQuiet = invocation.Options.Has("quiet");
        if (reference.Digest is not null)
            throw new ImageException(ImageErrorKind.Invalid, "cannot push a digest reference");
        if (isAll && reference.Tag is not null)
            throw new ClientException("tag can't be used with --all-tags/-a");
        if (!isAll && reference.Tag is null && !isQuiet)
            invocation.Output.Write("Using default tag: latest\n");
        List<ImageReference> references = isAll
            ? [.. invocation.Images.List().SelectMany(i => i.Names).Where(n => n.Tag is not null && n.Name == reference.Name)]
            : [reference.WithDefaultTag()];
        if (!isQuiet)
            invocation.Output.Write($"The push refers to repository [{reference.Name}]\n");
        List<ImageReference> names = [.. invocation.Images.List().SelectMany(i => i.Names)];
        if (!names.Any(n => n.Name == reference.Name && n.Tag is not null))
            throw new ClientException($"An image does not exist locally with the tag: {reference.FamiliarName}");
        if (!isAll && !names.Contains(references[0]))
            throw new ClientException($"tag does not exist: {references[0].FamiliarText}");
        using RegistryClient registry = new(invocation.Registries);
        foreach (ImageReference each in references)
        {
            PushedImage pushed = await invocation.Images.PushAsync(each, registry, isQuiet ? new SilentProgress() : new PushDisplay(invocation.Output, invocation.IsDebug), cancellation).ConfigureAwait(false);
            if (!isQuiet)
                invocation.Output.Write($"{each.Tag}: digest: {pushed.Manifest} size: {pushed.Size}\n");
        }
        if (isQuiet)
            invocation.Output.Write($"{(isAll ? reference : references[0])}\n");
        return 0;
    }
}
