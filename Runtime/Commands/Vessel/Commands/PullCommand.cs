using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images;
using Vessel.Images.Registry;
using Vessel.Images.Store;
using Vessel.Oci.Reference;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class PullCommand : Command
{
    public override string Usage => "[OPTIONS] NAME[:TAG|@DIGEST]";

    public override string Summary => "Download an image from a registry";

    public override IReadOnlyList<Option> Options =>
    [
        new("all-tags", "Download all tagged images in the repository", Short: 'a'),
        new("platform", "Set platform if server is multi-platform capable", "string"),
        new("quiet", "Suppress verbose output", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 1);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        ImageReference reference = References.Parse(invocation.Arguments[0]);
        bool isQuiet = invocation.Options.Has("quiet"), isAll = invocation.Options.Has("all-tags");
        if (isAll && (reference.Tag is not null || reference.Digest is not null))
            throw new ImageException(ImageErrorKind.Invalid, "tag can't be used with --all-tags/-a");
        PullOptions options = new(References.ParsePlatform(invocation.Options.Text("platform") ?? Environment.GetEnvironmentVariable("DOCKER_DEFAULT_PLATFORM")));
        using RegistryClient registry = new(invocation.Registries);
        IReadOnlyList<ImageReference> references = isAll
            ? [.. (await registry.ListTagsAsync(reference, cancellation).ConfigureAwait(false)).Select(reference.WithTag)]
            : [reference.WithDefaultTag()];
        if (!isQuiet && !isAll && reference.Tag is null && reference.Digest is null)
            invocation.Output.Write("Using default tag: latest\n");
        foreach (ImageReference each in references)
            await PullAsync(invocation, registry, each, options, isQuiet, cancellation).ConfigureAwait(false);
        invocation.Output.Write($"{(isAll ? reference.Name : references[0].ToString())}\n");
        return 0;
    }

    private static async Task PullAsync(Invocation invocation, RegistryClient registry, ImageReference reference, PullOptions options, bool isQuiet, CancellationToken cancellation)
    {
        IPullObserver observer = isQuiet ? new SilentProgress() : new PullDisplay(invocation.Output);
        PulledImage pulled = await invocation.Images.PullAsync(reference, registry, options, observer, cancellation).ConfigureAwait(false);
        if (!isQuiet)
            invocation.Output.Write($"Digest: {pulled.Target}\nStatus: {(pulled.IsNew ? "Downloaded newer image for" : "Image is up to date for")} {reference.FamiliarText}\n");
    }
}
