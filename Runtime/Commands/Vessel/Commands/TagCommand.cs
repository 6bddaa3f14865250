using Vessel.Commands.Vessel.CommandLine;

namespace Vessel.Commands.Vessel.Commands;

internal sealed class TagCommand : Command
{
    public override string Usage => "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]";

    public override string Summary => "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE";

    public override (int Least, int Most) ArgumentCount => (2, 2);

    public override ArgumentKind Argument(int index) => ArgumentKind.Image;

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation)
    {
        invocation.Images.Tag(invocation.Arguments[0], References.Parse(invocation.Arguments[1]));
        return Task.FromResult(0);
    }
}
