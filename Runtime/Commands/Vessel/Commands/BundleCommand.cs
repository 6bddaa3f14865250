using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Commands.Vessel.Output;
using Vessel.Images.Bundles;
using Vessel.Images.Snapshots;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class BundleCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE DIRECTORY";

    public override string Summary => "Make an image a bundle, for `vrun run`";

    public override IReadOnlyList<Option> Options => [new("copy", "Copy the image's files, in place of an overlay on its layers")];

    public override (int Least, int Most) ArgumentCount => (2, 2);

    public override ArgumentKind Argument(int index) => index == 0 ? ArgumentKind.Image : ArgumentKind.Folder;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool copies = invocation.Options.Has("copy");
        RootFilesystem root = ImageBundle.Create(invocation.Images, invocation.Images.Find(invocation.Arguments[0]), invocation.Arguments[1], copies, cancellation);
        if (root.Refusal is { } refusal)
            invocation.Error.Write(root.Kind == RootKind.Copy
                ? $"WARNING: no overlay is to be had here ({refusal}): the root filesystem is a copy, of {Human.Size(root.CopiedBytes, 4)}\n"
                : $"WARNING: the kernel's overlay is not to be had here ({refusal}): the root filesystem is one of fuse-overlayfs, which is slower\n");
        return Task.FromResult(0);
    }
}
