using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
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
        ContentTrust.Option,
        new("platform", "Set platform if server is multi-platform capable", "string"),
        new("quiet", "Suppress verbose output", Short: 'q'),
    ];

    public override (int Least, int Most) ArgumentCount => (1, 1);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override async Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        ContentTrust.Check(invocation.Options);
        ImageReference reference = References.Parse(invocation.Arguments[0]);
        bool isQuiet = invocation.Options.Has("quiet"), isAll = invocation.Options.Has("all-tags");
        if (isAll && (reference.Tag is not null || reference.Digest is not null))
            throw new ClientException("tag can't be used with --all-tags/-a");
        PullOptions options = new(References.ParsePlatform(invocation.Options.Text("platform") ?? Environment.GetEnvironmentVariable("DOCKER_DEFAULT_PLATFORM")));
        invocation.Images.RequireWriter();
        using RegistryClient registry = new(invocation.Registries);
        IReadOnlyList<ImageReference> references = isAll
            ? [.. (await registry.ListTagsAsync(reference, cancellation).ConfigureAwait(false)).Select(reference.WithTag)]
            : [reference.WithDefaultTag()];
        if (!isQuiet && !isAll && reference.Tag is null && reference.Digest is null)
            invocation.Output.Write("Using default tag: latest\n");
        bool isNew = false;
        foreach (ImageReference each in references)
        {
            PulledImage pulled;
            try
            {
                pulled = await invocation.Images.PullAsync(each, registry, options, isQuiet ? new SilentProgress() : new PullDisplay(invocation.Output, invocation.IsDebug), cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (invocation.Images.HasPartialDownloads)
            {
                throw new InterruptedException("interrupted; the partial download is kept, and the next pull resumes it");
            }
            isNew |= pulled.IsNew;
            if (!isQuiet)
                invocation.Output.Write($"Digest: {pulled.Target}\n");
        }
        if (!isQuiet)
            invocation.Output.Write($"Status: {(isNew ? "Downloaded newer image for" : "Image is up to date for")} {(isAll ? reference : reference.AsMeant()).FamiliarText}\n");
        invocation.Output.Write($"{(isAll ? reference.Name : references[0].ToString())}\n");
        return 0;
    }
}
