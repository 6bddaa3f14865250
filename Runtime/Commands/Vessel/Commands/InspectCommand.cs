using Vessel.Commands.CommandLine;
using Vessel.Commands.Vessel.CommandLine;
using Vessel.Images;

namespace Vessel.Commands.Vessel.Commands;

/// <summary>Of whatever kind a name is; there are images so far.</summary>
internal sealed class InspectCommand : InspectImageCommand
{
    public override string Usage => "[OPTIONS] NAME|ID [NAME|ID...]";

    public override string Summary => "Return low-level information on objects";

    public override IReadOnlyList<Option> Options => [.. base.Options, new("type", "Only inspect objects of the given type: \"image\"", "string")];

    public override Task<int> ExecuteAsync(Invocation invocation, CancellationToken cancellation) =>
        invocation.Options.Text("type") is { } type and not ("" or "image")
            ? throw new ClientException($"\"{type}\" is not a type of objects that there are here: image")
            : base.ExecuteAsync(invocation, cancellation);

    protected override string Missing(string name, ImageException e) => e.Kind == ImageErrorKind.NotFound ? $"vessel: No such object: {name}" : base.Missing(name, e);
}
