using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images.Store;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class CheckCommand : Command
{
    public override string Usage => "[OPTIONS]";

    public override string Summary => "Verify all images, layers and blobs";

    public override IReadOnlyList<Option> Options => [new("repair", "Remove what is damaged, and the images that need it: pull brings them anew")];

    public override (int Least, int Most) ArgumentCount => (0, 0);

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        bool repair = invocation.Options.Has("repair");
        StoreCheck check = StoreCheck.Run(invocation.Images, repair, cancellation);
        foreach (string problem in check.Problems)
            invocation.Output.Write($"{problem}{(repair ? ": removed" : "")}\n");
        invocation.Output.Write($"{check.Images} images, {check.Layers} layers, {check.Blobs} blobs are as they should be\n");
        return Task.FromResult(check.Problems.Count == 0 || repair ? 0 : 1);
    }
}
