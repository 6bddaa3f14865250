using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Store;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class PruneImagesCommand : Command
{
    public override string Usage => "[OPTIONS]";

    public override string Summary => "Remove unused images";

    public override IReadOnlyList<Option> Options =>
    [
        new("all", "Remove all unused images, not just dangling ones", Short: 'a'),
        new("filter", "Provide filter values: dangling, label, label!, until", "filter"),
        new("force", "Do not prompt for confirmation", Short: 'f'),
    ];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        Filters filters = new(invocation.Options.All("filter"), "dangling", "label", "label!", "until");
        bool isAll = invocation.Options.Has("all") || !filters.Allows("dangling", true);
        if (!invocation.Options.Has("force"))
        {
            invocation.Output.Write($"WARNING! This will remove all {(isAll ? "images without at least one container associated to them" : "dangling images")}.\nAre you sure you want to continue? [y/N] ");
            invocation.Output.Flush();
            if (StandardStreams.ReadLine(isSecret: false, cancellation)?.Trim() is not ("y" or "Y"))
                return Task.FromResult(0);
        }
        long before = DiskUsage.Of(invocation.Images).LayerBytes;
        List<RemovedItem> removed = [];
        foreach (Image image in ImagesCommand.Select(invocation.Images, filters).Where(i => isAll || ImagesCommand.IsDangling(i)).ToList())
            removed.AddRange(invocation.Images.Remove(image.Id.ToString(), force: true));
        invocation.Images.CollectGarbage();
        if (removed.Count > 0)
        {
            invocation.Output.Write("Deleted Images:\n");
            foreach (RemovedItem item in removed)
                invocation.Output.Write(item.Untagged is { } untagged ? $"untagged: {untagged}\n" : $"deleted: {item.Deleted}\n");
            invocation.Output.Write("\n");
        }
        invocation.Output.Write($"Total reclaimed space: {Human.Size(before - DiskUsage.Of(invocation.Images).LayerBytes, 4)}\n");
        return Task.FromResult(0);
    }
}
