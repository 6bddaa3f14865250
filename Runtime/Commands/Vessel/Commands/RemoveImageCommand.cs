using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;
using Vessel.Images.Store;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class RemoveImageCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE [IMAGE...]";

    public override string Summary => "Remove one or more images";

    public override IReadOnlyList<Option> Options =>
    [
        new("force", "Force removal of the image", Short: 'f'),
        // Images here have no parents: each has all of its layers itself.
        new("no-prune", "Do not delete untagged parents"),
    ];

    public override (int Least, int Most) ArgumentCount => (1, int.MaxValue);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool force = invocation.Options.Has("force");
        int code = 0;
        // The rest go even where one fails.
        foreach (string name in invocation.Arguments)
            try
            {
                foreach (RemovedItem item in invocation.Images.Remove(name, force))
                    invocation.Output.Write(item.Untagged is { } untagged ? $"Untagged: {untagged}\n" : $"Deleted: {item.Deleted}\n");
            }
            catch (ImageException e)
            {
                invocation.Error.Write($"vessel: {e.Message}\n");
                // With -f, what is gone already is as it should be.
                code = force && e.Kind == ImageErrorKind.NotFound ? code : 1;
            }
        return Task.FromResult(code);
    }
}
