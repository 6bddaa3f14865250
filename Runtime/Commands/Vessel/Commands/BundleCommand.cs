using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images.Bundles;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class BundleCommand : Command
{
    public override string Usage => "[OPTIONS] IMAGE DIRECTORY";

    public override string Summary => "Make an image a bundle, for `vrun run`";

    public override (int Least, int Most) ArgumentCount => (2, 2);

    public override ArgumentKind Argument(int index) => index == 0 ? ArgumentKind.Image : ArgumentKind.Folder;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        ImageBundle.Create(invocation.Images, invocation.Images.Find(invocation.Arguments[0]), invocation.Arguments[1]);
        return Task.FromResult(0);
    }
}
